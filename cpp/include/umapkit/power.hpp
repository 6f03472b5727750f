// log2, exp2 and x^b for many lanes, by our own polynomials: the same bits on every machine
// and compiler, which the system's libm does not promise.
//
// log2(x): x = 2^k (1 + t), sqrt(1/2) <= 1 + t < sqrt(2); log2(x) = k + t P(t), P of degree 6
//          fitted by reweighted least squares; absolute error <= 3.1e-7 before rounding.
// exp2(y): y = k + f, |f| <= 1/2; 2^y = 2^k Q(f), Q of degree 5; relative error <= 7.5e-8 before
//          rounding. y is clamped to [-126, 126].
// power(x, b) = exp2(b log2(x)), x > 0 and normal.
#pragma once
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

template <int N>
UMAPKIT_INLINE Pack<float, N> log2_of(Pack<float, N> x) {
  const auto bits = bits_of(x);
  const auto k = (bits - 0x3F3504F3) >> 23;
  const auto t = float_of(bits - (k << 23)) - 1.0f;
  auto p = splat_pack<float, N>(0.170634344220161438f);
  p = p * t - 0.272697895765304565f;
  p = p * t + 0.297262609004974365f;
  p = p * t - 0.358961850404739380f;
  p = p * t + 0.480465024709701538f;
  p = p * t - 0.721375882625579834f;
  p = p * t + 1.442699670791625977f;
  return to_float(k) + t * p;
}

template <int N>
UMAPKIT_INLINE Pack<float, N> exp2_of(Pack<float, N> y) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  y = clamp(y, 126.0f);
  const auto shifted = y + kRound;
  const auto k = bits_of(shifted) - 0x4B400000;
  const auto f = y - (shifted - kRound);
  auto q = splat_pack<float, N>(0.00132764712907373905f);
  q = q * f + 0.00967554096132516861f;
  q = q * f + 0.0555071309208869934f;
  q = q * f + 0.240221202373504639f;
  q = q * f + 0.693146944046020508f;
  q = q * f + 1.00000011920928955f;
  return float_of(bits_of(q) + (k << 23));
}

template <int N>
UMAPKIT_INLINE Pack<float, N> power(Pack<float, N> x, float b) {
  return exp2_of(log2_of(x) * b);
}

UMAPKIT_END
