// The k nearest rows of a table, by looking at all of them.
//
//   N(q) = the k smallest (distance(q, x_j), j), j != self(q)
//
// Tiles of queries are transposed into panels; the table streams past them eight rows at a time
// (distance.hpp, block_keys). Keys are kept with a few places to spare, then every kept pair gets
// its final distance from row_key, the same function for every search, and the list is sorted
// again: rounding of the fast sum can only matter beyond the spare places. O(n m d) time,
// O(tile d) memory a thread.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "umapkit/distance.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/lists.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

constexpr int kSpare = 8;

// How a key becomes a distance; offsets (one a query) may be null.
struct Finish {
  bool root;
  float scale;
  const float* offsets;
  UMAPKIT_INLINE float operator()(float key, std::size_t query) const {
    return finish(key, root, scale, offsets == nullptr ? 0.0f : offsets[query]);
  }
};

// Heights of narrow rows (project.hpp), added to every key; null: none.
struct Heights {
  const float* queries;
  const float* table;
};

// Sorts (distance, id) and writes the first k; missing ones become (inf, -1).
inline void write_best(std::vector<std::pair<float, std::int32_t>>& found, int k, std::int32_t* ids,
                       float* distances) {
  const std::size_t keep = std::min(found.size(), static_cast<std::size_t>(k));
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(keep), found.end());
  for (std::size_t j = 0; j < keep; ++j) {
    distances[j] = found[j].first;
    ids[j] = found[j].second;
  }
  for (std::size_t j = keep; j < static_cast<std::size_t>(k); ++j) {
    distances[j] = std::numeric_limits<float>::infinity();
    ids[j] = -1;
  }
}

// A tile of queries, transposed, past which a table streams.
class Tile {
 public:
  Tile(const float* queries, std::size_t d, std::size_t begin, std::size_t end,
       const float* query_heights)
      : d_(d), size_(end - begin), panels_((size_ + kPanel - 1) / kPanel) {
    panel_.resize(panels_ * kPanel * d);
    tall_.assign(panels_ * kPanel, 0.0f);
    // NaN, which no key is below, where there is no query: a key may be -infinity.
    limits_.assign(panels_ * kPanel, std::numeric_limits<float>::quiet_NaN());
    for (std::size_t p = 0; p < panels_; ++p) {
      std::int32_t rows[kPanel];
      const int count = static_cast<int>(std::min<std::size_t>(kPanel, size_ - p * kPanel));
      for (int j = 0; j < count; ++j) rows[j] = static_cast<std::int32_t>(begin + p * kPanel + j);
      fill_panel(queries, d, d, rows, count, &panel_[p * kPanel * d]);
    }
    for (std::size_t q = 0; q < size_; ++q) {
      limits_[q] = std::numeric_limits<float>::infinity();
      if (query_heights != nullptr) tall_[q] = query_heights[begin + q];
    }
  }

  float& limit(std::size_t q) { return limits_[q]; }

  // Calls f(q, x, key) for query q of the tile and row x of the table where the key, heights
  // included, is no more than limit(q), which f may lower.
  template <Metric M, class F>
  void stream(const float* table, std::size_t n, const float* table_heights, F&& f) {
    alignas(64) float block[8 * kPanel];
    for (std::size_t x = 0; x < n; x += 8) {
      const int count = static_cast<int>(std::min<std::size_t>(8, n - x));
      const float* rows[8];
      for (int i = 0; i < count; ++i) rows[i] = table + (x + i) * d_;
      for (std::size_t p = 0; p < panels_; ++p) {
        block_keys<M>(rows, count, &panel_[p * kPanel * d_], d_, kPanel, block);
        for (int i = 0; i < count; ++i) {
          for (int v = 0; v < kPanel / kLanes; ++v) {
            const std::size_t first = p * kPanel + static_cast<std::size_t>(v * kLanes);
            F32x16 seen = load(block + i * kPanel + v * kLanes);
            if (table_heights != nullptr) seen += load(&tall_[first]) + table_heights[x + i];
            std::uint32_t mask = no_more_mask(seen, load(&limits_[first]));
            while (mask != 0) {
              const int lane = __builtin_ctz(mask);
              mask &= mask - 1;
              f(first + static_cast<std::size_t>(lane), x + static_cast<std::size_t>(i),
                seen[lane]);
            }
          }
        }
      }
    }
  }

 private:
  std::size_t d_, size_, panels_;
  std::vector<float> panel_, tall_, limits_;
};

// The nearest so far of every query of a tile.
struct Nearest {
  Nearest(std::size_t size, int keep)
      : keep(keep), keys(size * static_cast<std::size_t>(keep)), ids(keys.size()) {
    clear_list(keys.data(), ids.data(), static_cast<int>(keys.size()));
  }
  // Offers row x to query q; returns the limit of q from then on.
  UMAPKIT_INLINE float give(std::size_t q, std::size_t x, float key) {
    const std::size_t at = q * static_cast<std::size_t>(keep);
    offer(&keys[at], &ids[at], keep, key, static_cast<std::uint32_t>(x));
    return keys[at + static_cast<std::size_t>(keep) - 1];
  }
  std::uint32_t id(std::size_t q, int j) const {
    return ids[q * static_cast<std::size_t>(keep) + static_cast<std::size_t>(j)];
  }
  int keep;
  std::vector<float> keys;
  std::vector<std::uint32_t> ids;
};

// Queries a tile holds: many, so that the table is read seldom, but enough tiles for all threads.
inline std::size_t tile_size(std::size_t m, int n_threads) {
  std::size_t tile = kPanel;
  while (tile < 128 && m / (tile * 2) >= 4 * static_cast<std::size_t>(n_threads)) tile *= 2;
  return tile;
}

// queries m x d, table n x d; self[i] is the table row that query i is (or -1; null: none).
template <Metric M>
void nearest(const float* queries, std::size_t m, const float* table, std::size_t n, std::size_t d,
             const std::int32_t* self, int k, Finish how, Heights heights, std::int32_t* ids,
             float* distances, int n_threads) {
  const int keep = static_cast<int>(std::min<std::size_t>(n, static_cast<std::size_t>(k + kSpare)));
  for_blocks(m, tile_size(m, n_threads), n_threads, [&](std::size_t begin, std::size_t end, int) {
    Tile tile(queries, d, begin, end, heights.queries);
    Nearest best(end - begin, keep);
    tile.stream<M>(table, n, heights.table, [&](std::size_t q, std::size_t x, float key) {
      if (self != nullptr && self[begin + q] == static_cast<std::int32_t>(x)) return;
      tile.limit(q) = best.give(q, x, key);
    });
    std::vector<std::pair<float, std::int32_t>> found;
    for (std::size_t i = 0; i < end - begin; ++i) {
      found.clear();
      const float* q = queries + (begin + i) * d;
      for (int j = 0; j < keep; ++j) {
        const std::uint32_t x = best.id(i, j);
        if (x == kNobody) break;
        const float tallness =
            heights.queries == nullptr ? 0.0f : heights.queries[begin + i] + heights.table[x];
        found.emplace_back(how(row_key<M>(q, table + x * d, d) + tallness, begin + i),
                           static_cast<std::int32_t>(x));
      }
      write_best(found, k, ids + (begin + i) * k, distances + (begin + i) * k);
    }
  });
}

UMAPKIT_END
