// Longer lists of neighbours out of shorter ones: the neighbours of a row's neighbours, ranked.
//
//   C_i = L_i + union of L_j over j in L_i,   the k of C_i nearest to row i
//
// A neighbour of a neighbour is likely to be a neighbour (Tang, Liu, Zhang, Mei: Visualizing
// large-scale and high-dimensional data, WWW 2016, section 3.1). Distances are exact (rerank.hpp);
// what lies beyond two steps is not seen: two rounds, first to half the length, find what one does
// not. O(n w^2) numbers read and O(n |C| d) for lists of w; each thread keeps a mark for every row.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "umapkit/distance.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/rerank.hpp"

UMAPKIT_BEGIN

// lists: n x width rows, self excluded, below 0 where there is none. Writes k neighbours of every
// row, self excluded.
template <Metric M>
void explore(const float* table, std::size_t n, std::size_t d, const std::int32_t* lists,
             std::size_t width, int k, Finish how, std::int32_t* ids, float* distances,
             int n_threads) {
  std::vector<std::vector<std::uint32_t>> all_marks(
      static_cast<std::size_t>(n_threads < 1 ? 1 : n_threads));
  for_blocks(n, 64, n_threads, [&](std::size_t begin, std::size_t end, int thread) {
    std::vector<std::uint32_t>& marks = all_marks[static_cast<std::size_t>(thread)];
    marks.resize(n, 0);
    Ranking ranking(k);
    std::vector<std::uint32_t> candidates;
    for (std::size_t i = begin; i < end; ++i) {
      const auto mark = static_cast<std::uint32_t>(i) + 1;
      candidates.clear();
      marks[i] = mark;
      const auto add = [&](std::size_t row) {
        for (std::size_t j = row * width; j < (row + 1) * width; ++j) {
          if (lists[j] < 0 || marks[static_cast<std::size_t>(lists[j])] == mark) continue;
          marks[static_cast<std::size_t>(lists[j])] = mark;
          candidates.push_back(static_cast<std::uint32_t>(lists[j]));
        }
      };
      add(i);
      const std::size_t near = candidates.size();
      for (std::size_t j = 0; j < near; ++j) add(candidates[j]);
      ranking.rank<M>(
          table + i * d, table, d, static_cast<int>(candidates.size()),
          [&](int j) { return candidates[static_cast<std::size_t>(j)]; }, how, i,
          ids + i * static_cast<std::size_t>(k), distances + i * static_cast<std::size_t>(k));
    }
  });
}

UMAPKIT_END
