// Sixteen float lanes on every machine.
//
// F32x16 is a vector type of the compiler (gcc and clang): one AVX-512 register, two AVX2, four
// SSE or NEON. The lanes, and the tree in which they are summed, are the same everywhere, so are
// the bits. Loads and stores take any alignment.
#pragma once
#include <cstdint>
#include <cstring>

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

constexpr int kLanes = 16;
typedef float F32x16 __attribute__((vector_size(64)));
typedef std::int32_t I32x16 __attribute__((vector_size(64)));
typedef std::uint32_t U32x16 __attribute__((vector_size(64)));

UMAPKIT_INLINE F32x16 splat(float x) { return F32x16{} + x; }

UMAPKIT_INLINE F32x16 load(const float* p) {
  F32x16 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

UMAPKIT_INLINE void store(float* p, F32x16 v) { std::memcpy(p, &v, sizeof v); }

// The first `count` < 16 lanes from memory, the others `fill`.
UMAPKIT_INLINE F32x16 load_part(const float* p, int count, float fill = 0.0f) {
  F32x16 v = splat(fill);
  std::memcpy(&v, p, static_cast<std::size_t>(count) * sizeof(float));
  return v;
}

UMAPKIT_INLINE I32x16 bits_of(F32x16 v) {
  I32x16 r;
  std::memcpy(&r, &v, sizeof r);
  return r;
}

UMAPKIT_INLINE F32x16 float_of(I32x16 v) {
  F32x16 r;
  std::memcpy(&r, &v, sizeof r);
  return r;
}

UMAPKIT_INLINE F32x16 select(I32x16 mask, F32x16 yes, F32x16 no) { return mask ? yes : no; }
UMAPKIT_INLINE F32x16 min(F32x16 a, F32x16 b) { return a < b ? a : b; }
UMAPKIT_INLINE F32x16 max(F32x16 a, F32x16 b) { return a > b ? a : b; }
UMAPKIT_INLINE F32x16 clamp(F32x16 v, float bound) {
  return min(max(v, splat(-bound)), splat(bound));
}
UMAPKIT_INLINE F32x16 abs(F32x16 v) { return float_of(bits_of(v) & 0x7FFFFFFF); }

// Sum of the lanes, always in the same tree.
UMAPKIT_INLINE float sum(F32x16 v) {
  typedef float F32x8 __attribute__((vector_size(32)));
  typedef float F32x4 __attribute__((vector_size(16)));
  F32x8 a[2];
  std::memcpy(a, &v, sizeof v);
  F32x8 b = a[0] + a[1];
  F32x4 c[2];
  std::memcpy(c, &b, sizeof b);
  const F32x4 d = c[0] + c[1];
  return (d[0] + d[2]) + (d[1] + d[3]);
}

UMAPKIT_END
