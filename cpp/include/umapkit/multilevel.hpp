// Smooth coordinates of a large connected graph through smaller ones.
//
// A filter of degree q sees about q edges far: on a long chain, ring or filament no affordable
// degree separates the smoothest vectors, and on any large graph most of its products go into
// what a smaller graph could tell. On a graph of aggregates (coarsen.hpp) each edge spans many. So:
// coarsen until few vertices are left, solve there, and on the way back take every coarse vector
// as a start, x_i = (r_i / R_a) x'_a, which the filter (smooth.hpp) then rids of its steps: rounds
// of degree 20, 20, 40, 80, 160, 160, ..., until the residual of every wanted vector is at most a
// fiftieth of theta, or the products of that level are spent: as many as make 1e8 edges, at least
// 40 at the finest and four times more at each coarser one, at most 1280. The coarsest graph
// begins with a hashed block and has eight times as many, at most 1280.
//
// Approximate: it is a start for a layout, not an eigensolver. O(nnz m) a product; graphs of more
// than 2.5 million edges get 40 at the finest (320 where they cannot be coarsened).
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "umapkit/coarsen.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/smooth.hpp"
#include "umapkit/spectral.hpp"

UMAPKIT_BEGIN

constexpr double kShare = 0.02;               // of theta: the residual of a settled vector
constexpr std::size_t kCheap = 100000000;     // edges times products that any level may use
constexpr double kFloatFloor = 1e-6;          // residual that rounding to float32 leaves
constexpr std::int64_t kOneThread = 1 << 16;  // edges below which a second thread does not pay
constexpr std::size_t kCoarsest = 64, kMost = 1280;

inline void prolong(const Adjacency<float>& fine, const CoarseGraph& coarse,
                    const Block<float>& from, Block<float>& to, int n_threads) {
  const std::size_t m = to.m;
  for_blocks(fine.n, kSpectralBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto a = static_cast<std::size_t>(coarse.home[i]);
      const auto factor = static_cast<float>(fine.roots[i] / coarse.roots[a]);
      for (std::size_t q = 0; q < m; ++q) to.x[i * m + q] = factor * from.x[a * m + q];
    }
  });
  to.rank = from.rank;
  to.theta = from.theta;
}

// Rounds of growing degree until the vectors wanted are settled or `budget` products are made.
inline void refine(const Adjacency<float>& s, Block<float>& block, std::size_t count, int budget,
                   int n_threads) {
  if (s.indptr[s.n] < kOneThread) n_threads = 1;
  constexpr int degrees[] = {20, 20, 40, 80, 160};
  for (int round = 0; budget >= degrees[0]; ++round) {
    const int now = std::min(degrees[std::min(round, 4)], budget);
    filter_round(s, block, now, n_threads);
    if (block.settled(count, kShare, kFloatFloor)) return;
    budget -= now;
  }
}

// Leading `count` vectors, in the first columns of `block`.
inline void smooth_large(const Adjacency<float>& s, Block<float>& block, std::size_t count,
                         std::uint64_t seed, std::uint64_t epoch, int n_threads) {
  std::vector<std::unique_ptr<CoarseGraph>> levels;
  const auto at = [&](std::size_t level) { return level ? levels[level - 1]->view() : s; };
  for (;;) {
    const Adjacency<float> finest = at(levels.size());
    if (finest.n <= kCoarsest) break;
    auto next = std::make_unique<CoarseGraph>();
    next->home.resize(finest.n);
    const auto left = static_cast<std::size_t>(aggregate(finest, next->home.data(), n_threads));
    // Too few for the block, or hardly fewer than before: that graph is no help.
    if (left < 2 * block.m || 4 * left > 3 * finest.n) break;
    build_coarse(finest, left, *next, n_threads);
    levels.push_back(std::move(next));
  }
  Block<float> below(0, block.m);
  for (std::size_t level = levels.size() + 1; level-- > 0;) {
    const Adjacency<float> here = at(level);
    Block<float> own(level ? here.n : 0, block.m);
    Block<float>& now = level ? own : block;
    std::size_t budget = 40;
    for (std::size_t l = 0; l < level && budget < kMost; ++l) budget *= 4;
    budget = std::max(budget, kCheap / static_cast<std::size_t>(here.indptr[here.n]));
    if (level == levels.size()) budget *= 8;
    const int products = static_cast<int>(std::min(budget, kMost));
    if (level < levels.size()) {
      prolong(here, *levels[level], below, now, n_threads);
      refine(here, now, count, products, n_threads);
    } else {
      fill_uniform(here.n, now.m, seed, epoch, now.x.data(), n_threads);
      project_out(here.n, now.m, now.x.data(), here.roots, n_threads);
      refine(here, now, count, products, n_threads);
    }
    below = std::move(own);
  }
}

UMAPKIT_END
