// Logarithm and exponential in double, the same bits on every machine.
//
//   log x = e ln 2 + 2 atanh(s), x = 2^e m, sqrt(1/2) <= m < sqrt(2), s = (m - 1) / (m + 1),
//   exp x = 2^k exp(r), k = round(x / ln 2), |r| <= ln(2) / 2
//
// atanh by its series to s^23 (|s| <= 0.172), exp by its series to r^13: both truncate below
// 1e-17; errors of a few units in the last place come from rounding. ln 2 is split in two as in
// Tang: Table-driven implementation of the exponential function, ACM TOMS 15, 1989.
// Domain: log for normal positive x; exp for |x| <= 700 (the caller clamps). No branches and no
// calls, so compilers vectorise loops over them.
#pragma once
#include <bit>
#include <cstdint>

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN
namespace quality {

constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;

UMAPKIT_INLINE double plain_log(double x) {
  constexpr std::uint64_t kOne = 0x3FF0000000000000ull, kRootHalf = 0x3FE6A09E667F3BCDull;
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x) + (kOne - kRootHalf);
  const double e = std::bit_cast<double>((bits >> 52) | 0x4330000000000000ull) - (0x1p52 + 1023.0);
  const double m = std::bit_cast<double>((bits & 0x000FFFFFFFFFFFFFull) + kRootHalf);
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double p = 2.0 / 23;
  p = p * z + 2.0 / 21;
  p = p * z + 2.0 / 19;
  p = p * z + 2.0 / 17;
  p = p * z + 2.0 / 15;
  p = p * z + 2.0 / 13;
  p = p * z + 2.0 / 11;
  p = p * z + 2.0 / 9;
  p = p * z + 2.0 / 7;
  p = p * z + 2.0 / 5;
  p = p * z + 2.0 / 3;
  return e * kLn2High + (2.0 * s + (s * z * p + e * kLn2Low));
}

UMAPKIT_INLINE double plain_exp(double x) {
  constexpr double kRound = 0x1.8p52;
  const double shifted = x * 1.44269504088896338700e+00 + kRound;
  const double k = shifted - kRound;
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double p = 1.0 / 6227020800;
  p = p * r + 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 1.0 / 2;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const std::uint64_t power = (std::bit_cast<std::uint64_t>(shifted) + 1023ull) << 52;
  return p * std::bit_cast<double>(power);
}

}  // namespace quality
UMAPKIT_END
