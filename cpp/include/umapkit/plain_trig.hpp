// Sine, cosine and their inverses in double, the same bits on every machine.
//
//   asin x = x + x^3 P(x^2) for x <= 1/2, else pi / 2 - 2 asin(sqrt((1 - x) / 2)),  0 <= x <= 1
//   angle(y, x) = asin(min / hypot) turned into the right octant (what others call atan2)
//   sin, cos by their series to the 17th power after the nearest multiple of pi / 2 is taken off
//
// P is the series of asin: at x^2 = 1/4 its 24 terms leave less than 1e-16. pi / 2 is split in
// three as in Cody and Waite (1980): the reduction is good for |x| < 1e6, far beyond any angle of
// a map. No calls but the square root, which IEEE 754 defines to the bit; errors of a few units in
// the last place.
#pragma once
#include <cmath>

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

constexpr double kPi = 3.14159265358979323846;

// Coefficient k of asin: (2k)! / (4^k k!^2 (2k + 1)), k = 1 ... 24.
struct AsinSeries {
  static constexpr int kTerms = 24;
  double c[kTerms];
};
constexpr AsinSeries kAsin = [] {
  AsinSeries series{};
  double share = 1.0;
  for (int k = 1; k <= AsinSeries::kTerms; ++k) {
    share *= (2.0 * k - 1.0) / (2.0 * k);
    series.c[k - 1] = share / (2.0 * k + 1.0);
  }
  return series;
}();

UMAPKIT_INLINE double plain_asin(double x) {
  const bool steep = x > 0.5;
  const double z = steep ? (1.0 - x) * 0.5 : x * x;
  const double r = steep ? std::sqrt(z) : x;
  double p = kAsin.c[AsinSeries::kTerms - 1];
#pragma GCC unroll 24
  for (int k = AsinSeries::kTerms - 2; k >= 0; --k) p = p * z + kAsin.c[k];
  const double a = r + r * z * p;
  return steep ? kPi / 2 - 2.0 * a : a;
}

// The angle of the point (x, y), in (-pi, pi]; 0 at the origin.
inline double plain_angle(double y, double x) {
  const double up = y < 0.0 ? -y : y, along = x < 0.0 ? -x : x;
  const double far = std::sqrt(x * x + y * y);
  if (!(far > 0.0)) return 0.0;
  double angle = up <= along ? plain_asin(up / far) : kPi / 2 - plain_asin(along / far);
  if (x < 0.0) angle = kPi - angle;
  return y < 0.0 ? -angle : angle;
}

struct Turn {
  double sine, cosine;
};

// Sine and cosine of quarter * pi / 2 + r, |r| <= pi / 4.
inline Turn turn_of(long long quarter, double r) {
  const double z = r * r;
  double c = 1.0 / 20922789888000.0, s = 1.0 / 355687428096000.0;
  c = c * z - 1.0 / 87178291200.0;
  c = c * z + 1.0 / 479001600.0;
  c = c * z - 1.0 / 3628800.0;
  c = c * z + 1.0 / 40320.0;
  c = c * z - 1.0 / 720.0;
  c = c * z + 1.0 / 24.0;
  c = c * z - 0.5;
  c = c * z + 1.0;
  s = s * z - 1.0 / 1307674368000.0;
  s = s * z + 1.0 / 6227020800.0;
  s = s * z - 1.0 / 39916800.0;
  s = s * z + 1.0 / 362880.0;
  s = s * z - 1.0 / 5040.0;
  s = s * z + 1.0 / 120.0;
  s = s * z - 1.0 / 6.0;
  s = s * z + 1.0;
  s = s * r;
  switch (quarter & 3) {
    case 0: return {s, c};
    case 1: return {c, -s};
    case 2: return {-s, -c};
    default: return {-c, s};
  }
}

inline Turn plain_turn(double x) {
  constexpr double kHigh = 1.57079632673412561417e+00, kMiddle = 6.07710050630396597660e-11,
                   kLow = 2.02226624879595063154e-21;
  const double q = std::floor(x * (2.0 / kPi) + 0.5);
  const double r = ((x - q * kHigh) - q * kMiddle) - q * kLow;
  return turn_of(static_cast<long long>(q), r);
}

UMAPKIT_END
