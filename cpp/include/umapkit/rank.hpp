// The rank of listed rows among all rows, by distance from a query row.
//
//   rank(i, j) = 1 + #{ l != i : (|x_i - x_l|, l) < (|x_i - x_j|, j) }   (pairs compared in order)
//
// so the nearest row has rank 1 and ties go to the lower index. With the k nearest of the map as
// the list this is r(i, j) of trustworthiness (Venna and Kaski: Neighborhood preservation in
// nonlinear projection methods, ICANN 2001); with the spaces swapped, that of continuity.
//
// One sweep over all rows for each block of queries (row_tiles.hpp): O(m n d) time, O(n d)
// memory, never an m x n matrix. Exact in double arithmetic.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "umapkit/row_tiles.hpp"

UMAPKIT_BEGIN
namespace quality {

// data (n, d); queries (m, d); self (m,): the data row that a query is, or -1; listed (m, k):
// data rows; ranks (m, k) out.
inline void rank_rows(const float* data, std::size_t n, std::size_t d, const float* queries,
                      std::size_t m, const std::int64_t* self, const std::int32_t* listed,
                      std::size_t k, std::int32_t* ranks, int n_threads) {
  const RowTiles tiles(data, n, d, n_threads);
  const double c = tiles.margin();
  for_blocks(m, tiles.block(), n_threads, [&](std::size_t begin, std::size_t end, int) {
    const std::size_t count = end - begin;
    std::vector<float> packed, lo(count * k), hi(count * k);
    std::vector<double> norms, exact(count * k);
    std::vector<std::int32_t> near(count * k * kWidth, 0), extra(count * k, 0);
    const auto set_thresholds = [&] {
      for (std::size_t q = 0; q < count; ++q)
        for (std::size_t j = 0; j < k; ++j) {
          const std::size_t at = q * k + j;
          const auto row = static_cast<std::size_t>(listed[(begin + q) * k + j]);
          exact[at] = squared(queries + (begin + q) * d, tiles.row(row), d);
          const double t = exact[at] * tiles.scale_squared() - norms[q];
          lo[at] = round_down(t - c * norms[q] - kUnderflow);
          hi[at] = round_up(t + c * norms[q] + kUnderflow);
        }
    };
    const auto compare = [&](std::size_t q, std::size_t first, Wide below, Wide above) {
      WideMask open_any{};
      for (std::size_t j = 0; j < k; ++j) {
        const std::size_t at = q * k + j;
        const WideMask closer = above < wide(lo[at]);
        WideMask total;
        std::memcpy(&total, &near[at * kWidth], sizeof total);
        total -= closer;
        std::memcpy(&near[at * kWidth], &total, sizeof total);
        open_any |= (below <= wide(hi[at])) & ~closer;
      }
      if (!any(open_any)) return;
      for (std::size_t lane = 0; lane < kWidth; ++lane) {
        if (!open_any[lane] || first + lane >= n) continue;
        const auto row = static_cast<std::int32_t>(first + lane);
        const double dist = squared(queries + (begin + q) * d, tiles.row(first + lane), d);
        for (std::size_t j = 0; j < k; ++j) {
          const std::size_t at = q * k + j;
          if (above[lane] < lo[at] || !(below[lane] <= hi[at])) continue;
          const std::int32_t other = listed[(begin + q) * k + j];
          extra[at] += dist < exact[at] || (dist == exact[at] && row < other);
        }
      }
    };
    tiles.sweep(queries + begin * d, count, packed, norms, set_thresholds, compare);
    for (std::size_t q = 0; q < count; ++q)
      for (std::size_t j = 0; j < k; ++j) {
        const std::size_t at = q * k + j;
        std::int32_t rank = 1 + extra[at];
        for (int lane = 0; lane < kWidth; ++lane) rank += near[at * kWidth + lane];
        // The query itself, at distance 0, was counted where it comes before the listed row.
        const std::int64_t me = self[begin + q];
        const bool before = exact[at] > 0.0 || me < listed[(begin + q) * k + j];
        if (me >= 0 && before) --rank;
        ranks[(begin + q) * k + j] = rank;
      }
  });
}

}  // namespace quality
UMAPKIT_END
