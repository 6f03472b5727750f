// Logarithm and exponential of eight doubles, the same bits on every machine.
//
//   log x = e ln 2 + 2 atanh(s), x = 2^e m, sqrt(1/2) <= m < sqrt(2), s = (m - 1) / (m + 1),
//   exp x = 2^k exp(r), k = round(x / ln 2), |r| <= ln(2) / 2
//
// atanh by its series to s^23 (|s| <= 0.172), exp by its series to r^13: both truncate below
// 1e-17; errors of a few units in the last place come from rounding. ln 2 is split in two as in
// Tang: Table-driven implementation of the exponential function, ACM TOMS 15, 1989.
// Domain: log for normal positive x; exp for |x| <= 700 (the caller clamps).
#pragma once
#include <cstdint>
#include <cstring>

#include "umapkit/row_tiles.hpp"

UMAPKIT_BEGIN
namespace quality {

typedef std::int64_t I64x8 __attribute__((vector_size(64)));
typedef std::uint64_t U64x8 __attribute__((vector_size(64)));

UMAPKIT_INLINE F64x8 splat_wide(double x) { return F64x8{} + x; }
UMAPKIT_INLINE U64x8 wide_bits(F64x8 v) {
  U64x8 r;
  std::memcpy(&r, &v, sizeof r);
  return r;
}
UMAPKIT_INLINE F64x8 wide_of(U64x8 v) {
  F64x8 r;
  std::memcpy(&r, &v, sizeof r);
  return r;
}

constexpr double kLn2High = 6.93147180369123816490e-01, kLn2Low = 1.90821492927058770002e-10;

UMAPKIT_INLINE F64x8 wide_log(F64x8 x) {
  constexpr std::uint64_t kOne = 0x3FF0000000000000ull, kRootHalf = 0x3FE6A09E667F3BCDull;
  const U64x8 bits = wide_bits(x) + (kOne - kRootHalf);
  const U64x8 biased = bits >> 52;
  const F64x8 e = wide_of(biased | 0x4330000000000000ull) - (0x1p52 + 1023.0);
  const F64x8 m = wide_of((bits & 0x000FFFFFFFFFFFFFull) + kRootHalf);
  const F64x8 s = (m - 1.0) / (m + 1.0);
  const F64x8 z = s * s;
  F64x8 p = splat_wide(2.0 / 23.0);
  for (int k = 21; k >= 3; k -= 2) p = p * z + 2.0 / k;
  return e * kLn2High + (2.0 * s + (s * z * p + e * kLn2Low));
}

UMAPKIT_INLINE F64x8 wide_exp(F64x8 x) {
  constexpr double kRound = 0x1.8p52;
  const F64x8 shifted = x * 1.44269504088896338700e+00 + kRound;
  const F64x8 k = shifted - kRound;
  const F64x8 r = (x - k * kLn2High) - k * kLn2Low;
  F64x8 p = splat_wide(1.0 / 6227020800.0);
  constexpr double kFactorials[] = {479001600.0, 39916800.0, 3628800.0, 362880.0, 40320.0, 5040.0,
                                    720.0,       120.0,      24.0,      6.0,      2.0,     1.0,
                                    1.0};
  for (const double factorial : kFactorials) p = p * r + 1.0 / factorial;
  const U64x8 power = (wide_bits(shifted) + 1023ull) << 52;
  return p * wide_of(power);
}

}  // namespace quality
UMAPKIT_END
