// Neighbours of new rows: down the trees, then along the graph.
//
// The pool holds the `effort` best so far. It is seeded with the leaf that the row falls into in
// every tree; then the best entry not yet expanded offers its own neighbours, until the first two
// thirds are expanded (best-first search: Hajebi et al., Fast approximate nearest-neighbor search
// with k-nearest neighbor graph, IJCAI 2011). The pool is then ranked by true distances. Every
// step depends on the row alone: not on the other rows of the batch, nor on threads.
//
// Rows of a batch are taken leaf by leaf of the first tree, whose order is that of the table: rows
// that follow each other then meet nearly the same neighbours, which are in the cache already (a
// fifth of the time, MNIST). About O(effort k p) a row. Approximate: recall below 1.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "umapkit/descent.hpp"
#include "umapkit/distance.hpp"
#include "umapkit/exact.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/lists.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"
#include "umapkit/rerank.hpp"
#include "umapkit/tree.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kSearchBatch = 16384;  // queries whose pools are held at a time

struct Forest {
  const std::int32_t* members;
  const float* directions;
  const float* limits;
  int n_trees, depth;
};

// Which rows were met: a small open-addressing table that stays in the first caches, where one
// mark for every row of the table would not.
class Met {
 public:
  // Room for `expected` rows; grows where there are more.
  explicit Met(std::size_t expected) : slots_(std::bit_ceil(2 * expected + 16), kNobody) {}

  void clear() {
    std::fill(slots_.begin(), slots_.end(), kNobody);
    count_ = 0;
  }

  // True the first time that `id` comes.
  UMAPKIT_INLINE bool add(std::uint32_t id) {
    std::uint32_t& slot = slot_of(id);
    if (slot == id) return false;
    slot = id;
    if (++count_ > slots_.size() / 2) grow();
    return true;
  }

 private:
  UMAPKIT_INLINE std::uint32_t& slot_of(std::uint32_t id) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (std::uint64_t{id} * kGolden) >> 32 & mask;
    while (slots_[at] != id && slots_[at] != kNobody) at = (at + 1) & mask;
    return slots_[at];
  }

  void grow() {
    std::vector<std::uint32_t> old(2 * slots_.size(), kNobody);
    old.swap(slots_);
    for (const std::uint32_t id : old)
      if (id != kNobody) slot_of(id) = id;
  }

  std::vector<std::uint32_t> slots_;
  std::size_t count_ = 0;
};

// The leaf of every query in tree t, and the queries in the order of their leaves.
struct Arrivals {
  std::vector<std::uint32_t> leaf, order;

  void find(const float* narrow_queries, std::size_t m, std::size_t p, const Forest& forest, int t,
            int n_threads) {
    const std::size_t inner = (std::size_t{1} << forest.depth) - 1;
    const float* const directions = forest.directions + static_cast<std::size_t>(t) * inner * p;
    const float* const limits = forest.limits + static_cast<std::size_t>(t) * inner;
    leaf.resize(m);
    order.resize(m);
    for_blocks(m, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i)
        leaf[i] = static_cast<std::uint32_t>(
            find_leaf(narrow_queries + i * p, p, forest.depth, directions, limits));
    });
    std::vector<std::uint32_t> next((std::size_t{1} << forest.depth) + 1, 0);
    for (const std::uint32_t l : leaf) ++next[l + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    for (std::uint32_t i = 0; i < m; ++i) order[next[leaf[i]]++] = i;
  }
};

// The best so far of every query of a batch.
struct Pools {
  std::vector<float> keys;
  std::vector<std::uint32_t> ids;
  std::size_t size;

  Pools(std::size_t m, std::size_t effort)
      : keys(m * effort, std::numeric_limits<float>::infinity()),
        ids(m * effort, kNobody),
        size(effort) {}
  float* key(std::size_t i) { return keys.data() + i * size; }
  std::uint32_t* id(std::size_t i) { return ids.data() + i * size; }
};

// One leaf, gathered once for all the queries that fell into it.
template <Metric Narrow>
class Leaf {
 public:
  explicit Leaf(std::size_t p) : p_(p) {}

  void gather(const Table& table, const std::int32_t* members, std::size_t size) {
    members_ = members;
    size_ = size;
    const std::size_t panels = (size + kPanel - 1) / kPanel;
    panel_.resize(panels * kPanel * p_);
    heights_.assign(panels * kPanel, 0.0f);
    for (std::size_t j = 0; j < size; ++j) table.prefetch(static_cast<std::size_t>(members[j]));
    for (std::size_t j = 0; j < size; ++j)
      heights_[j] = table.height(static_cast<std::size_t>(members[j]));
    for (std::size_t first = 0; first < size; first += kPanel)
      fill_panel(table.rows, p_, p_, members + first,
                 static_cast<int>(std::min<std::size_t>(kPanel, size - first)),
                 &panel_[first * p_]);
  }

  // Offers the members to `count` <= 8 queries, named by `who`.
  void offer_to(const float* queries, const float* query_heights, const std::uint32_t* who,
                int count, Pools& pools) const {
    alignas(64) float block[8 * kPanel];
    const float* rows[8];
    for (int r = 0; r < count; ++r) rows[r] = queries + who[r] * p_;
    const int effort = static_cast<int>(pools.size);
    for (std::size_t first = 0; first < size_; first += kPanel) {
      const int rest = static_cast<int>(std::min<std::size_t>(kPanel, size_ - first));
      const int columns = rest > kLanes ? kPanel : kLanes;
      block_keys<Narrow>(rows, count, &panel_[first * p_], p_, columns, block);
      for (int r = 0; r < count; ++r) {
        float* const pool_keys = pools.key(who[r]);
        const float height = query_heights == nullptr ? 0.0f : query_heights[who[r]];
        for (int v = 0; v < columns; v += kLanes) {
          const F32x16 keys = load(block + r * kPanel + v) + (load(&heights_[first + v]) + height);
          std::uint32_t mask = no_more_mask(keys, splat(pool_keys[effort - 1]));
          if (rest - v < kLanes) mask &= rest > v ? (1u << (rest - v)) - 1u : 0u;
          float all[kLanes];
          store(all, keys);
          for (; mask != 0; mask &= mask - 1) {
            const int lane = __builtin_ctz(mask);
            const auto id = static_cast<std::uint32_t>(members_[first + v + lane]);
            offer(pool_keys, pools.id(who[r]), effort, all[lane], id);
          }
        }
      }
    }
  }

 private:
  std::size_t p_, size_ = 0;
  const std::int32_t* members_ = nullptr;
  std::vector<float> panel_, heights_;
};

// A batch of at most kSearchBatch queries: leaves, walk, true distances.
template <Metric M, Metric Narrow>
void search_batch(const float* queries, const float* narrow_queries, const float* query_heights,
                  std::size_t m, const float* table, std::size_t d, const Table& narrow_table,
                  const Forest& forest, const std::int32_t* order, const std::uint32_t* graph,
                  int width, int effort, int k, Finish how, std::int32_t* ids, float* distances,
                  int n_threads) {
  const std::size_t n = narrow_table.n, p = narrow_table.p;
  Pools pools(m, static_cast<std::size_t>(effort));
  Arrivals arrivals;
  const std::size_t threads = static_cast<std::size_t>(std::max(n_threads, 1));
  const std::size_t block = std::clamp<std::size_t>(m / (8 * threads), 16, 512);
  for (int t = forest.n_trees - 1; t >= 0; --t) {
    arrivals.find(narrow_queries, m, p, forest, t, n_threads);
    for_blocks(m, block, n_threads, [&](std::size_t begin, std::size_t end, int) {
      Leaf<Narrow> here(p);
      for (std::size_t at = begin; at < end;) {
        const std::size_t leaf = arrivals.leaf[arrivals.order[at]];
        const std::size_t first = node_begin(n, forest.depth, leaf);
        here.gather(narrow_table, forest.members + static_cast<std::size_t>(t) * n + first,
                    node_begin(n, forest.depth, leaf + 1) - first);
        while (at < end && arrivals.leaf[arrivals.order[at]] == leaf) {
          std::size_t stop = at;
          while (stop < end && stop < at + 8 && arrivals.leaf[arrivals.order[stop]] == leaf) ++stop;
          here.offer_to(narrow_queries, query_heights, &arrivals.order[at],
                        static_cast<int>(stop - at), pools);
          at = stop;
        }
      }
    });
  }
  // The first tree came last: its order is that of the table.
  for_blocks(m, block, n_threads, [&](std::size_t begin, std::size_t end, int) {
    Met met(static_cast<std::size_t>(effort) * static_cast<std::size_t>(width + 1));
    std::vector<std::uint32_t> fresh(static_cast<std::size_t>(width));
    Ranking ranking(k);
    for (std::size_t turn = begin; turn < end; ++turn) {
      const std::size_t i = arrivals.order[turn];
      const float* const q = narrow_queries + i * p;
      const float height = query_heights == nullptr ? 0.0f : query_heights[i];
      float* const pool_keys = pools.key(i);
      std::uint32_t* const pool_ids = pools.id(i);
      met.clear();
      for (int j = 0; j < effort && pool_ids[j] != kNobody; ++j) met.add(pool_ids[j]);
      // The last third of the pool waits to be ranked, and is not expanded itself.
      const int expanded = effort - effort / 3;
      for (int next = 0; next < expanded;) {
        if (pool_ids[next] == kNobody) break;
        if ((pool_ids[next] & kOld) != 0) {
          ++next;
          continue;
        }
        const std::uint32_t* const list = graph + pool_ids[next] * static_cast<std::size_t>(width);
        pool_ids[next] |= kOld;
        if (next + 1 < expanded && pool_ids[next + 1] < kNobody) {  // most likely the next one
          const std::uint32_t* const coming =
              graph + pool_ids[next + 1] * static_cast<std::size_t>(width);
          for (int j = 0; j < width; j += kLanes) __builtin_prefetch(coming + j);
        }
        // All are on their way from memory before the first is looked at.
        int n_fresh = 0;
        for (int j = 0; j < width && list[j] != kNobody; ++j) {
          if (!met.add(list[j])) continue;
          narrow_table.prefetch(list[j]);
          fresh[static_cast<std::size_t>(n_fresh++)] = list[j];
        }
        float nearest = std::numeric_limits<float>::infinity();
        for (int j = 0; j < n_fresh; ++j) {
          const std::uint32_t v = fresh[static_cast<std::size_t>(j)];
          const float key =
              row_key<Narrow>(q, narrow_table.rows + v * p, p) + (height + narrow_table.height(v));
          if (offer(pool_keys, pool_ids, effort, key, v)) nearest = std::min(nearest, key);
        }
        while (next > 0 && pool_keys[next - 1] >= nearest) --next;
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

// queries: m x d whole rows with their narrow rows and heights (null: none); offsets as in Finish
// must be null. M measures whole rows, Narrow the narrow ones.
template <Metric M, Metric Narrow>
void search(const float* queries, const float* narrow_queries, const float* query_heights,
            std::size_t m, const float* table, std::size_t d, const Table& narrow_table,
            const Forest& forest, const std::int32_t* order, const std::uint32_t* graph, int width,
            int effort, int k, Finish how, std::int32_t* ids, float* distances, int n_threads) {
  const auto row = static_cast<std::size_t>(k);
  for (std::size_t begin = 0; begin < m; begin += kSearchBatch)
    search_batch<M, Narrow>(queries + begin * d, narrow_queries + begin * narrow_table.p,
                            query_heights == nullptr ? nullptr : query_heights + begin,
                            std::min(kSearchBatch, m - begin), table, d, narrow_table, forest,
                            order, graph, width, effort, k, how, ids + begin * row,
                            distances + begin * row, n_threads);
}

UMAPKIT_END
