// New points on a finished map of t-SNE, each by itself.
//
//   KL_i = sum_j p_{j|i} log(p_{j|i} / q_{j|i}),   q_{j|i} = w_ij / phi(y_i)
//   phi(y) = sum_j w(|y - y_j|^2)
//   g_i = x sum_j p_{j|i} e_ij (y_i - y_j) + 1/2 grad phi(y_i) / phi(y_i), no longer than
//   `steepest`
//
// j: points of the map, which stay; p_{j|i}: sum 1 over the nearest rows. Gains and momentum as in
// tsne_step.hpp. Embedding new points so is openTSNE's (Policar, Strazar, Zupan: openTSNE, J. Stat.
// Softw. 2024); normalised for each point alone, it does not see the rest of the batch. phi comes
// from the map's grid (grid_field.hpp); outside of its box, or where it is coarse, from all points.
// O(steps (k + 6^D)) a point.
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "umapkit/all_pairs.hpp"
#include "umapkit/grid_field.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/tsne_step.hpp"

UMAPKIT_BEGIN
namespace tsne {

constexpr float kCoarsest = 0.75f;  // spacing of a grid that is read; maps in space may need more

// neighbors and weights: (rows, k), k a multiple of 16; padding: any point with weight 0.
template <int D>
void settle_points(const GridField<D>& field, const Student& student, const float* map,
                   std::size_t n, const std::int32_t* neighbors, const float* weights,
                   std::size_t rows, std::size_t k, const Descent& options, float steepest,
                   std::int64_t steps, float* positions, int n_threads) {
  constexpr std::size_t kWidth = place_width(D);
  std::vector<float> places(n * kWidth + kLanes);
  for (std::size_t i = 0; i < n; ++i)
    for (int d = 0; d < D; ++d) places[i * kWidth + d] = map[i * D + static_cast<std::size_t>(d)];
  Columns<D> columns;
  columns.read(places.data(), n);
  const bool known = field.spacing() <= kCoarsest;
  const float everyone = field.shift() * static_cast<float>(n);
  for_blocks(rows, 16, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      float* y = positions + i * D;
      float velocity[D] = {}, gain[D];
      for (int d = 0; d < D; ++d) gain[d] = 1.0f;
      for (std::int64_t step = 0; step < steps; ++step) {
        float push[D], pulled[D];
        float phi;
        if (known && field.inside(y)) {
          phi = field.at(y, push) + everyone;
          for (int d = 0; d < D; ++d) push[d] *= -0.5f;
        } else {
          double force[D];
          phi = static_cast<float>(columns.sums(student, y, force));
          for (int d = 0; d < D; ++d) push[d] = static_cast<float>(force[d]);
        }
        const float share = phi > 1e-30f ? 1.0f / phi : 0.0f;
        F32x16 sums_of[D];
        for (int d = 0; d < D; ++d) sums_of[d] = splat(0.0f);
        for (std::size_t v = i * k; v < (i + 1) * k; v += kLanes) {
          F32x16 delta[D], s = splat(0.0f);
          gather<D>(places.data(), neighbors + v, delta);
          for (int d = 0; d < D; ++d) {
            delta[d] = splat(y[d]) - delta[d];
            s = s + delta[d] * delta[d];
          }
          const F32x16 pe = load(weights + v) * student.closeness(s);
          for (int d = 0; d < D; ++d) sums_of[d] = sums_of[d] + pe * delta[d];
        }
        float length = 0.0f;
        for (int d = 0; d < D; ++d) {
          pulled[d] = options.exaggeration * sum(sums_of[d]) - share * push[d];
          length += pulled[d] * pulled[d];
        }
        const float shorter = length > steepest * steepest ? steepest / std::sqrt(length) : 1.0f;
        for (int d = 0; d < D; ++d) {
          const float g = pulled[d] * shorter;
          const int old_sign = (velocity[d] > 0.0f) - (velocity[d] < 0.0f);
          const int sign = (g > 0.0f) - (g < 0.0f);
          gain[d] = old_sign != sign ? gain[d] + 0.2f : gain[d] * 0.8f + options.least_gain;
          velocity[d] = options.momentum * velocity[d] - options.rate * gain[d] * g;
          y[d] += velocity[d];
        }
      }
    }
  });
}

}  // namespace tsne
UMAPKIT_END
