// The repulsive cost of all pairs of a map, row by row.
//
//   R_i = sum_j c^r(s_ij),  s_ij = |y_i - y_j|^2,
//   c^r(s) = -ln(1 - q) = ln(1 + 1 / w),  w = a s^b,  q = 1 / (1 + w)               (no floor)
//   c^r(s) = -ln(min(1 - q + floor, 1))                                         (floor > 0)
//
// j runs over all points but i, or over those after i. McInnes, Healy, Melville: UMAP, 2018; the
// floor is that of Damrich and Hamprecht: On UMAP's true loss function, NeurIPS 2021. Coincident
// pairs have infinite cost without a floor: they are counted, not summed. All pairs are
// evaluated, in double, eight lanes in one order: O(n^2 d) time, O(n d) memory, exact but for a
// few units in the last place of log and exp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "umapkit/wide_log.hpp"

UMAPKIT_BEGIN
namespace quality {

UMAPKIT_INLINE F64x8 repulsion_of(F64x8 s, double log_a, double b, double floor) {
  const F64x8 zero{};
  F64x8 log_w = wide_log(s > zero ? s : splat_wide(1.0)) * b + log_a;
  log_w = log_w > splat_wide(700.0) ? splat_wide(700.0) : log_w;
  log_w = log_w < splat_wide(-700.0) ? splat_wide(-700.0) : log_w;
  if (floor > 0.0) {
    const F64x8 w = s > zero ? wide_exp(log_w) : zero;
    const F64x8 kept = w / (1.0 + w) + floor;
    return -wide_log(kept < splat_wide(1.0) ? kept : splat_wide(1.0));
  }
  // log1p(u) = log(t) + (u - (t - 1)) / t with t = 1 + u rounded: small u keeps its digits.
  const F64x8 u = wide_exp(-log_w);
  const F64x8 t = 1.0 + u;
  return wide_log(t) + (u - (t - 1.0)) / t;
}

// points (n, d) in double; after: only j > i. sums (n,), coincident (n,): pairs at distance 0.
inline void pair_repulsion(const double* points, std::size_t n, std::size_t d, double a, double b,
                           double floor, bool after, double* sums, std::int64_t* coincident,
                           int n_threads) {
  constexpr std::size_t kWide = 8;
  const std::size_t stride = (n + kWide - 1) / kWide * kWide;
  std::vector<double> columns(stride * d, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t f = 0; f < d; ++f) columns[f * stride + i] = points[i * d + f];
  const double log_a = std::log(a);
  for_blocks(n, 16, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      F64x8 total{};
      I64x8 equal{};
      const I64x8 steps = {0, 1, 2, 3, 4, 5, 6, 7};
      const auto me = static_cast<std::int64_t>(i);
      for (std::size_t j = after ? i / kWide * kWide : 0; j < n; j += kWide) {
        F64x8 s{};
        for (std::size_t f = 0; f < d; ++f) {
          F64x8 y;
          std::memcpy(&y, columns.data() + f * stride + j, sizeof y);
          const F64x8 t = points[i * d + f] - y;
          s += t * t;
        }
        const I64x8 index = steps + static_cast<std::int64_t>(j);
        I64x8 use = (index < static_cast<std::int64_t>(n)) & (index != me);
        if (after) use &= index > me;
        const I64x8 same = use & (s == F64x8{});
        equal -= same;
        if (floor == 0.0) use &= ~same;
        total += use ? repulsion_of(s, log_a, b, floor) : F64x8{};
      }
      sums[i] = sum_wide(total);
      std::int64_t count = 0;
      for (std::size_t lane = 0; lane < kWide; ++lane) count += equal[lane];
      coincident[i] = count;
    }
  });
}

}  // namespace quality
UMAPKIT_END
