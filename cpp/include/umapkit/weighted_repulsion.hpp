// The repulsive cost of all pairs of a map, each other point counted by its weight, row by row.
//
//   R_i = sum_{j != i} s_j c(s_ij),   c(s) = ln((1 + a s) / (a (shift + s))),  s_ij = |y_i - y_j|^2
//
// which is LargeVis's and NEG-t-SNE's cost of a negative over gamma / (1 - a shift) (force.hpp).
// With shift = 0 a coincident pair costs infinitely much. All pairs are evaluated, in double,
// summed by eight lanes in one order: O(n^2 d) time, O(n d) memory, exact but for a few units in
// the last place of log.
#pragma once
#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "umapkit/parallel.hpp"
#include "umapkit/plain_log.hpp"

UMAPKIT_BEGIN
namespace quality {

// points (n, d), weights (n,), sums (n,).
inline void weighted_repulsion(const double* points, const double* weights, std::size_t n,
                               std::size_t d, double a, double shift, double* sums, int n_threads) {
  constexpr std::size_t kPairs = 128;  // at a time: arrays that stay in the first-level cache
  const std::size_t stride = n + kPairs;
  std::vector<double> columns(stride * d, 0.0), counted(stride, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t f = 0; f < d; ++f) columns[f * stride + i] = points[i * d + f];
  std::copy_n(weights, n, counted.data());
  for_blocks(n, 16, n_threads, [&](std::size_t begin, std::size_t end, int) {
    double s[kPairs];
    for (std::size_t i = begin; i < end; ++i) {
      double lanes[8] = {};
      for (std::size_t j = 0; j < n; j += kPairs) {
        std::fill(s, s + kPairs, 0.0);
        for (std::size_t f = 0; f < d; ++f) {
          const double y = points[i * d + f];
          const double* column = columns.data() + f * stride + j;
          for (std::size_t l = 0; l < kPairs; ++l) {
            const double t = y - column[l];
            s[l] += t * t;
          }
        }
        if (j <= i && i < j + kPairs) s[i - j] = -1.0;
        for (std::size_t l = 0; l < kPairs; ++l) {
          const double far = shift + s[l];
          const double cost = plain_log((1.0 + a * s[l]) / (a * (far > 0.0 ? far : 1.0)));
          const double all = far > 0.0 ? cost : std::numeric_limits<double>::infinity();
          // What is the point itself, or lies behind the last one, costs nothing.
          const double w = counted[j + l];
          s[l] = s[l] < 0.0 || !(w > 0.0) ? 0.0 : w * all;
        }
        for (std::size_t l = 0; l < kPairs; l += 8)
          for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] += s[l + lane];
      }
      sums[i] = ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
                ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
    }
  });
}

}  // namespace quality
UMAPKIT_END
