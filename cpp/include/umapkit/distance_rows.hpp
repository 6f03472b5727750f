// Distances of a few rows to all rows, as a table in double, under a metric that is a sum or a
// maximum over the columns.
//
//   square      sum (q_f - x_f)^2         manhattan   sum |q_f - x_f|
//   chebyshev   max |q_f - x_f|           hamming     #{f : q_f != x_f}
//
// For ranks among all rows under metrics that have no bound by products (row_tiles.hpp), and for
// whole rankings. Rows are taken in panels that stay in the cache while all queries pass. Each
// distance is summed in one order (8 lanes, fixed tree), whatever the thread or the instruction
// set; `square` has the bits of `squared`. O(m n d) time; the caller keeps m small.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "umapkit/row_tiles.hpp"

UMAPKIT_BEGIN
namespace quality {

enum class Far : int { kSquare, kManhattan, kChebyshev, kHamming };

// One column's part, for 8 lanes and for one.
UMAPKIT_INLINE F64x8 magnitude(F64x8 t) { return t < 0.0 ? -t : t; }

template <Far far>
inline double distance_of(const float* x, const float* y, std::size_t d) {
  if constexpr (far == Far::kSquare) return squared(x, y, d);
  F64x8 acc{};
  std::size_t f = 0;
  for (; f + 8 <= d; f += 8) {
    const F64x8 t = load_wide(x + f) - load_wide(y + f);
    if constexpr (far == Far::kManhattan) acc += magnitude(t);
    if constexpr (far == Far::kChebyshev) {
      const F64x8 size = magnitude(t);
      acc = size > acc ? size : acc;
    }
    if constexpr (far == Far::kHamming) acc += t != 0.0 ? F64x8{} + 1.0 : F64x8{};
  }
  double total = far == Far::kChebyshev ? 0.0 : sum_wide(acc);
  if constexpr (far == Far::kChebyshev)
    for (int lane = 0; lane < 8; ++lane) total = std::fmax(total, acc[lane]);
  for (; f < d; ++f) {
    const double t = std::fabs(static_cast<double>(x[f]) - static_cast<double>(y[f]));
    if constexpr (far == Far::kManhattan) total += t;
    if constexpr (far == Far::kChebyshev) total = std::fmax(total, t);
    if constexpr (far == Far::kHamming) total += t != 0.0 ? 1.0 : 0.0;
  }
  return total;
}

template <Far far>
inline void fill_distances(const float* data, std::size_t n, std::size_t d, const float* queries,
                           std::size_t m, double* out, int n_threads) {
  for_blocks(n, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t q = 0; q < m; ++q)
      for (std::size_t i = begin; i < end; ++i)
        out[q * n + i] = distance_of<far>(queries + q * d, data + i * d, d);
  });
}

// data (n, d); queries (m, d); out (m, n).
inline void distance_rows(int far, const float* data, std::size_t n, std::size_t d,
                          const float* queries, std::size_t m, double* out, int n_threads) {
  switch (static_cast<Far>(far)) {
    case Far::kSquare: return fill_distances<Far::kSquare>(data, n, d, queries, m, out, n_threads);
    case Far::kManhattan:
      return fill_distances<Far::kManhattan>(data, n, d, queries, m, out, n_threads);
    case Far::kChebyshev:
      return fill_distances<Far::kChebyshev>(data, n, d, queries, m, out, n_threads);
    case Far::kHamming:
      return fill_distances<Far::kHamming>(data, n, d, queries, m, out, n_threads);
  }
}

}  // namespace quality
UMAPKIT_END
