// Bandwidths of a k-neighbour table: how far "near" is for every row.
//
//   rho_i   = distance to the c-th nearest neighbour that is not at distance 0 (c =
//             local_connectivity; between two neighbours interpolated linearly)
//   sigma_i : sum_j exp(-max(0, d_ij - rho_i) / sigma_i) = target,  target = log2(k) * bandwidth
//   sigma_i >= 1e-3 * mean_j d_ij where rho_i > 0, else >= 1e-3 * mean of all d
//
// d: n x k distances, sorted in every row, +inf where a neighbour is missing. `first` is 1 where
// column 0 is the row itself (it is left out of the sum but not of the means) and 0 for new rows.
// Only finite distances count, in the sum and in the means. Bisection on sigma from 1, doubling
// until bracketed, 64 steps at most, until the sum is within 1e-5 of the target. A row with too
// few neighbours to reach the target ends at sigma about 2^64: all its memberships are 1.
//
// McInnes, Healy, Melville: UMAP, arXiv:1802.03426, Algorithm 3; constants as in umap-learn.
// O(n k steps) time, O(k) memory a thread. Nothing is approximated beyond the tolerance.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "umapkit/exponential.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

constexpr double kBandwidthTolerance = 1e-5;
constexpr double kBandwidthFloor = 1e-3;
constexpr int kBandwidthSteps = 64;

// sum_j exp(-gap_j / sigma); `padded` is a multiple of the lanes.
UMAPKIT_INLINE double membership_sum(const double* gaps, std::size_t padded, double sigma) {
  const double rate = -1.0 / sigma;
  F64x8 total{};
  for (std::size_t j = 0; j < padded; j += kDoubles)
    total += exp_negative(load_doubles(gaps + j) * rate);
  return sum_doubles(total);
}

inline double local_radius(const double* nonzero, std::size_t count, double connectivity) {
  if (count == 0) return 0.0;
  if (static_cast<double>(count) < connectivity) return nonzero[count - 1];
  const auto whole = static_cast<std::size_t>(connectivity);
  const double part = connectivity - static_cast<double>(whole);
  if (whole == 0) return part * nonzero[0];
  const double near = nonzero[whole - 1];
  return part > kBandwidthTolerance ? near + part * (nonzero[whole] - near) : near;
}

// Returns the mean of all finite distances, summed row by row in a fixed order; a `mean_distance`
// that is not NaN is used, and returned, instead.
inline double find_bandwidths(const float* distances, std::size_t n, std::size_t k,
                              std::size_t first, double connectivity, double target,
                              double mean_distance, float* sigmas, float* rhos, int n_threads) {
  constexpr std::size_t kBlock = 512;
  std::vector<double> row_mean(n);
  std::vector<std::size_t> row_count(n);
  for_blocks(n, kBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      double total = 0.0;
      std::size_t count = 0;
      for (std::size_t j = 0; j < k; ++j) {
        const double d = distances[i * k + j];
        if (!std::isfinite(d)) continue;
        total += d;
        ++count;
      }
      row_mean[i] = total;
      row_count[i] = count;
    }
  });
  if (std::isnan(mean_distance)) {
    double total = 0.0;
    std::size_t count = 0;
    for (std::size_t i = 0; i < n; ++i) {
      total += row_mean[i];
      count += row_count[i];
    }
    mean_distance = count > 0 ? total / static_cast<double>(count) : 0.0;
  }
  for_blocks(n, kBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<double> nonzero(k);
    std::vector<double> gaps(k + kDoubles);
    for (std::size_t i = begin; i < end; ++i) {
      const float* row = distances + i * k;
      std::size_t n_nonzero = 0;
      for (std::size_t j = 0; j < k; ++j)
        if (std::isfinite(row[j]) && row[j] > 0.0f) nonzero[n_nonzero++] = row[j];
      if (!std::is_sorted(nonzero.begin(), nonzero.begin() + n_nonzero))
        std::sort(nonzero.begin(), nonzero.begin() + n_nonzero);
      // Rounded at once: the memberships are computed from the float32 value.
      const auto rho = static_cast<float>(local_radius(nonzero.data(), n_nonzero, connectivity));
      std::size_t count = 0;
      for (std::size_t j = first; j < k; ++j)
        if (std::isfinite(row[j]))
          gaps[count++] = std::max(0.0, static_cast<double>(row[j]) - static_cast<double>(rho));
      const std::size_t padded = (count + kDoubles - 1) / kDoubles * kDoubles;
      std::fill(gaps.begin() + count, gaps.begin() + padded,
                std::numeric_limits<double>::max());  // exp gives 3e-308: adds nothing
      double low = 0.0;
      double high = std::numeric_limits<double>::infinity();
      double sigma = 1.0;
      for (int step = 0; step < kBandwidthSteps; ++step) {
        const double total = membership_sum(gaps.data(), padded, sigma);
        if (std::abs(total - target) < kBandwidthTolerance) break;
        if (total > target) {
          high = sigma;
          sigma = 0.5 * (low + high);
        } else {
          low = sigma;
          sigma = std::isinf(high) ? 2.0 * sigma : 0.5 * (low + high);
        }
      }
      const double mean = row_count[i] > 0 ? row_mean[i] / static_cast<double>(row_count[i]) : 0.0;
      const double least = kBandwidthFloor * (rho > 0.0f ? mean : mean_distance);
      rhos[i] = rho;
      sigmas[i] = static_cast<float>(std::max(sigma, least));
    }
  });
  return mean_distance;
}

UMAPKIT_END
