// Bandwidths of a k-neighbour table: how far "near" is for every row.
//
//   rho_i   = distance to the c-th nearest neighbour that is not at distance 0 (c =
//             local_connectivity; between two neighbours interpolated linearly)
//   sigma_i : sum_j exp(-max(0, d_ij - rho_i) / sigma_i) = target,  target = log2(k) * bandwidth
//   sigma_i >= 1e-3 * mean_j d_ij where rho_i > 0, else >= 1e-3 * mean of all d
//
// d: n x k distances, sorted in every row, +inf where a neighbour is missing. `first` is 1 where
// column 0 is the row itself (it is left out of the sum but not of the means) and 0 for new rows.
// Only finite distances count, in the sum and in the means. The sum shall be within 1e-5 of the
// target. With t = 1 / sigma, ln S(t) = ln sum_j exp(-t gap_j) is convex and falls from ln(count),
// so Newton's steps from t = 0,
//
//   t <- t + ln(S / target) S / sum_j gap_j exp(-t gap_j),
//
// come to the root from below, three or four of them, for eight rows at once. Rows without a clear
// root (too few neighbours, too many at a gap of 0) take bisection on sigma from 1, doubling until
// bracketed, 64 steps at most: with too few neighbours sigma ends at about 2^64, and all the
// memberships are 1.
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
#include "umapkit/plain_log.hpp"

UMAPKIT_BEGIN

constexpr double kBandwidthTolerance = 1e-5;
constexpr double kBandwidthFloor = 1e-3;
constexpr int kBandwidthSteps = 64;
// Where the sum hardly changes with sigma, everything within the tolerance is a root; which one is
// taken is then a matter of the steps, and those are the bisection's; so are the ends of its range.
constexpr double kBandwidthFlat = 0.05;

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

// Bisection on sigma.
inline double bisect_bandwidth(const double* gaps, std::size_t padded, double target) {
  double low = 0.0;
  double high = std::numeric_limits<double>::infinity();
  double sigma = 1.0;
  for (int step = 0; step < kBandwidthSteps; ++step) {
    const double total = membership_sum(gaps, padded, sigma);
    if (std::abs(total - target) < kBandwidthTolerance) break;
    if (total > target) {
      high = sigma;
      sigma = 0.5 * (low + high);
    } else {
      low = sigma;
      sigma = std::isinf(high) ? 2.0 * sigma : 0.5 * (low + high);
    }
  }
  return sigma;
}

// Newton's steps for eight rows, a row a lane: gaps[j * 8 + row], 0 beyond the row's own, of which
// there are count[row]. Leaves NaN where they do not arrive. Lanes do not meet: a row's answer is
// the same whichever rows are beside it.
inline void newton_bandwidths(const double* gaps, std::size_t k, const double* count, double target,
                              double* sigmas) {
  F64x8 t = {}, all = {};
  double open[kDoubles];
  for (int l = 0; l < kDoubles; ++l) sigmas[l] = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t j = 0; j < k; ++j) all += load_doubles(gaps + j * kDoubles);
  int left = 0;
  for (int l = 0; l < kDoubles; ++l) {
    open[l] = count[l] - target > kBandwidthTolerance && all[l] > 0.0 ? 1.0 : 0.0;
    left += open[l] > 0.0;
    if (open[l] > 0.0) t[l] = quality::plain_log(count[l] / target) * count[l] / all[l];
  }
  for (int step = 0; step < kBandwidthSteps && left > 0; ++step) {
    F64x8 total = {}, slope = {};
    for (std::size_t j = 0; j < k; ++j) {
      const F64x8 gap = load_doubles(gaps + j * kDoubles);
      const F64x8 p = exp_negative(gap * -t);
      total += p;
      slope += gap * p;
    }
    double logs[kDoubles];
    for (int l = 0; l < kDoubles; ++l) {
      total[l] -= static_cast<double>(k) - count[l];
      logs[l] = open[l] > 0.0 ? total[l] / target : 1.0;
    }
    for (int l = 0; l < kDoubles; ++l) logs[l] = quality::plain_log(logs[l]);
    for (int l = 0; l < kDoubles; ++l) {
      if (!(open[l] > 0.0)) continue;
      const double move = logs[l] * total[l] / slope[l];
      if (std::abs(total[l] - target) < kBandwidthTolerance) {
        const bool usual = t[l] > 0x1p-40 && t[l] < 0x1p40;
        if (usual && t[l] * slope[l] > kBandwidthFlat) sigmas[l] = 1.0 / t[l];
      } else if (std::isfinite(move) && total[l] > target) {
        t[l] += move;
        continue;
      }
      open[l] = 0.0;
      --left;
    }
  }
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
    std::vector<double> gaps(k + kDoubles), columns(k * kDoubles);
    for (std::size_t first_row = begin; first_row < end; first_row += kDoubles) {
      const std::size_t rows = std::min<std::size_t>(kDoubles, end - first_row);
      double count[kDoubles] = {}, found[kDoubles];
      std::fill(columns.begin(), columns.end(), 0.0);
      for (std::size_t l = 0; l < rows; ++l) {
        const float* row = distances + (first_row + l) * k;
        std::size_t n_nonzero = 0;
        for (std::size_t j = 0; j < k; ++j)
          if (std::isfinite(row[j]) && row[j] > 0.0f) nonzero[n_nonzero++] = row[j];
        if (!std::is_sorted(nonzero.begin(), nonzero.begin() + n_nonzero))
          std::sort(nonzero.begin(), nonzero.begin() + n_nonzero);
        // Rounded at once: the memberships are computed from the float32 value.
        const auto rho = static_cast<float>(local_radius(nonzero.data(), n_nonzero, connectivity));
        rhos[first_row + l] = rho;
        std::size_t here = 0;
        for (std::size_t j = first; j < k; ++j)
          if (std::isfinite(row[j]))
            columns[here++ * kDoubles + l] =
                std::max(0.0, static_cast<double>(row[j]) - static_cast<double>(rho));
        count[l] = static_cast<double>(here);
      }
      newton_bandwidths(columns.data(), k, count, target, found);
      for (std::size_t l = 0; l < rows; ++l) {
        const std::size_t i = first_row + l;
        double sigma = found[l];
        if (std::isnan(sigma)) {
          const auto own = static_cast<std::size_t>(count[l]);
          const std::size_t padded = (own + kDoubles - 1) / kDoubles * kDoubles;
          for (std::size_t j = 0; j < own; ++j) gaps[j] = columns[j * kDoubles + l];
          std::fill(gaps.begin() + static_cast<std::ptrdiff_t>(own),
                    gaps.begin() + static_cast<std::ptrdiff_t>(padded),
                    std::numeric_limits<double>::max());  // exp gives 3e-308: adds nothing
          sigma = bisect_bandwidth(gaps.data(), padded, target);
        }
        const double mean =
            row_count[i] > 0 ? row_mean[i] / static_cast<double>(row_count[i]) : 0.0;
        const double least = kBandwidthFloor * (rhos[i] > 0.0f ? mean : mean_distance);
        sigmas[i] = static_cast<float>(std::max(sigma, least));
      }
    }
  });
  return mean_distance;
}

UMAPKIT_END
