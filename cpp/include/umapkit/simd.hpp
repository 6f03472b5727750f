// Sixteen lanes on every machine.
//
// F32x16 holds sixteen floats in the widest registers of the instruction set: one of AVX-512, two
// of AVX2, four of SSE or NEON. The lanes, and the tree in which they are summed, are the same
// everywhere, so are the bits. Loads and stores take any alignment.
//
// Why not the compiler's own 64-byte vector everywhere: where the registers are narrower, gcc keeps
// such variables in memory, and every accumulator is written and read once a step (four to eight
// times slower, measured on AVX2 with gcc 12).
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "umapkit/isa.hpp"

#if defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

UMAPKIT_BEGIN

constexpr int kLanes = 16;
#if defined(__AVX512F__)
constexpr int kRegisterBytes = 64;
#elif defined(__AVX2__)
constexpr int kRegisterBytes = 32;
#else
constexpr int kRegisterBytes = 16;
#endif

// N lanes of T: one register, or two halves.
template <class T, int N, bool OneRegister = (N * static_cast<int>(sizeof(T)) <= kRegisterBytes)>
struct Pack {
  Pack<T, N / 2> low, high;
  T operator[](int lane) const {
    T all[N];
    std::memcpy(all, this, sizeof all);
    return all[lane];
  }
};

template <class T, int N>
struct Pack<T, N, true> {
  typedef T Register __attribute__((vector_size(N * sizeof(T))));
  Register v;
  T operator[](int lane) const { return v[lane]; }
};

using F32x16 = Pack<float, 16>;
using I32x16 = Pack<std::int32_t, 16>;
using U32x16 = Pack<std::uint32_t, 16>;

// Applies an operation register by register.
template <class To, class T, int N, class F>
UMAPKIT_INLINE Pack<To, N> each(const Pack<T, N>& a, F&& f) {
  if constexpr (N * static_cast<int>(sizeof(T)) <= kRegisterBytes)
    return {f(a.v)};
  else
    return {each<To>(a.low, f), each<To>(a.high, f)};
}

template <class To, class T, int N, class F>
UMAPKIT_INLINE Pack<To, N> each(const Pack<T, N>& a, const Pack<T, N>& b, F&& f) {
  if constexpr (N * static_cast<int>(sizeof(T)) <= kRegisterBytes)
    return {f(a.v, b.v)};
  else
    return {each<To>(a.low, b.low, f), each<To>(a.high, b.high, f)};
}

// f(lane) in every lane; lanes are compile-time numbers, so a gather becomes plain loads.
template <class T, int N, int First = 0, class F>
UMAPKIT_INLINE Pack<T, N> pick(F&& f) {
  if constexpr (N * static_cast<int>(sizeof(T)) <= kRegisterBytes) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((always_inline)) {
      return Pack<T, N>{
          typename Pack<T, N>::Register{static_cast<T>(f(First + static_cast<int>(I)))...}};
    }(std::make_index_sequence<N>{});
  } else {
    return {pick<T, N / 2, First>(f), pick<T, N / 2, First + N / 2>(f)};
  }
}

template <class T, int N>
UMAPKIT_INLINE Pack<T, N> load_pack(const T* p) {
  if constexpr (N * static_cast<int>(sizeof(T)) <= kRegisterBytes) {
    Pack<T, N> r;
    std::memcpy(&r.v, p, sizeof r.v);
    return r;
  } else {
    return {load_pack<T, N / 2>(p), load_pack<T, N / 2>(p + N / 2)};
  }
}

template <class T, int N>
UMAPKIT_INLINE void store(T* p, const Pack<T, N>& a) {
  if constexpr (N * static_cast<int>(sizeof(T)) <= kRegisterBytes) {
    std::memcpy(p, &a.v, sizeof a.v);
  } else {
    store(p, a.low);
    store(p + N / 2, a.high);
  }
}

template <class T, int N>
UMAPKIT_INLINE Pack<T, N> splat_pack(T x) {
  if constexpr (N * static_cast<int>(sizeof(T)) <= kRegisterBytes) {
    return {typename Pack<T, N>::Register{} + x};
  } else {
    const auto half = splat_pack<T, N / 2>(x);
    return {half, half};
  }
}

UMAPKIT_INLINE F32x16 splat(float x) { return splat_pack<float, 16>(x); }
UMAPKIT_INLINE F32x16 load(const float* p) { return load_pack<float, 16>(p); }

// The first `count` < 16 lanes from memory, the others `fill`.
UMAPKIT_INLINE F32x16 load_part(const float* p, int count, float fill = 0.0f) {
  float all[kLanes];
  for (float& lane : all) lane = fill;
  std::memcpy(all, p, static_cast<std::size_t>(count) * sizeof(float));
  return load(all);
}

#define UMAPKIT_OPERATOR(op)                                                              \
  template <class T, int N>                                                               \
  UMAPKIT_INLINE Pack<T, N> operator op(const Pack<T, N>& a, const Pack<T, N>& b) {       \
    return each<T>(a, b, [](auto x, auto y) { return x op y; });                          \
  }                                                                                       \
  template <class T, int N>                                                               \
  UMAPKIT_INLINE Pack<T, N> operator op(const Pack<T, N>& a, std::type_identity_t<T> b) { \
    return a op splat_pack<T, N>(b);                                                      \
  }                                                                                       \
  template <class T, int N>                                                               \
  UMAPKIT_INLINE Pack<T, N> operator op(std::type_identity_t<T> a, const Pack<T, N>& b) { \
    return splat_pack<T, N>(a) op b;                                                      \
  }                                                                                       \
  template <class T, int N, class B>                                                      \
  UMAPKIT_INLINE Pack<T, N>& operator op## = (Pack<T, N> & a, const B& b) {               \
    return a = a op b;                                                                    \
  }
UMAPKIT_OPERATOR(+)
UMAPKIT_OPERATOR(-)
UMAPKIT_OPERATOR(*)
UMAPKIT_OPERATOR(/)
UMAPKIT_OPERATOR(&)
UMAPKIT_OPERATOR(^)
#undef UMAPKIT_OPERATOR

template <class T, int N>
UMAPKIT_INLINE Pack<T, N> operator<<(const Pack<T, N>& a, int bits) {
  return each<T>(a, [bits](auto x) { return x << bits; });
}

template <class T, int N>
UMAPKIT_INLINE Pack<T, N> operator>>(const Pack<T, N>& a, int bits) {
  return each<T>(a, [bits](auto x) { return x >> bits; });
}

// The same bits read as another type.
template <class To, class T, int N>
UMAPKIT_INLINE Pack<To, N> bits_as(const Pack<T, N>& a) {
  return each<To>(a, [](auto x) {
    typename Pack<To, sizeof(x) / sizeof(To), true>::Register y;
    std::memcpy(&y, &x, sizeof y);
    return y;
  });
}

template <int N>
UMAPKIT_INLINE Pack<std::int32_t, N> bits_of(const Pack<float, N>& v) {
  return bits_as<std::int32_t>(v);
}
template <int N>
UMAPKIT_INLINE Pack<float, N> float_of(const Pack<std::int32_t, N>& v) {
  return bits_as<float>(v);
}

// The numbers as floats.
template <int N>
UMAPKIT_INLINE Pack<float, N> to_float(const Pack<std::int32_t, N>& v) {
  return each<float>(v, [](auto x) {
    return __builtin_convertvector(
        x, typename Pack<float, sizeof(x) / sizeof(std::int32_t), true>::Register);
  });
}

// x < y ? x : y and x > y ? x : y. The instructions by name: gcc 12 makes a comparison and a blend
// of the expression, though minps and maxps are exactly that (the second where one is NaN).
#if defined(__AVX512F__)
UMAPKIT_INLINE auto lesser(Pack<float, 16>::Register x, Pack<float, 16>::Register y) {
  return (Pack<float, 16>::Register)_mm512_min_ps((__m512)x, (__m512)y);
}
UMAPKIT_INLINE auto larger(Pack<float, 16>::Register x, Pack<float, 16>::Register y) {
  return (Pack<float, 16>::Register)_mm512_max_ps((__m512)x, (__m512)y);
}
#elif defined(__AVX2__)
UMAPKIT_INLINE auto lesser(Pack<float, 8>::Register x, Pack<float, 8>::Register y) {
  return (Pack<float, 8>::Register)_mm256_min_ps((__m256)x, (__m256)y);
}
UMAPKIT_INLINE auto larger(Pack<float, 8>::Register x, Pack<float, 8>::Register y) {
  return (Pack<float, 8>::Register)_mm256_max_ps((__m256)x, (__m256)y);
}
#elif defined(__SSE2__)
UMAPKIT_INLINE auto lesser(Pack<float, 4>::Register x, Pack<float, 4>::Register y) {
  return (Pack<float, 4>::Register)_mm_min_ps((__m128)x, (__m128)y);
}
UMAPKIT_INLINE auto larger(Pack<float, 4>::Register x, Pack<float, 4>::Register y) {
  return (Pack<float, 4>::Register)_mm_max_ps((__m128)x, (__m128)y);
}
#else
UMAPKIT_INLINE auto lesser(Pack<float, 4>::Register x, Pack<float, 4>::Register y) {
  return x < y ? x : y;
}
UMAPKIT_INLINE auto larger(Pack<float, 4>::Register x, Pack<float, 4>::Register y) {
  return x > y ? x : y;
}
#endif

template <class T, int N>
UMAPKIT_INLINE Pack<T, N> min(const Pack<T, N>& a, const Pack<T, N>& b) {
  return each<T>(a, b, [](auto x, auto y) {
    if constexpr (std::is_same_v<T, float>)
      return lesser(x, y);
    else
      return x < y ? x : y;
  });
}

template <class T, int N>
UMAPKIT_INLINE Pack<T, N> max(const Pack<T, N>& a, const Pack<T, N>& b) {
  return each<T>(a, b, [](auto x, auto y) {
    if constexpr (std::is_same_v<T, float>)
      return larger(x, y);
    else
      return x > y ? x : y;
  });
}

template <int N>
UMAPKIT_INLINE Pack<float, N> clamp(const Pack<float, N>& v, float bound) {
  return min(max(v, splat_pack<float, N>(-bound)), splat_pack<float, N>(bound));
}

UMAPKIT_INLINE F32x16 abs(const F32x16& v) { return float_of(bits_of(v) & 0x7FFFFFFF); }

// 1 where the lanes differ (or one is NaN), else 0.
UMAPKIT_INLINE F32x16 differs(const F32x16& a, const F32x16& b) {
  return each<float>(a, b, [](auto x, auto y) {
    const decltype(x) zero = {};
    return x != y ? zero + 1.0f : zero;
  });
}

// 1 where a > b, else 0.
UMAPKIT_INLINE F32x16 greater(const F32x16& a, const F32x16& b) {
  return each<float>(a, b, [](auto x, auto y) {
    const decltype(x) zero = {};
    return x > y ? zero + 1.0f : zero;
  });
}

// Bit i is set where the comparison holds in lane i; never with NaN.
#if defined(__AVX512F__)
#define UMAPKIT_MASK(name, op, number)                                  \
  UMAPKIT_INLINE std::uint32_t name(const F32x16& a, const F32x16& b) { \
    return _mm512_cmp_ps_mask((__m512)a.v, (__m512)b.v, number);        \
  }
#elif defined(__AVX2__)
#define UMAPKIT_MASK(name, op, number)                                      \
  UMAPKIT_INLINE std::uint32_t name(const F32x16& a, const F32x16& b) {     \
    const auto half = [](auto x, auto y) {                                  \
      return static_cast<std::uint32_t>(                                    \
          _mm256_movemask_ps(_mm256_cmp_ps((__m256)x, (__m256)y, number))); \
    };                                                                      \
    return half(a.low.v, b.low.v) | half(a.high.v, b.high.v) << 8;          \
  }
#elif defined(__SSE2__)
#define UMAPKIT_MASK(name, op, number)                                                             \
  UMAPKIT_INLINE std::uint32_t name(const F32x16& a, const F32x16& b) {                            \
    const auto quarter = [](auto x, auto y) {                                                      \
      return static_cast<std::uint32_t>(_mm_movemask_ps((__m128)(x op y)));                        \
    };                                                                                             \
    return quarter(a.low.low.v, b.low.low.v) | quarter(a.low.high.v, b.low.high.v) << 4 |          \
           quarter(a.high.low.v, b.high.low.v) << 8 | quarter(a.high.high.v, b.high.high.v) << 12; \
  }
#else
#define UMAPKIT_MASK(name, op, number)                                                      \
  UMAPKIT_INLINE std::uint32_t name(const F32x16& a, const F32x16& b) {                     \
    std::uint32_t mask = 0;                                                                 \
    for (int i = 0; i < kLanes; ++i) mask |= static_cast<std::uint32_t>(a[i] op b[i]) << i; \
    return mask;                                                                            \
  }
#endif
UMAPKIT_MASK(no_more_mask, <=, _CMP_LE_OQ)
UMAPKIT_MASK(below_mask, <, _CMP_LT_OQ)
#undef UMAPKIT_MASK

typedef float F32x4 __attribute__((vector_size(16)));

// Rows of four floats, ids[0..15] of a table whose rows begin `stride` floats apart, turned over:
// lane l of out[c] is number c of row ids[l]. Sixteen loads of 16 bytes and some shuffles, where a
// gather of each column would load 64 times.
UMAPKIT_INLINE void turned_rows(const float* table, std::size_t stride, const std::int32_t* ids,
                                F32x16 out[4]) {
  const auto row = [&](int l) {
    F32x4 r;
    std::memcpy(&r, table + static_cast<std::size_t>(ids[l]) * stride, sizeof r);
    return r;
  };
#if defined(__AVX512F__)
  const auto rows = [&](int l) {  // rows l, l + 4, l + 8, l + 12
    __m512 all = _mm512_castps128_ps512((__m128)row(l));
    all = _mm512_insertf32x4(all, (__m128)row(l + 4), 1);
    all = _mm512_insertf32x4(all, (__m128)row(l + 8), 2);
    return _mm512_insertf32x4(all, (__m128)row(l + 12), 3);
  };
  const __m512 a = rows(0), b = rows(1), c = rows(2), d = rows(3);
  const __m512d ab = _mm512_castps_pd(_mm512_unpacklo_ps(a, b));
  const __m512d cd = _mm512_castps_pd(_mm512_unpacklo_ps(c, d));
  const __m512d ab_high = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
  const __m512d cd_high = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
  using Register = Pack<float, 16>::Register;
  out[0].v = (Register)_mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd));
  out[1].v = (Register)_mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd));
  out[2].v = (Register)_mm512_castpd_ps(_mm512_unpacklo_pd(ab_high, cd_high));
  out[3].v = (Register)_mm512_castpd_ps(_mm512_unpackhi_pd(ab_high, cd_high));
#elif defined(__AVX2__)
  const auto half = [&](int first, auto set) {
    const auto rows = [&](int l) {
      return _mm256_insertf128_ps(_mm256_castps128_ps256((__m128)row(l)), (__m128)row(l + 4), 1);
    };
    const __m256 a = rows(first), b = rows(first + 1), c = rows(first + 2), d = rows(first + 3);
    const __m256d ab = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
    const __m256d cd = _mm256_castps_pd(_mm256_unpacklo_ps(c, d));
    const __m256d ab_high = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
    const __m256d cd_high = _mm256_castps_pd(_mm256_unpackhi_ps(c, d));
    using Register = Pack<float, 8>::Register;
    set(0, (Register)_mm256_castpd_ps(_mm256_unpacklo_pd(ab, cd)));
    set(1, (Register)_mm256_castpd_ps(_mm256_unpackhi_pd(ab, cd)));
    set(2, (Register)_mm256_castpd_ps(_mm256_unpacklo_pd(ab_high, cd_high)));
    set(3, (Register)_mm256_castpd_ps(_mm256_unpackhi_pd(ab_high, cd_high)));
  };
  half(0, [&](int c, auto v) { out[c].low.v = v; });
  half(8, [&](int c, auto v) { out[c].high.v = v; });
#elif defined(__SSE2__)
  const auto quarter = [&](int first, auto set) {
    __m128 a = (__m128)row(first), b = (__m128)row(first + 1);
    __m128 c = (__m128)row(first + 2), d = (__m128)row(first + 3);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    using Register = Pack<float, 4>::Register;
    set(0, (Register)a);
    set(1, (Register)b);
    set(2, (Register)c);
    set(3, (Register)d);
  };
  quarter(0, [&](int c, auto v) { out[c].low.low.v = v; });
  quarter(4, [&](int c, auto v) { out[c].low.high.v = v; });
  quarter(8, [&](int c, auto v) { out[c].high.low.v = v; });
  quarter(12, [&](int c, auto v) { out[c].high.high.v = v; });
#else
  for (int c = 0; c < 4; ++c)
    out[c] = pick<float, kLanes>(
        [&](int l) { return table[static_cast<std::size_t>(ids[l]) * stride + c]; });
#endif
}

// Pairs of floats, ids[0..15] of a table of pairs: lane l of `first` and `second` is the pair
// ids[l]. Sixteen loads of 8 bytes.
UMAPKIT_INLINE void turned_pairs(const float* table, const std::int32_t* ids, F32x16& first,
                                 F32x16& second) {
#if defined(__SSE2__)
  const auto two = [&](int l) {  // pairs l and l + 1
    double low, high;
    std::memcpy(&low, table + 2 * static_cast<std::size_t>(ids[l]), sizeof low);
    std::memcpy(&high, table + 2 * static_cast<std::size_t>(ids[l + 1]), sizeof high);
    return _mm_castpd_ps(_mm_loadh_pd(_mm_set_sd(low), &high));
  };
#if defined(__AVX512F__)
  const auto eight = [&](int l) {  // pairs l, l + 1, l + 4, l + 5, ...
    __m512 all = _mm512_castps128_ps512(two(l));
    all = _mm512_insertf32x4(all, two(l + 4), 1);
    all = _mm512_insertf32x4(all, two(l + 8), 2);
    return _mm512_insertf32x4(all, two(l + 12), 3);
  };
  const __m512 a = eight(0), b = eight(2);
  first.v = (Pack<float, 16>::Register)_mm512_shuffle_ps(a, b, 0x88);
  second.v = (Pack<float, 16>::Register)_mm512_shuffle_ps(a, b, 0xDD);
#elif defined(__AVX2__)
  const auto half = [&](int l, auto& x, auto& y) {
    const __m256 a = _mm256_insertf128_ps(_mm256_castps128_ps256(two(l)), two(l + 4), 1);
    const __m256 b = _mm256_insertf128_ps(_mm256_castps128_ps256(two(l + 2)), two(l + 6), 1);
    x.v = (Pack<float, 8>::Register)_mm256_shuffle_ps(a, b, 0x88);
    y.v = (Pack<float, 8>::Register)_mm256_shuffle_ps(a, b, 0xDD);
  };
  half(0, first.low, second.low);
  half(8, first.high, second.high);
#else
  const auto quarter = [&](int l, auto& x, auto& y) {
    const __m128 a = two(l), b = two(l + 2);
    x.v = (Pack<float, 4>::Register)_mm_shuffle_ps(a, b, 0x88);
    y.v = (Pack<float, 4>::Register)_mm_shuffle_ps(a, b, 0xDD);
  };
  quarter(0, first.low.low, second.low.low);
  quarter(4, first.low.high, second.low.high);
  quarter(8, first.high.low, second.high.low);
  quarter(12, first.high.high, second.high.high);
#endif
#else
  const auto column = [&](std::size_t c) {
    return pick<float, kLanes>(
        [&](int l) { return table[2 * static_cast<std::size_t>(ids[l]) + c]; });
  };
  first = column(0);
  second = column(1);
#endif
}

// The first two levels of the tree in which lanes are summed: halves upon halves.
template <int N>
UMAPKIT_INLINE F32x4 quarter_sums(const Pack<float, N>& a) {
  typedef float F32x8 __attribute__((vector_size(32)));
  if constexpr (kRegisterBytes == 16) {
    return (a.low.low.v + a.high.low.v) + (a.low.high.v + a.high.high.v);
  } else {
    F32x8 b;
    if constexpr (kRegisterBytes == 64) {
      F32x8 halves[2];
      std::memcpy(halves, &a, sizeof a);
      b = halves[0] + halves[1];
    } else {
      b = a.low.v + a.high.v;
    }
    F32x4 quarters[2];
    std::memcpy(quarters, &b, sizeof b);
    return quarters[0] + quarters[1];
  }
}

// Sum of the lanes, always in the same tree: halves upon halves, then (0 + 2) + (1 + 3).
UMAPKIT_INLINE float sum(const F32x16& a) {
  const F32x4 d = quarter_sums(a);
  return (d[0] + d[2]) + (d[1] + d[3]);
}

// The sums of four vectors, each in that tree, for less than the price of two.
UMAPKIT_INLINE F32x4 sums(const F32x16& a, const F32x16& b, const F32x16& c, const F32x16& d) {
  const F32x4 p = quarter_sums(a), q = quarter_sums(b), r = quarter_sums(c), s = quarter_sums(d);
  const F32x4 pq_low = __builtin_shufflevector(p, q, 0, 4, 1, 5);   // p0 q0 p1 q1
  const F32x4 pq_high = __builtin_shufflevector(p, q, 2, 6, 3, 7);  // p2 q2 p3 q3
  const F32x4 rs_low = __builtin_shufflevector(r, s, 0, 4, 1, 5);
  const F32x4 rs_high = __builtin_shufflevector(r, s, 2, 6, 3, 7);
  const F32x4 pq = pq_low + pq_high;  // p0 + p2, q0 + q2, p1 + p3, q1 + q3
  const F32x4 rs = rs_low + rs_high;
  return __builtin_shufflevector(pq, rs, 0, 1, 4, 5) + __builtin_shufflevector(pq, rs, 2, 3, 6, 7);
}

UMAPKIT_END
