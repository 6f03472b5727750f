// How far two rows are apart: one pair, or eight rows against thirty-two.
//
//   square     sum_k (a_k - b_k)^2            euclidean after a square root; half of it is cosine
//                                             on rows of length one (and correlation on centred)
//   manhattan  sum_k |a_k - b_k|
//   chebyshev  max_k |a_k - b_k|
//   hamming    number of k with a_k != b_k
//   dot        -sum_k a_k b_k
//
// These are *keys*: they order the neighbours; `finish` turns a key into the distance that leaves
// the kernels. Square is summed from differences, never as |a|^2 + |b|^2 - 2ab, so equal rows are
// at exactly 0.
//
// row_key sums in 64 lanes (four vectors) and one fixed tree: it is the reference, and every
// distance that leaves is computed by it. block_keys sums every pair one coordinate after the
// other, for eight rows against a panel of 32 transposed rows (panel[k * 32 + j] = row j,
// coordinate k): about seven times faster, within rounding of row_key, and symmetric to the bit.
// Both are O(d) a pair.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "umapkit/isa.hpp"
#include "umapkit/simd.hpp"
#if defined(__AVX512F__) || defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#endif

UMAPKIT_BEGIN

enum class Metric : int { square = 0, manhattan = 1, chebyshev = 2, hamming = 3, dot = 4 };

constexpr int kPanel = 32;  // columns of a panel
#if defined(__AVX512F__)
constexpr int kBlockRows = 8, kBlockVectors = 2;
#elif defined(__AVX2__)
constexpr int kBlockRows = 4, kBlockVectors = 1;
#else
constexpr int kBlockRows = 2, kBlockVectors = 1;
#endif

// One coordinate's share of a key, for sixteen pairs; `met` is a difference or a product.
template <Metric M>
UMAPKIT_INLINE F32x16 add_term(F32x16 sum_so_far, F32x16 met) {
  if constexpr (M == Metric::square) return sum_so_far + met * met;
  if constexpr (M == Metric::manhattan) return sum_so_far + abs(met);
  if constexpr (M == Metric::chebyshev) return max(sum_so_far, abs(met));
  if constexpr (M == Metric::hamming) return sum_so_far + differs(met, F32x16{});
  if constexpr (M == Metric::dot) return sum_so_far - met;
}

template <Metric M, class A>
UMAPKIT_INLINE F32x16 meet(A a, F32x16 b) {
  if constexpr (M == Metric::dot)
    return a * b;
  else
    return a - b;
}

template <Metric M>
UMAPKIT_INLINE F32x16 join_lanes(F32x16 a, F32x16 b) {
  if constexpr (M == Metric::chebyshev)
    return max(a, b);
  else
    return a + b;
}

template <Metric M>
UMAPKIT_INLINE float fold(F32x16 v) {
  if constexpr (M == Metric::chebyshev) {
    float best = 0.0f;
    for (int i = 0; i < kLanes; ++i) best = v[i] > best ? v[i] : best;
    return best;
  } else {
    return sum(v);
  }
}

// The key of one pair. A pair whose partial key passes `bound` may stop early; what is returned
// then is some number above `bound`. (A partial key never passes the whole one, except for dot,
// which is therefore never cut.)
template <Metric M>
inline float row_key(const float* a, const float* b, std::size_t d,
                     float bound = std::numeric_limits<float>::infinity()) {
  F32x16 s0{}, s1{}, s2{}, s3{};
  std::size_t k = 0;
  constexpr std::size_t kCheck = 256;
  while (k + 64 <= d) {
    const std::size_t stop = k + kCheck < d ? k + kCheck : d;
    for (; k + 64 <= stop; k += 64) {
      s0 = add_term<M>(s0, meet<M>(load(a + k), load(b + k)));
      s1 = add_term<M>(s1, meet<M>(load(a + k + 16), load(b + k + 16)));
      s2 = add_term<M>(s2, meet<M>(load(a + k + 32), load(b + k + 32)));
      s3 = add_term<M>(s3, meet<M>(load(a + k + 48), load(b + k + 48)));
    }
    if constexpr (M != Metric::dot) {
      if (k + 64 <= d) {
        const float so_far = fold<M>(join_lanes<M>(join_lanes<M>(s0, s1), join_lanes<M>(s2, s3)));
        if (so_far * 0.9999f > bound) return so_far;
      }
    }
  }
  if (k + 16 <= d) s0 = add_term<M>(s0, meet<M>(load(a + k), load(b + k))), k += 16;
  if (k + 16 <= d) s1 = add_term<M>(s1, meet<M>(load(a + k), load(b + k))), k += 16;
  if (k + 16 <= d) s2 = add_term<M>(s2, meet<M>(load(a + k), load(b + k))), k += 16;
  if (k < d) {
    const int rest = static_cast<int>(d - k);
    s3 = add_term<M>(s3, meet<M>(load_part(a + k, rest), load_part(b + k, rest)));
  }
  return fold<M>(join_lanes<M>(join_lanes<M>(s0, s1), join_lanes<M>(s2, s3)));
}

// The keys of four pairs (a, b[r]), to the bit those of row_key without a bound: the same sums, the
// last of them side by side.
template <Metric M>
inline void four_row_keys(const float* a, const float* const* b, std::size_t d, float* keys) {
  F32x16 s[4][4] = {};
  const auto add = [&](std::size_t k, int v) {
    const F32x16 mine = load(a + k);
    for (int r = 0; r < 4; ++r) s[r][v] = add_term<M>(s[r][v], meet<M>(mine, load(b[r] + k)));
  };
  std::size_t k = 0;
  for (; k + 64 <= d; k += 64)
    for (int v = 0; v < 4; ++v) add(k + static_cast<std::size_t>(v * kLanes), v);
  for (int v = 0; v < 3; ++v)
    if (k + kLanes <= d) add(k, v), k += kLanes;
  if (k < d) {
    const int rest = static_cast<int>(d - k);
    const F32x16 mine = load_part(a + k, rest);
    for (int r = 0; r < 4; ++r)
      s[r][3] = add_term<M>(s[r][3], meet<M>(mine, load_part(b[r] + k, rest)));
  }
  F32x16 all[4];
  for (int r = 0; r < 4; ++r)
    all[r] = join_lanes<M>(join_lanes<M>(s[r][0], s[r][1]), join_lanes<M>(s[r][2], s[r][3]));
  if constexpr (M == Metric::chebyshev) {
    for (int r = 0; r < 4; ++r) keys[r] = fold<M>(all[r]);
  } else {
    const F32x4 found = sums(all[0], all[1], all[2], all[3]);
    for (int r = 0; r < 4; ++r) keys[r] = found[r];
  }
}

// The distance of a key. `scale` multiplies (1/2 for cosine, 1/d for hamming); `offset` is added
// first and the result is at least 0 (the inner product's |q| R, see distances/_metrics.py). What
// overflowed on both sides, and is NaN, is infinite, lest it pass for 0.
UMAPKIT_INLINE float finish(float key, bool root, float scale, float offset) {
  float v = key + offset;
  v = v <= 0.0f ? 0.0f : v;
  if (v != v) v = std::numeric_limits<float>::infinity();
  return root ? std::sqrt(v) : v * scale;
}

#if defined(__AVX512F__)
// Sixteen vectors as the rows of a square, turned over.
UMAPKIT_INLINE void turn(F32x16* v) {
  // Each step exchanges the halves of ever smaller blocks between rows `step` apart.
#define UMAPKIT_TURN(step, A, B)                          \
  _Pragma("GCC unroll 16") for (int i = 0; i < 16; ++i) { \
    if ((i & step) != 0) continue;                        \
    const auto x = v[i].v, y = v[i + step].v;             \
    v[i].v = __builtin_shufflevector(x, y, A);            \
    v[i + step].v = __builtin_shufflevector(x, y, B);     \
  }
#define UMAPKIT_LIST(...) __VA_ARGS__
  UMAPKIT_TURN(8, UMAPKIT_LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
               UMAPKIT_LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
  UMAPKIT_TURN(4, UMAPKIT_LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
               UMAPKIT_LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
  UMAPKIT_TURN(2, UMAPKIT_LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
               UMAPKIT_LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  UMAPKIT_TURN(1, UMAPKIT_LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
               UMAPKIT_LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#undef UMAPKIT_TURN
#undef UMAPKIT_LIST
}
#endif

// Copies m <= 32 rows into a panel; columns from m on repeat row 0.
inline void fill_panel(const float* rows, std::size_t stride, std::size_t d,
                       const std::int32_t* ids, int m, float* panel) {
  const float* at[kPanel];
  for (int j = 0; j < kPanel; ++j)
    at[j] = rows + static_cast<std::size_t>(ids[j < m ? j : 0]) * stride;
  for (int half = 0; half < (m > kLanes ? 2 : 1); ++half) {
    const float* const* from = at + half * kLanes;
    float* to = panel + half * kLanes;
    std::size_t k = 0;
#if defined(__AVX512F__)
    for (; k + kLanes <= d; k += kLanes) {
      F32x16 v[kLanes];
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j) v[j] = load(from[j] + k);
      turn(v);
#pragma GCC unroll 16
      for (int j = 0; j < kLanes; ++j) store(to + (k + static_cast<std::size_t>(j)) * kPanel, v[j]);
    }
#endif
    for (; k < d; ++k)
      for (int j = 0; j < kLanes; ++j) to[k * kPanel + static_cast<std::size_t>(j)] = from[j][k];
  }
}

// NV vectors of columns, from column `first` on, of R rows.
template <Metric M, int R, int NV>
UMAPKIT_INLINE void block_part(const float* const* rows, const float* panel, std::size_t d,
                               int first, float* keys) {
  const float* p = panel + first;
  F32x16 acc[R][NV] = {};
  for (std::size_t k = 0; k < d; ++k, p += kPanel) {
    F32x16 b[NV];
#pragma GCC unroll 2
    for (int v = 0; v < NV; ++v) b[v] = load(p + v * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < R; ++i) {
      const float a = rows[i][k];
#pragma GCC unroll 2
      for (int v = 0; v < NV; ++v) acc[i][v] = add_term<M>(acc[i][v], meet<M>(a, b[v]));
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < R; ++i)
#pragma GCC unroll 2
    for (int v = 0; v < NV; ++v) store(keys + i * kPanel + first + v * kLanes, acc[i][v]);
}

template <Metric M, int NV>
UMAPKIT_INLINE void block_columns(const float* const* rows, int count, const float* panel,
                                  std::size_t d, int first, float* keys) {
  int i = 0;
  for (; i + kBlockRows <= count; i += kBlockRows)
    block_part<M, kBlockRows, NV>(rows + i, panel, d, first, keys + i * kPanel);
  for (; i < count; ++i) block_part<M, 1, NV>(rows + i, panel, d, first, keys + i * kPanel);
}

// keys[i * 32 + j] of `count` <= 8 rows against the first `columns` of a panel (16 or 32).
template <Metric M>
inline void block_keys(const float* const* rows, int count, const float* panel, std::size_t d,
                       int columns, float* keys) {
  if (columns == kPanel && kBlockVectors == 2) {
    block_columns<M, kBlockVectors>(rows, count, panel, d, 0, keys);
  } else {
    for (int first = 0; first < columns; first += kLanes)
      block_columns<M, 1>(rows, count, panel, d, first, keys);
  }
}

// Calls f(std::integral_constant<Metric, M>) for the metric that a number names.
template <class F>
UMAPKIT_INLINE void with_metric(int metric, F&& f) {
  switch (static_cast<Metric>(metric)) {
    case Metric::square: f.template operator()<Metric::square>(); break;
    case Metric::manhattan: f.template operator()<Metric::manhattan>(); break;
    case Metric::chebyshev: f.template operator()<Metric::chebyshev>(); break;
    case Metric::hamming: f.template operator()<Metric::hamming>(); break;
    case Metric::dot: f.template operator()<Metric::dot>(); break;
  }
}

UMAPKIT_END
