// Silhouette of labelled points of a map.
//
//   a_i = mean distance to the other points of i's cluster,
//   b_i = least, over the other clusters, of the mean distance to its points,
//   s_i = (b_i - a_i) / max(a_i, b_i), and 0 where i is alone in its cluster or max(a_i, b_i) = 0
//
// Rousseeuw: Silhouettes, J. Comput. Appl. Math. 20, 1987. Each distance is computed in float32
// from differences of the coordinates as given (relative error below 3 * 2^-24 for 2 axes), and
// summed in double by 16 lanes in one order. O(m n d) time, O(n d) memory; every pair is used.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "umapkit/row_tiles.hpp"

UMAPKIT_BEGIN
namespace quality {

UMAPKIT_INLINE F32x16 root(F32x16 v) {
  alignas(64) float lanes[kLanes];
  std::memcpy(lanes, &v, sizeof v);
  for (int i = 0; i < kLanes; ++i) lanes[i] = __builtin_sqrtf(lanes[i]);
  return load(lanes);
}

// Sum of the distances from q to `count` points held axis by axis, `stride` apart. Axes is the
// number of dimensions, or 0 for "read it from d".
template <std::size_t Axes>
double distance_sum(const float* q, const float* columns, std::size_t stride, std::size_t count,
                    std::size_t d) {
  const std::size_t axes = Axes == 0 ? d : Axes;
  F64x8 low{}, high{};
  const auto add = [&](std::size_t at, std::size_t valid) {
    F32x16 total = splat(0.0f);
    for (std::size_t f = 0; f < axes; ++f) {
      const F32x16 t = splat(q[f]) - load(columns + f * stride + at);
      total += t * t;
    }
    F32x16 dist = root(total);
    if (valid < kLanes) {
      float lanes[kLanes];
      store(lanes, dist);
      dist = load_part(lanes, static_cast<int>(valid));
    }
    F32x8 half[2];
    std::memcpy(half, &dist, sizeof dist);
    low += __builtin_convertvector(half[0], F64x8);
    high += __builtin_convertvector(half[1], F64x8);
  };
  std::size_t at = 0;
  for (; at + kLanes <= count; at += kLanes) add(at, kLanes);
  if (at < count) add(at, count - at);
  return sum_wide(low + high);
}

// points (n, d), those of one cluster side by side: cluster c is [starts[c], starts[c + 1]).
// queries (m,): which points to judge. out (m,): their silhouettes.
inline void silhouette_rows(const float* points, std::size_t n, std::size_t d,
                            const std::int64_t* starts, std::size_t n_clusters,
                            const std::int64_t* queries, std::size_t m, double* out,
                            int n_threads) {
  const std::size_t stride = n + kLanes;  // room to read a whole vector at the end
  std::vector<float> columns(stride * d, 0.0f);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t f = 0; f < d; ++f) columns[f * stride + i] = points[i * d + f];
  constexpr std::size_t kBlock = 32;
  for_blocks(m, kBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    double within[kBlock] = {}, nearest[kBlock];
    bool alone[kBlock] = {};
    for (double& b : nearest) b = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < n_clusters; ++c) {
      const auto from = static_cast<std::size_t>(starts[c]);
      const std::size_t size = static_cast<std::size_t>(starts[c + 1]) - from;
      for (std::size_t q = begin; q < end; ++q) {
        const auto i = static_cast<std::size_t>(queries[q]);
        const float* y = points + i * d;
        const float* run = columns.data() + from;
        const double total = d == 2   ? distance_sum<2>(y, run, stride, size, d)
                             : d == 3 ? distance_sum<3>(y, run, stride, size, d)
                                      : distance_sum<0>(y, run, stride, size, d);
        if (i >= from && i < from + size) {
          alone[q - begin] = size == 1;
          within[q - begin] = size == 1 ? 0.0 : total / static_cast<double>(size - 1);
        } else {
          nearest[q - begin] = std::min(nearest[q - begin], total / static_cast<double>(size));
        }
      }
    }
    for (std::size_t q = begin; q < end; ++q) {
      const double a = within[q - begin], b = nearest[q - begin], widest = std::max(a, b);
      out[q] = alone[q - begin] || widest == 0.0 ? 0.0 : (b - a) / widest;
    }
  });
}

}  // namespace quality
UMAPKIT_END
