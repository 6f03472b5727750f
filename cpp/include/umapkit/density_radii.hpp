// Local radii: how far a row lies from its neighbours, on average.
//
//   of data   r_i = ln(eps + sum_j p_ij d_ij^2 / sum_j p_ij)                         (input_radii)
//   of a map  r_i = ln(eps + sum_j q_ij s_ij / sum_j q_ij),  q = 1 / (1 + a s^b)      (list_radii)
//
// p: memberships, d: distances as listed, s_ij = |y_i - y_j|^2, eps = 1e-8. Tutorial, Eqs. 30 and
// 31, with the denominators of Narayan, Berger, Cho: Assessing single-cell transcriptomic
// variability through density-preserving data visualization, Nat. Biotechnol. 39, 2021 (the
// tutorial prints sums of distances there, which is no mean). NaN where there is no weight. Sums in
// double, in the order of the lists. O(edges k) and O(n k). Nothing is approximated.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "umapkit/parallel.hpp"
#include "umapkit/plain_log.hpp"

UMAPKIT_BEGIN

constexpr double kRadiusFloor = 1e-8;

UMAPKIT_INLINE double log_radius(double moment, double mass) {
  return mass > 0.0 ? quality::plain_log(kRadiusFloor + moment / mass)
                    : std::numeric_limits<double>::quiet_NaN();
}

// Distance at which `row` lists `target`; -1 where it does not.
inline float listed_distance(const std::int32_t* indices, const float* distances, std::size_t k,
                             std::size_t row, std::int32_t target) {
  const std::int32_t* const begin = indices + row * k;
  const std::int32_t* const found = std::find(begin, begin + k, target);
  return found == begin + k ? -1.0f : distances[row * k + static_cast<std::size_t>(found - begin)];
}

// Memberships: CSR of n rows. Distances: lists (n, k). With `both` an edge takes the longer of the
// two distances at which its ends list each other, and the lists are of the same things as the
// columns; without, row i's own. An edge that nobody lists is left out.
inline void input_radii(std::size_t n, const std::int64_t* indptr, const std::int32_t* targets,
                        const float* weights, const std::int32_t* indices, const float* distances,
                        std::size_t k, bool both, double* radii, int n_threads) {
  for_blocks(n, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      double moment = 0.0;
      double mass = 0.0;
      for (std::int64_t e = indptr[i]; e < indptr[i + 1]; ++e) {
        float d = listed_distance(indices, distances, k, i, targets[e]);
        if (both)
          d = std::max(d,
                       listed_distance(indices, distances, k, static_cast<std::size_t>(targets[e]),
                                       static_cast<std::int32_t>(i)));
        if (!(d >= 0.0f) || !std::isfinite(d)) continue;
        moment += static_cast<double>(weights[e]) * d * d;
        mass += weights[e];
      }
      radii[i] = log_radius(moment, mass);
    }
  });
}

// Of `rows` points, with lists (rows, k) of points of the map, -1 where there is none.
inline void list_radii(const float* points, std::size_t rows, const float* map, std::size_t dim,
                       const std::int32_t* lists, std::size_t k, double a, double b, double* radii,
                       int n_threads) {
  for_blocks(rows, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      double moment = 0.0;
      double mass = 0.0;
      for (std::size_t c = 0; c < k; ++c) {
        const std::int32_t j = lists[i * k + c];
        if (j < 0) continue;
        double s = 0.0;
        for (std::size_t x = 0; x < dim; ++x) {
          const double t =
              static_cast<double>(points[i * dim + x]) - map[static_cast<std::size_t>(j) * dim + x];
          s += t * t;
        }
        const double log_p = b * quality::plain_log(std::max(s, 1e-300));
        const double p = quality::plain_exp(std::min(std::max(log_p, -700.0), 700.0));
        const double q = 1.0 / (1.0 + a * p);
        moment += q * s;
        mass += q;
      }
      radii[i] = log_radius(moment, mass);
    }
  });
}

UMAPKIT_END
