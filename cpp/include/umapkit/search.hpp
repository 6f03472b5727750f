// Neighbours of new rows: down the trees, then along the graph.
//
// The pool holds the `effort` best so far. It is seeded with the leaf that the row falls into in
// every tree; then the best entry not yet expanded offers its own neighbours, until all are
// expanded (best-first search: Hajebi et al., Fast approximate nearest-neighbor search with
// k-nearest neighbor graph, IJCAI 2011). The pool is then ranked by true distances. Every step
// depends on the row alone: not on the other rows of the batch, nor on threads.
// About O(effort k p) a row. Approximate: recall below 1.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "umapkit/descent.hpp"
#include "umapkit/distance.hpp"
#include "umapkit/exact.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/lists.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/rerank.hpp"
#include "umapkit/tree.hpp"

UMAPKIT_BEGIN

struct Forest {
  const std::int32_t* members;
  const float* directions;
  const float* limits;
  int n_trees, depth;
};

// queries: m x d whole rows with their narrow rows and heights (null: none); offsets as in Finish.
// M measures whole rows, Narrow the narrow ones.
template <Metric M, Metric Narrow>
void search(const float* queries, const float* narrow_queries, const float* query_heights,
            std::size_t m, const float* table, std::size_t d, const Table& narrow_table,
            const Forest& forest, const std::int32_t* order, const std::uint32_t* graph, int width,
            int effort, int k, Finish how, std::int32_t* ids, float* distances, int n_threads) {
  const std::size_t n = narrow_table.n, p = narrow_table.p;
  const std::size_t inner = (std::size_t{1} << forest.depth) - 1;
  const std::size_t block =
      std::max<std::size_t>(16, m / (8 * static_cast<std::size_t>(std::max(n_threads, 1))));
  for_blocks(m, block, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<std::uint32_t> seen(n, 0), pool_ids(static_cast<std::size_t>(effort));
    std::vector<float> pool_keys(static_cast<std::size_t>(effort));
    Ranking ranking(k);
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t stamp = static_cast<std::uint32_t>(i - begin + 1);
      const float* q = narrow_queries + i * p;
      const float height = query_heights == nullptr ? 0.0f : query_heights[i];
      clear_list(pool_keys.data(), pool_ids.data(), effort);
      auto meet_row = [&](std::uint32_t v) {
        if (seen[v] == stamp) return;
        seen[v] = stamp;
        const float key =
            row_key<Narrow>(q, narrow_table.rows + v * p, p) + (height + narrow_table.height(v));
        offer(pool_keys.data(), pool_ids.data(), effort, key, v);
      };
      for (int t = 0; t < forest.n_trees; ++t) {
        const std::size_t leaf = find_leaf(q, p, forest.depth, forest.directions + t * inner * p,
                                           forest.limits + t * inner);
        for (std::size_t at = node_begin(n, forest.depth, leaf);
             at < node_begin(n, forest.depth, leaf + 1); ++at)
          meet_row(static_cast<std::uint32_t>(forest.members[t * n + at]));
      }
      for (int next = 0; next < effort;) {
        if (pool_ids[next] == kNobody) break;
        if ((pool_ids[next] & kOld) != 0) {
          ++next;
          continue;
        }
        const std::uint32_t* list = graph + pool_ids[next] * static_cast<std::size_t>(width);
        pool_ids[next] |= kOld;
        for (int j = 0; j < width && list[j] != kNobody; ++j)
          __builtin_prefetch(narrow_table.rows + list[j] * p);
        for (int j = 0; j < width && list[j] != kNobody; ++j) meet_row(list[j]);
        next = 0;
      }
      int count = 0;
      while (count < effort && (pool_ids[count] & kIdMask) != kNobody) ++count;
      ranking.rank<M>(
          queries + i * d, table, d, count,
          [&](int j) { return static_cast<std::uint32_t>(order[pool_ids[j] & kIdMask]); }, how, i,
          ids + i * static_cast<std::size_t>(k), distances + i * static_cast<std::size_t>(k));
    }
  });
}

UMAPKIT_END
