// Logarithms of the gamma and the beta function, and powers, in double, the same bits on every
// machine.
//
//   ln G(x) = (x - 1/2) ln x - x + ln(2 pi) / 2 + sum_j B_2j / (2j (2j - 1) x^(2j-1)), j = 1 .. 6,
//
// Stirling's series, for x >= 10, where what follows is below 1e-15; smaller x are moved up by
// G(x) = G(x + 1) / x. ln B(a, b) = ln G(a) + ln G(b) - ln G(a + b). x^p = exp(p ln x).
// Domain: x from 1e-30 (one factor must not leave the range) to 1e300; powers of x >= 0, infinite
// beyond e^700 and 0 below e^-700. Approximate within rounding: a few 1e-16 of the largest term.
#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "umapkit/isa.hpp"
#include "umapkit/plain_log.hpp"

UMAPKIT_BEGIN

inline double plain_log_gamma(double x) {
  constexpr double kHalfLogTwoPi = 0.918938533204672741780;
  double before = 1.0;
  while (x < 10.0) {
    before *= x;
    x += 1.0;
  }
  const double r = 1.0 / x, z = r * r;
  double p = -691.0 / 360360;
  p = p * z + 1.0 / 1188;
  p = p * z - 1.0 / 1680;
  p = p * z + 1.0 / 1260;
  p = p * z - 1.0 / 360;
  p = p * z + 1.0 / 12;
  const double all = (x - 0.5) * quality::plain_log(x) - x + kHalfLogTwoPi + p * r;
  return before == 1.0 ? all : all - quality::plain_log(before);
}

// plain_log_gamma, looked up for counts below 256.
class LogGamma {
 public:
  LogGamma() {
    for (std::size_t i = 1; i < small_.size(); ++i)
      small_[i] = plain_log_gamma(static_cast<double>(i));
  }
  double operator()(double x) const {
    if (x < static_cast<double>(small_.size())) {
      const std::size_t whole = static_cast<std::size_t>(x);
      if (whole > 0 && static_cast<double>(whole) == x) return small_[whole];
    }
    return plain_log_gamma(x);
  }

 private:
  std::array<double, 256> small_{};
};

inline double log_beta(double a, double b) {
  static const LogGamma log_gamma;
  return (log_gamma(a) + log_gamma(b)) - log_gamma(a + b);
}

inline double plain_power(double x, double p) {
  if (x <= 0.0) return 0.0;
  if (!(x < std::numeric_limits<double>::infinity())) return x;
  const double exponent = p * quality::plain_log(x);
  if (exponent > 700.0) return std::numeric_limits<double>::infinity();
  return exponent < -700.0 ? 0.0 : quality::plain_exp(exponent);
}

UMAPKIT_END
