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

// queries m x d, table n x d; self[i] is the table row that query i is (or -1; null: none).
template <Metric M>
void nearest(const float* queries, std::size_t m, const float* table, std::size_t n, std::size_t d,
             const std::int32_t* self, int k, Finish how, Heights heights, std::int32_t* ids,
             float* distances, int n_threads) {
  const int keep = static_cast<int>(std::min<std::size_t>(n, static_cast<std::size_t>(k + kSpare)));
  std::size_t tile = kPanel;
  while (tile < 128 && m / (tile * 2) >= 4 * static_cast<std::size_t>(n_threads)) tile *= 2;
  for_blocks(m, tile, n_threads, [&](std::size_t begin, std::size_t end, int) {
    const std::size_t size = end - begin;
    const std::size_t panels = (size + kPanel - 1) / kPanel;
    std::vector<float> panel(panels * kPanel * d), worst(panels * kPanel), tall(panels * kPanel);
    std::vector<float> keys(size * static_cast<std::size_t>(keep));
    std::vector<std::uint32_t> who(size * static_cast<std::size_t>(keep));
    for (std::size_t i = 0; i < size; ++i) clear_list(&keys[i * keep], &who[i * keep], keep);
    for (std::size_t p = 0; p < panels; ++p) {
      std::int32_t rows[kPanel];
      const int count = static_cast<int>(std::min<std::size_t>(kPanel, size - p * kPanel));
      for (int j = 0; j < count; ++j) rows[j] = static_cast<std::int32_t>(begin + p * kPanel + j);
      fill_panel(queries, d, d, rows, count, &panel[p * kPanel * d]);
      for (int j = 0; j < count && heights.queries != nullptr; ++j)
        tall[p * kPanel + j] = heights.queries[begin + p * kPanel + j];
      // NaN, which no key is below, where there is no query: a key may be -infinity.
      for (int j = 0; j < kPanel; ++j)
        worst[p * kPanel + j] = j < count ? std::numeric_limits<float>::infinity()
                                          : std::numeric_limits<float>::quiet_NaN();
    }
    alignas(64) float block[8 * kPanel];
    for (std::size_t x = 0; x < n; x += 8) {
      const int count = static_cast<int>(std::min<std::size_t>(8, n - x));
      const float* rows[8];
      for (int i = 0; i < count; ++i) rows[i] = table + (x + i) * d;
      for (std::size_t p = 0; p < panels; ++p) {
        block_keys<M>(rows, count, &panel[p * kPanel * d], d, kPanel, block);
        for (int i = 0; i < count; ++i) {
          for (int v = 0; v < kPanel / kLanes; ++v) {
            float* limit = &worst[p * kPanel + v * kLanes];
            F32x16 seen = load(block + i * kPanel + v * kLanes);
            if (heights.queries != nullptr)
              seen += load(&tall[p * kPanel + v * kLanes]) + heights.table[x + i];
            std::uint32_t mask = no_more_mask(seen, load(limit));
            while (mask != 0) {
              const int lane = __builtin_ctz(mask);
              mask &= mask - 1;
              const std::size_t q = p * kPanel + v * kLanes + lane;
              if (self != nullptr && self[begin + q] == static_cast<std::int32_t>(x + i)) continue;
              offer(&keys[q * keep], &who[q * keep], keep, seen[lane],
                    static_cast<std::uint32_t>(x + i));
              limit[lane] = keys[q * keep + keep - 1];
            }
          }
        }
      }
    }
    std::vector<std::pair<float, std::int32_t>> found;
    for (std::size_t i = 0; i < size; ++i) {
      found.clear();
      const float* q = queries + (begin + i) * d;
      for (int j = 0; j < keep; ++j) {
        const std::uint32_t x = who[i * keep + j];
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
