// Random-projection trees: balanced, and the same for any number of threads.
//
// A node splits its rows at the median of their projection on a - b, a and b two of its rows drawn
// by hash (Dasgupta, Freund: Random projection trees and low dimensional manifolds, STOC 2008;
// the two-point direction is Annoy's). Ties go by id, so equal rows split too, every leaf holds
// between half of leaf_size and leaf_size rows, and the depth is log2(n / leaf_size) whatever the
// data. All trees have the same shape: node j of a level holds a fixed range of places.
// O(n p log n) a tree.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "umapkit/distance.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"

UMAPKIT_BEGIN

inline int tree_depth(std::size_t n, std::size_t leaf_size) {
  int depth = 0;
  while ((n + (std::size_t{1} << depth) - 1) >> depth > leaf_size) ++depth;
  return depth;
}

// Where a row lies along a direction. Products that overflow may give NaN, which has no place in an
// order: such rows lie at the far end.
UMAPKIT_INLINE float projection(const float* direction, const float* row, std::size_t p) {
  const float at = -row_key<Metric::dot>(direction, row, p);
  return at == at ? at : std::numeric_limits<float>::infinity();
}

// projection() of four rows at once.
UMAPKIT_INLINE void four_projections(const float* direction, const float* const* rows,
                                     std::size_t p, float* at) {
  four_row_keys<Metric::dot>(direction, rows, p, at);
  for (int r = 0; r < 4; ++r)
    at[r] = at[r] == at[r] ? -at[r] : std::numeric_limits<float>::infinity();
}

// First place of node j on a level with 2^level nodes.
UMAPKIT_INLINE std::size_t node_begin(std::size_t n, int level, std::size_t j) {
  return (n * j) >> level;
}

// members: n_trees x n ids, leaf after leaf (ids ascend in a leaf). directions:
// n_trees x (2^depth - 1) x p and limits: n_trees x (2^depth - 1), level by level: a row goes left
// where its projection is below the limit. first_tree is the number of the first tree (its draws).
inline void build_trees(const float* rows, std::size_t n, std::size_t p, std::uint64_t seed,
                        int first_tree, int n_trees, int depth, std::int32_t* members,
                        float* directions, float* limits, int n_threads) {
  const std::size_t inner = (std::size_t{1} << depth) - 1;
  for (int t = 0; t < n_trees; ++t)
    for (std::size_t i = 0; i < n; ++i) members[t * n + i] = static_cast<std::int32_t>(i);
  for (int level = 0; level < depth; ++level) {
    const std::size_t nodes = std::size_t{1} << level;
    for_blocks(nodes * n_trees, 1, n_threads, [&](std::size_t job, std::size_t, int) {
      const std::size_t t = job / nodes, j = job % nodes;
      // floor(n j / 2^level) is floor(n 2j / 2^(level + 1)): children share their parent's ends.
      const std::size_t begin = node_begin(n, level, j), end = node_begin(n, level, j + 1);
      const std::size_t middle = node_begin(n, level + 1, 2 * j + 1);
      const std::size_t size = end - begin;
      std::int32_t* ids = members + t * n + begin;
      const std::uint64_t k = key(seed, Stage::tree, first_tree + t, nodes - 1 + j);
      const std::uint32_t a = below(draw(k, 0), static_cast<std::uint32_t>(size));
      std::uint32_t b = below(draw(k, 1), static_cast<std::uint32_t>(size - 1));
      if (b >= a) ++b;
      float* direction = directions + (t * inner + nodes - 1 + j) * p;
      for (std::size_t c = 0; c < p; ++c)
        direction[c] = rows[static_cast<std::size_t>(ids[a]) * p + c] -
                       rows[static_cast<std::size_t>(ids[b]) * p + c];
      std::vector<std::pair<float, std::int32_t>> found(size);
      std::size_t i = 0;
      for (; i + 4 <= size; i += 4) {
        const float* four[4];
        for (int r = 0; r < 4; ++r) four[r] = rows + static_cast<std::size_t>(ids[i + r]) * p;
        float at[4];
        four_projections(direction, four, p, at);
        for (int r = 0; r < 4; ++r) found[i + r] = {at[r], ids[i + r]};
      }
      for (; i < size; ++i)
        found[i] = {projection(direction, rows + static_cast<std::size_t>(ids[i]) * p, p), ids[i]};
      auto sorted = found;
      std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(middle - begin),
                       sorted.end());
      const auto pivot = sorted[middle - begin];
      limits[t * inner + nodes - 1 + j] = pivot.first;
      std::size_t left = 0, right = middle - begin;
      for (const auto& f : found) ids[f < pivot ? left++ : right++] = f.second;
    });
  }
}

// The leaf (0 .. 2^depth - 1) of a row in one tree.
inline std::size_t find_leaf(const float* row, std::size_t p, int depth, const float* directions,
                             const float* limits) {
  std::size_t j = 0;
  for (int level = 0; level < depth; ++level) {
    const std::size_t node = (std::size_t{1} << level) - 1 + j;
    const float at = projection(directions + node * p, row, p);
    j = 2 * j + (at < limits[node] ? 0 : 1);
  }
  return j;
}

UMAPKIT_END
