// Maps whose points are Gaussian clouds in the plane: how unlikely two of them are to meet.
//
//   E(x, y) = -ln of the integral of N(mu_x, S_x) N(-, mu_y, S_y)
//           = m^T S^-1 m / 2 + ln(det S) / 2 + ln(2 pi),   m = mu_x - mu_y,  S = S_x + S_y
//   grad_mu E = q = S^-1 m,   dE / dS_x = G = (S^-1 - q q^T) / 2
//
// S_x = s1 e1 e1^T + s2 e2 e2^T with variances s1, s2 along e1 = (cos t, sin t) and its normal:
// Parts = 1: s1 = s2 (spherical), 2: t = 0 (diagonal), 3: all. A place is kept as the mean, the
// logarithms l of the variances (so that they stay positive and steps are relative), and t:
//
//   dE / dl_1 = s1 e1^T G e1,   dE / dl_2 = s2 e2^T G e2,   dE / dt = 2 (s1 - s2) e1^T G e2
//
// `bend` bounds how stiff a number is: the same sums with the signs of their terms dropped.
// Coordinates are umap-learn's: mean, variances, angle. E may be negative and E(x, x) is not 0: it
// is an energy, not a metric. umap-learn's gaussian_energy lacks the two halves. O(1) a pair.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>

#include "umapkit/plain_log.hpp"
#include "umapkit/plain_trig.hpp"

UMAPKIT_BEGIN

constexpr double kLog2Pi = 1.83787706640934548356;
constexpr double kMostLog = 10.0;  // variances from e^-10 to e^10

template <int Parts>
struct Gaussian {
  static constexpr int kWidth = 2 + Parts, kCoordinates = 2 + Parts;
  // Mean, S (3), s1, s2, cosine and sine of t.
  static constexpr int kRow = 9;
  static constexpr bool kEnergy = true;

  void prepare(const double* place, double* row) const {
    const double s1 = quality::plain_exp(place[2]);
    const double s2 = Parts > 1 ? quality::plain_exp(place[Parts > 1 ? 3 : 2]) : s1;
    const Turn t = Parts > 2 ? plain_turn(place[Parts > 2 ? 4 : 2]) : Turn{0.0, 1.0};
    row[0] = place[0];
    row[1] = place[1];
    row[2] = s1 * t.cosine * t.cosine + s2 * t.sine * t.sine;
    row[3] = (s1 - s2) * t.sine * t.cosine;
    row[4] = s1 * t.sine * t.sine + s2 * t.cosine * t.cosine;
    row[5] = s1;
    row[6] = s2;
    row[7] = t.cosine;
    row[8] = t.sine;
  }
  // m^T S^-1 m and det S.
  UMAPKIT_INLINE void look(const double* x, const double* y, double& gap, double& more) const {
    const double a = x[0] - y[0], b = x[1] - y[1];
    const double s11 = x[2] + y[2], s12 = x[3] + y[3], s22 = x[4] + y[4];
    const double det = s11 * s22 - s12 * s12;
    more = det > 1e-18 ? det : 1e-18;
    gap = (s22 * a * a - 2.0 * s12 * a * b + s11 * b * b) / more;
  }
  UMAPKIT_INLINE void measure(double gap, double more, double& d, double& ratio) const {
    d = 0.5 * (gap + quality::plain_log(more)) + kLog2Pi;
    ratio = more;
  }
  UMAPKIT_INLINE void away(const double* x, const double* y, double, double det, double* delta,
                           double* bend) const {
    const double a = x[0] - y[0], b = x[1] - y[1];
    const double i11 = (x[4] + y[4]) / det, i12 = -(x[3] + y[3]) / det, i22 = (x[2] + y[2]) / det;
    const double q1 = i11 * a + i12 * b, q2 = i12 * a + i22 * b;
    delta[0] = q1;
    delta[1] = q2;
    bend[0] = i11;
    bend[1] = i22;
    const double c = x[7], s = x[8];
    // S^-1 and q in the axes of x.
    const double j11 = c * c * i11 + 2.0 * c * s * i12 + s * s * i22;
    const double j22 = s * s * i11 - 2.0 * c * s * i12 + c * c * i22;
    const double j12 = c * s * (i22 - i11) + (c * c - s * s) * i12;
    const double p1 = c * q1 + s * q2, p2 = c * q2 - s * q1;
    if constexpr (Parts == 1) {
      delta[2] = 0.5 * x[5] * (j11 + j22 - p1 * p1 - p2 * p2);
      bend[2] = 0.5 * x[5] * (j11 + j22 + p1 * p1 + p2 * p2);
    } else {
      delta[2] = 0.5 * x[5] * (j11 - p1 * p1);
      bend[2] = 0.5 * x[5] * (j11 + p1 * p1);
      delta[3] = 0.5 * x[6] * (j22 - p2 * p2);
      bend[3] = 0.5 * x[6] * (j22 + p2 * p2);
    }
    if constexpr (Parts == 3) {
      const double lean = x[5] - x[6];
      delta[4] = lean * (j12 - p1 * p2);
      bend[4] = (lean < 0.0 ? -lean : lean) * (j11 + j22 + p1 * p1 + p2 * p2);
    }
  }
  void limit(double* v) const {
    for (int k = 0; k < kWidth; ++k) v[k] = std::clamp(v[k], -1.0, 1.0);
  }
  void move(const double* x, const double* v, double* to) const {
    for (int k = 0; k < kWidth; ++k) to[k] = x[k] + v[k];
    for (int k = 2; k < 2 + std::min(Parts, 2); ++k) to[k] = std::clamp(to[k], -kMostLog, kMostLog);
    if constexpr (Parts == 3) to[4] -= kPi * std::floor(to[4] / kPi + 0.5);
  }
  void mean(const double* places, const double* weights, std::size_t count, std::size_t strongest,
            double* out) const {
    double sum[kWidth] = {}, mass = 0.0;
    const double* const from = places + kWidth * strongest;
    for (std::size_t j = 0; j < count; ++j) {
      mass += weights[j];
      for (int k = 0; k < kWidth; ++k) {
        double step = places[kWidth * j + static_cast<std::size_t>(k)] - from[k];
        if (k == 4) step -= kPi * std::floor(step / kPi + 0.5);
        sum[k] += weights[j] * step;
      }
    }
    for (int k = 0; k < kWidth; ++k) out[k] = from[k] + sum[k] / mass;
  }
  // Variances of either sign, as umap-learn makes them; from its range, where they are 0.
  void from_coordinates(const float* c, double* place) const {
    for (int k = 0; k < kWidth; ++k) place[k] = c[k];
    for (int k = 2; k < 2 + std::min(Parts, 2); ++k) {
      const double size = c[k] < 0.0f ? -static_cast<double>(c[k]) : c[k];
      place[k] = std::clamp(quality::plain_log(std::max(size, 1e-6)), -kMostLog, kMostLog);
    }
  }
  void to_coordinates(const double* place, float* c) const {
    for (int k = 0; k < kWidth; ++k) c[k] = static_cast<float>(place[k]);
    for (int k = 2; k < 2 + std::min(Parts, 2); ++k)
      c[k] = static_cast<float>(quality::plain_exp(place[k]));
  }
};

UMAPKIT_END
