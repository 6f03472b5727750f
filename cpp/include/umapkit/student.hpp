// The similarity of two places of a map, with heavier or lighter tails.
//
//   w(s) = (1 + s / a)^(-a),  s = |y_i - y_j|^2,   e(s) = 1 / (1 + s / a)
//   -1/2 dw/dy_i = w e (y_i - y_j)
//
// a: degrees of freedom; 1 is t-SNE's Cauchy kernel (van der Maaten, Hinton 2008), below 1 tails
// are heavier (Kobak, Linderman, Steinerberger, Kluger, Berens: Heavy-tailed kernels reveal a finer
// cluster structure in t-SNE visualisations, 2019). For a = 1 no power is taken.
#pragma once
#include "umapkit/power.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN
namespace tsne {

struct Student {
  float a, inverse;
  bool plain;

  explicit Student(float freedom) : a(freedom), inverse(1.0f / freedom), plain(freedom == 1.0f) {}

  UMAPKIT_INLINE F32x16 closeness(const F32x16& s) const {  // e
    return plain ? 1.0f / (1.0f + s) : 1.0f / (1.0f + s * inverse);
  }
  UMAPKIT_INLINE F32x16 similarity(const F32x16& e) const {  // w of e
    return plain ? e : power(max(e, splat(1e-37f)), a);
  }
  // -log2 w
  UMAPKIT_INLINE F32x16 cost(const F32x16& s) const { return a * log2_of(1.0f + s * inverse); }
};

}  // namespace tsne
UMAPKIT_END
