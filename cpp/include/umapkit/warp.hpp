// Dynamic time warping of series of vectors (Sakoe, Chiba 1978), for every pair of two tables.
//
//   c_ij = |a_i - b_j|                                     step i of one series, step j of another
//   D_ij = c_ij + min(D_{i-1,j-1}, D_{i-1,j}, D_{i,j-1}),  D_00 = 0, D_i0 = D_0j = infinity
//
// Two costs: D at the last steps, or the mean squared difference of the two series read along the
// warping path, (1 / (length * width)) sum c_ij^2. The path is walked back from the end; where
// moves tie it takes the diagonal, then the step of a.
//
// Series are tables of steps x width, flattened; all have the same shape. The table is turned over
// first (b's step j in lane j), so a row of c is summed coordinate after coordinate for all j at
// once, in double: the bits depend on the pair only. O(steps^2 width) a pair,
// O(steps^2 + steps width) memory. Nothing is approximated.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

class Warping {
 public:
  Warping(std::size_t steps, std::size_t width)
      : steps_(steps), width_(width), near_(steps * steps), total_((steps + 1) * (steps + 1)) {}

  // a: steps x width; turned: width x steps of the other series.
  double cost(const float* a, const double* turned, bool path_mean) {
    measure(a, turned);
    accumulate();
    return path_mean ? path_mean_square() : total_.back();
  }

 private:
  void measure(const float* a, const double* turned) {
    for (std::size_t i = 0; i < steps_; ++i) {
      double* row = &near_[i * steps_];
      std::fill(row, row + steps_, 0.0);
      for (std::size_t w = 0; w < width_; ++w) {
        const double value = a[i * width_ + w];
        const double* other = turned + w * steps_;
        for (std::size_t j = 0; j < steps_; ++j) row[j] += (value - other[j]) * (value - other[j]);
      }
      for (std::size_t j = 0; j < steps_; ++j) row[j] = std::sqrt(row[j]);
    }
  }

  void accumulate() {
    const std::size_t side = steps_ + 1;
    std::fill(total_.begin(), total_.end(), std::numeric_limits<double>::infinity());
    total_[0] = 0.0;
    for (std::size_t i = 1; i <= steps_; ++i)
      for (std::size_t j = 1; j <= steps_; ++j) {
        const double* before = &total_[(i - 1) * side + j - 1];
        const double least = std::min(std::min(before[0], before[1]), before[side]);
        total_[i * side + j] = near_[(i - 1) * steps_ + j - 1] + least;
      }
  }

  double path_mean_square() const {
    const std::size_t side = steps_ + 1;
    double sum = 0.0;
    std::size_t i = steps_, j = steps_, length = 0;
    while (i > 0 && j > 0) {
      const double local = near_[(i - 1) * steps_ + j - 1];
      sum += local * local;
      ++length;
      const double* before = &total_[(i - 1) * side + j - 1];
      const double diagonal = before[0], of_a = before[1], of_b = before[side];
      if (diagonal <= of_a && diagonal <= of_b) {
        --i;
        --j;
      } else if (of_a <= of_b) {
        --i;
      } else {
        --j;
      }
    }
    return sum / static_cast<double>(length * width_);
  }

  std::size_t steps_, width_;
  std::vector<double> near_, total_;
};

// queries m x (steps width), table n x (steps width); costs m x n.
inline void warp_rows(const float* queries, std::size_t m, const float* table, std::size_t n,
                      std::size_t steps, std::size_t width, bool path_mean, double* costs) {
  const std::size_t d = steps * width;
  std::vector<double> turned(d);
  Warping warping(steps, width);
  for (std::size_t x = 0; x < n; ++x) {
    const float* row = table + x * d;
    for (std::size_t j = 0; j < steps; ++j)
      for (std::size_t w = 0; w < width; ++w) turned[w * steps + j] = row[j * width + w];
    for (std::size_t q = 0; q < m; ++q)
      costs[q * n + x] = warping.cost(queries + q * d, turned.data(), path_mean);
  }
}

UMAPKIT_END
