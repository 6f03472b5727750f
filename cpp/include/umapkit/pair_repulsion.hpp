// The repulsive cost of all pairs of a map, row by row.
//
//   R_i = sum_j c^r(s_ij),  s_ij = |y_i - y_j|^2,
//   c^r(s) = -ln(1 - q) = ln(1 + 1 / w),  w = a s^b,  q = 1 / (1 + w)               (no floor)
//   c^r(s) = -ln(min(1 - q + floor, 1))                                         (floor > 0)
//
// j runs over all points but i, or over those after i. McInnes, Healy, Melville: UMAP, 2018; the
// floor is that of Damrich and Hamprecht: On UMAP's true loss function, NeurIPS 2021. Coincident
// pairs have infinite cost without a floor: they are counted, not summed. All pairs are
// evaluated, in double, summed by eight lanes in one order: O(n^2 d) time, O(n d) memory, exact
// but for a few units in the last place of log and exp.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "umapkit/parallel.hpp"
#include "umapkit/plain_log.hpp"

UMAPKIT_BEGIN
namespace quality {

// Pairs at a time: plain loops over arrays that stay in the first-level cache.
constexpr std::size_t kPairs = 128;

// c^r of kPairs squared distances, in place; 0 where s < 0, and where s = 0 without a floor.
inline void repulsion_of(double* s, double log_a, double b, double floor) {
  double log_w[kPairs];
  for (std::size_t l = 0; l < kPairs; ++l) {
    const double v = plain_log(s[l] > 0.0 ? s[l] : 1.0) * b + log_a;
    log_w[l] = std::min(std::max(v, -700.0), 700.0);
  }
  if (floor > 0.0) {
    for (std::size_t l = 0; l < kPairs; ++l) {
      const double e = plain_exp(log_w[l]);
      const double w = s[l] > 0.0 ? e : 0.0;
      const double cost = -plain_log(std::min(w / (1.0 + w) + floor, 1.0));
      s[l] = s[l] >= 0.0 ? cost : 0.0;
    }
    return;
  }
  for (std::size_t l = 0; l < kPairs; ++l) {
    // log1p(u) = log(t) + (u - (t - 1)) / t with t = 1 + u rounded: small u keeps its digits.
    const double u = plain_exp(-log_w[l]);
    const double t = 1.0 + u;
    const double cost = plain_log(t) + (u - (t - 1.0)) / t;
    s[l] = s[l] > 0.0 ? cost : 0.0;
  }
}

// points (n, d) in double; after: only j > i. sums (n,), coincident (n,): pairs at distance 0.
inline void pair_repulsion(const double* points, std::size_t n, std::size_t d, double a, double b,
                           double floor, bool after, double* sums, std::int64_t* coincident,
                           int n_threads) {
  const std::size_t stride = n + kPairs;  // room to read whole arrays at the end
  std::vector<double> columns(stride * d, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t f = 0; f < d; ++f) columns[f * stride + i] = points[i * d + f];
  const double log_a = std::log(a);
  for_blocks(n, 16, n_threads, [&](std::size_t begin, std::size_t end, int) {
    double s[kPairs];
    for (std::size_t i = begin; i < end; ++i) {
      double lanes[8] = {};
      std::int64_t equal = 0;
      for (std::size_t j = after ? i + 1 : 0; j < n; j += kPairs) {
        std::fill(s, s + kPairs, 0.0);
        for (std::size_t f = 0; f < d; ++f) {
          const double y = points[i * d + f];
          const double* column = columns.data() + f * stride + j;
          for (std::size_t l = 0; l < kPairs; ++l) {
            const double t = y - column[l];
            s[l] += t * t;
          }
        }
        for (std::size_t l = n - j; l < kPairs; ++l) s[l] = -1.0;
        if (j <= i && i < j + kPairs) s[i - j] = -1.0;
        for (std::size_t l = 0; l < kPairs; ++l) equal += s[l] == 0.0;
        repulsion_of(s, log_a, b, floor);
        for (std::size_t l = 0; l < kPairs; l += 8)
          for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] += s[l + lane];
      }
      sums[i] = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
                ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
      coincident[i] = equal;
    }
  });
}

}  // namespace quality
UMAPKIT_END
