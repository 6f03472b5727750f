// The k nearest of all rows, by looking at every row; for spaces too wide for a tree.
//
//   N_k(q) = the k smallest pairs (|q - x_l|^2, l), l != self(q)
//
// Candidates pass the bounds of row_tiles.hpp and are then measured in double, so the answer is
// that of double arithmetic, ties to the lower index. O(m n d) time, O(n d) memory, exact.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "umapkit/row_tiles.hpp"

UMAPKIT_BEGIN
namespace quality {

using Near = std::pair<double, std::int32_t>;

// Puts `x` into the sorted list of at most k pairs.
inline void keep_nearest(std::vector<Near>& list, std::size_t k, Near x) {
  if (list.size() == k) {
    if (!(x < list.back())) return;
    list.pop_back();
  }
  list.insert(std::upper_bound(list.begin(), list.end(), x), x);
}

// data (n, d); queries (m, d); self (m,) or -1; out: indices (m, k), squared distances (m, k).
// k is at most the number of rows that are not the query itself.
inline void nearest_rows(const float* data, std::size_t n, std::size_t d, const float* queries,
                         std::size_t m, const std::int64_t* self, std::size_t k,
                         std::int32_t* indices, double* distances, int n_threads) {
  const RowTiles tiles(data, n, d, n_threads);
  const double c = tiles.margin();
  for_blocks(m, tiles.block(), n_threads, [&](std::size_t begin, std::size_t end, int) {
    const std::size_t count = end - begin;
    std::vector<float> packed, hi(count, std::numeric_limits<float>::infinity());
    std::vector<double> norms;
    std::vector<std::vector<Near>> lists(count);
    for (auto& list : lists) list.reserve(k + 1);
    const auto consider = [&](std::size_t q, std::size_t first, Wide below, Wide) {
      // Not "below <= hi": where a query so far away that products overflow makes one of them
      // NaN, the row is measured.
      const WideMask open = ~(below > wide(hi[q]));
      if (!any(open)) return;
      for (std::size_t lane = 0; lane < kWidth; ++lane) {
        const std::size_t row = first + lane;
        if (!open[lane] || row >= n || static_cast<std::int64_t>(row) == self[begin + q]) continue;
        const double dist = squared(queries + (begin + q) * d, tiles.row(row), d);
        keep_nearest(lists[q], k, {dist, static_cast<std::int32_t>(row)});
        if (lists[q].size() < k) continue;
        const double t = lists[q].back().first * tiles.scale_squared() - norms[q];
        hi[q] = round_up(t + c * norms[q] + kUnderflow);
      }
    };
    tiles.sweep(queries + begin * d, count, packed, norms, [] {}, consider);
    for (std::size_t q = 0; q < count; ++q)
      for (std::size_t j = 0; j < k; ++j) {
        indices[(begin + q) * k + j] = lists[q][j].second;
        distances[(begin + q) * k + j] = lists[q][j].first;
      }
  });
}

// Squared distances of queries (m, d) to listed rows (m, k), as nearest_rows measures them.
inline void listed_distances(const float* data, std::size_t d, const float* queries, std::size_t m,
                             const std::int32_t* listed, std::size_t k, double* distances,
                             int n_threads) {
  for_blocks(m, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t q = begin; q < end; ++q)
      for (std::size_t j = 0; j < k; ++j) {
        const auto row = static_cast<std::size_t>(listed[q * k + j]);
        distances[q * k + j] = squared(queries + q * d, data + row * d, d);
      }
  });
}

}  // namespace quality
UMAPKIT_END
