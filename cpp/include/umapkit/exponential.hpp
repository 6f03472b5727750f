// exp(x) for x <= 0 in double precision, eight lanes at a time, the same bits everywhere.
//
// exp(x) = 2^n exp(r), n = round(x / ln 2), r = x - n ln 2 in [-ln2/2, ln2/2], and exp(r) by its
// Taylor polynomial of degree 13 (remainder below 1e-17). x is clamped at -708, where exp is
// 3e-308, so there are no denormals. The C library's exp is not used: it takes other roads on
// other processors, and one lane at a time. Error below 4e-16 relative (tested against NumPy).
#pragma once
#include <cstdint>
#include <cstring>

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

constexpr int kDoubles = 8;
typedef double F64x8 __attribute__((vector_size(64)));
typedef std::int64_t I64x8 __attribute__((vector_size(64)));

UMAPKIT_INLINE F64x8 load_doubles(const double* p) {
  F64x8 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Sum of the lanes, always in the same tree.
UMAPKIT_INLINE double sum_doubles(F64x8 v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

UMAPKIT_INLINE F64x8 exp_negative(F64x8 x) {
  constexpr double kLog2e = 1.4426950408889634074;
  constexpr double kLn2High = 6.93147180369123816490e-01;  // 33 bits: n * kLn2High is exact
  constexpr double kLn2Low = 1.90821492927058770002e-10;
  constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
  const F64x8 lowest = F64x8{} - 708.0;
  x = x < lowest ? lowest : x;
  const F64x8 shifted = x * kLog2e + kRound;
  const F64x8 n = shifted - kRound;
  const F64x8 r = (x - n * kLn2High) - n * kLn2Low;
  F64x8 p = F64x8{} + 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  I64x8 bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 1023) << 52;  // the low 12 bits of `shifted` hold n
  F64x8 scale;
  std::memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

UMAPKIT_END
