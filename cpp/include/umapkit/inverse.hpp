// From a place on the map back to a row of data: weights of the points near it, their mean, their
// median.
//
//   w_j = n_j / (1 + a d_j^(2b)), divided by the largest of the row     (membership in the map)
//   mean   x_k = sum_j w_j r_jk / sum_j w_j
//   median x_k: sum of w over the rows with r_jk < x_k, and over those above, at most half of all
//
// d_j: distance on the map to neighbour j, n_j: how many equal rows it stands for. The weighted
// mean of rows minimises sum_j w_j |x - r_j|^2, the weighted median sum_j w_j |x - r_j|_1; where
// a whole interval does, its middle is taken. Sums in double in the order of the neighbours, row by
// row: the same bits for any threads. O(k) and O(k log k) a number. Exact up to rounding.
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "umapkit/curved.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

// distances (m, k), not negative; counts (m, k); weights (m, k) out.
inline void inverse_weights(const double* distances, const double* counts, std::size_t m,
                            std::size_t k, double a, double b, double* weights, int n_threads) {
  const WideCurve curve{a, b, 1.0};
  for_blocks(m, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t q = begin; q < end; ++q) {
      double most = 0.0;
      for (std::size_t j = q * k; j < (q + 1) * k; ++j) {
        weights[j] = counts[j] / (1.0 + a * curve.power(distances[j]));
        most = std::max(most, weights[j]);
      }
      for (std::size_t j = q * k; j < (q + 1) * k; ++j) weights[j] /= most;
    }
  });
}

// rows (n, d); neighbors and weights (m, k), weights positive or 0 and not all 0; out (m, d).
inline void weighted_rows(const float* rows, std::size_t d, const std::int32_t* neighbors,
                          const double* weights, std::size_t m, std::size_t k, double* out,
                          int n_threads) {
  for_blocks(m, 1, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t q = begin; q < end; ++q) {
      double* const x = out + q * d;
      std::fill_n(x, d, 0.0);
      double total = 0.0;
      for (std::size_t j = q * k; j < (q + 1) * k; ++j) {
        const double w = weights[j];
        const float* const row = rows + static_cast<std::size_t>(neighbors[j]) * d;
        total += w;
        for (std::size_t c = 0; c < d; ++c) x[c] += w * row[c];
      }
      for (std::size_t c = 0; c < d; ++c) x[c] /= total;
    }
  });
}

// rows (n, d); neighbors and weights (m, k), weights positive or 0 and not all 0; out (m, d).
inline void weighted_median(const float* rows, std::size_t d, const std::int32_t* neighbors,
                            const double* weights, std::size_t m, std::size_t k, float* out,
                            int n_threads) {
  for_blocks(m, 1, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<std::pair<float, double>> column;  // without the entries that do not count
    column.reserve(k);
    for (std::size_t q = begin; q < end; ++q) {
      double total = 0.0;
      for (std::size_t j = 0; j < k; ++j) total += weights[q * k + j];
      for (std::size_t c = 0; c < d; ++c) {
        column.clear();
        for (std::size_t j = 0; j < k; ++j)
          if (weights[q * k + j] > 0.0)
            column.emplace_back(rows[static_cast<std::size_t>(neighbors[q * k + j]) * d + c],
                                weights[q * k + j]);
        std::sort(column.begin(), column.end());
        double below = 0.0;
        std::size_t j = 0;
        while (j + 1 < column.size() && below + column[j].second < 0.5 * total)
          below += column[j++].second;
        float x = column[j].first;
        if (j + 1 < column.size() && below + column[j].second == 0.5 * total)
          x = 0.5f * x + 0.5f * column[j + 1].first;
        out[q * d + c] = x;
      }
    }
  });
}

UMAPKIT_END
