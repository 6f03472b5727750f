// A narrow space for wide rows.
//
//   y = V^T (x - mu),  r^2 = |x - mu|^2 - |y|^2
//
// V (d x p, orthonormal columns) spans nearly the top p principal axes of a sample; r is what the
// axes do not see. In the narrow space the key of a pair is
//
//   |y - y'|^2 + r^2 + r'^2 - r r'  =  |(y, r/sqrt2) - (y', r'/sqrt2)|^2 + r^2/2 + r'^2/2,
//
// an estimate of the true squared distance that takes the unseen parts to lie at 60 degrees (the
// bound |r - r'|^2 would be 0 degrees, independence 90): measured on images it orders neighbours
// better than either. So a narrow row z is p axes and one coordinate r/sqrt2, with a height r^2/2.
// Half of the same key is |x - mu|^2/2 + |x' - mu|^2/2 - z.z', an inner product with heights
// |x - mu|^2/2: half the work, but rounding grows with |x - mu|^2, so it is only for data whose
// neighbours are not very much nearer than its extent (neighbors/_descent.py decides).
//
// The axes are found by block power iteration, V <- orthonormal(S^T S V), on a centred sample S
// (Halko, Martinsson, Tropp: Finding structure with randomness, SIAM Review 2011), and one
// Rayleigh-Ritz step. Every sum has a fixed order, whatever the threads: BLAS would not.
// O(m d p) an iteration, O(n d p) to project. Approximate: the axes, not the projection.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "umapkit/isa.hpp"
#include "umapkit/jacobi.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

#if defined(__AVX512F__)
constexpr int kProductRows = 8, kProductVectors = 2;
#elif defined(__AVX2__)
constexpr int kProductRows = 4, kProductVectors = 1;
#else
constexpr int kProductRows = 2, kProductVectors = 1;
#endif

template <int R, int NV>
UMAPKIT_INLINE void product_part(const float* const* a, std::size_t d, const float* b,
                                 std::size_t p, float* out, std::size_t out_stride) {
  F32x16 acc[R][NV] = {};
  for (std::size_t k = 0; k < d; ++k) {
    F32x16 col[NV];
#pragma GCC unroll 2
    for (int v = 0; v < NV; ++v) col[v] = load(b + k * p + static_cast<std::size_t>(v * kLanes));
#pragma GCC unroll 8
    for (int i = 0; i < R; ++i) {
      const float x = a[i][k];
#pragma GCC unroll 2
      for (int v = 0; v < NV; ++v) acc[i][v] += x * col[v];
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < R; ++i)
#pragma GCC unroll 2
    for (int v = 0; v < NV; ++v)
      store(out + static_cast<std::size_t>(i) * out_stride + v * kLanes, acc[i][v]);
}

// out[i, :] = sum_k a[i][k] b[k, :] for up to 8 rows; p a multiple of 16. Every element is summed
// in the order of k, so a row's product does not depend on the other rows.
inline void product_rows(const float* const* a, int count, std::size_t d, const float* b,
                         std::size_t p, float* out, std::size_t out_stride) {
  constexpr std::size_t wide = static_cast<std::size_t>(kProductVectors) * kLanes;
  std::size_t c = 0;
  auto rows = [&](auto vectors) {
    constexpr int NV = decltype(vectors)::value;
    int i = 0;
    for (; i + kProductRows <= count; i += kProductRows)
      product_part<kProductRows, NV>(a + i, d, b + c, p, out + i * out_stride + c, out_stride);
    for (; i < count; ++i)
      product_part<1, NV>(a + i, d, b + c, p, out + i * out_stride + c, out_stride);
  };
  for (; c + wide <= p; c += wide) rows(std::integral_constant<int, kProductVectors>{});
  for (; c < p; c += kLanes) rows(std::integral_constant<int, 1>{});
}

inline void product(const float* a, std::size_t n, std::size_t d, const float* b, std::size_t p,
                    float* out, int n_threads) {
  for_blocks(n, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; i += 8) {
      const int count = static_cast<int>(std::min<std::size_t>(8, end - i));
      const float* rows[8];
      for (int r = 0; r < count; ++r) rows[r] = a + (i + r) * d;
      product_rows(rows, count, d, b, p, out + i * p, p);
    }
  });
}

// Rows of v (p x d) made orthonormal by Gram and Schmidt's method, twice over; a row that
// vanishes becomes 0.
inline void orthonormalise(float* v, std::size_t p, std::size_t d) {
  auto dot = [d](const float* a, const float* b) {
    double lanes[8] = {};
    std::size_t k = 0;
    for (; k + 8 <= d; k += 8)
      for (int l = 0; l < 8; ++l)
        lanes[l] += static_cast<double>(a[k + l]) * static_cast<double>(b[k + l]);
    double rest = 0.0;
    for (; k < d; ++k) rest += static_cast<double>(a[k]) * static_cast<double>(b[k]);
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) +
           ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7])) + rest;
  };
  for (std::size_t i = 0; i < p; ++i) {
    float* a = v + i * d;
    const double before = std::sqrt(dot(a, a));
    for (int round = 0; round < 2; ++round)
      for (std::size_t j = 0; j < i; ++j) {
        const float* b = v + j * d;
        const float share = static_cast<float>(dot(a, b));
        for (std::size_t k = 0; k < d; ++k) a[k] -= share * b[k];
      }
    const double length = std::sqrt(dot(a, a));
    const float scale = length > 1e-5 * before ? static_cast<float>(1.0 / length) : 0.0f;
    for (std::size_t k = 0; k < d; ++k) a[k] *= scale;
  }
}

inline void transpose(const float* a, std::size_t n, std::size_t d, float* out) {
  constexpr std::size_t tile = 32;
  for (std::size_t i = 0; i < n; i += tile)
    for (std::size_t k = 0; k < d; k += tile)
      for (std::size_t ii = i; ii < std::min(n, i + tile); ++ii)
        for (std::size_t kk = k; kk < std::min(d, k + tile); ++kk)
          out[kk * n + ii] = a[ii * d + kk];
}

// sample: m x d, centred. axes: d x p, p a multiple of 16, holding a start (hashed normals) on the
// way in and the axes, largest variance first, on the way out; values: p variances (sums of
// squares over the sample).
inline void principal_axes(const float* sample, std::size_t m, std::size_t d, std::size_t p,
                           int iterations, float* axes, float* values, int n_threads) {
  std::vector<float> across(m * d), seen(m * p), turned(p * d), product_out(d * p);
  transpose(sample, m, d, across.data());
  transpose(axes, d, p, turned.data());
  orthonormalise(turned.data(), p, d);
  transpose(turned.data(), p, d, axes);
  for (int it = 0; it < iterations; ++it) {
    product(sample, m, d, axes, p, seen.data(), n_threads);
    product(across.data(), d, m, seen.data(), p, product_out.data(), n_threads);
    transpose(product_out.data(), d, p, turned.data());
    orthonormalise(turned.data(), p, d);
    transpose(turned.data(), p, d, axes);
  }
  product(sample, m, d, axes, p, seen.data(), n_threads);
  std::vector<float> seen_across(p * m), gram(p * p);
  transpose(seen.data(), m, p, seen_across.data());
  product(seen_across.data(), p, m, seen.data(), p, gram.data(), n_threads);
  std::vector<double> g(p * p), vectors, lambda;
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < p; ++j)
      g[i * p + j] =
          0.5 * (static_cast<double>(gram[i * p + j]) + static_cast<double>(gram[j * p + i]));
  jacobi(g, p, vectors, lambda);
  std::vector<float> mix(p * p);
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < p; ++j) mix[j * p + i] = static_cast<float>(vectors[i * p + j]);
  std::copy_n(axes, d * p, product_out.data());
  product(product_out.data(), d, p, mix.data(), p, axes, n_threads);
  for (std::size_t i = 0; i < p; ++i) values[i] = static_cast<float>(std::max(lambda[i], 0.0));
}

// out: n x p narrow rows y; squares[i] = |x_i - mu|^2.
inline void project(const float* rows, std::size_t n, std::size_t d, const float* mean,
                    const float* axes, std::size_t p, float* out, float* squares, int n_threads) {
  for_blocks(n, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> centred(8 * d);
    for (std::size_t i = begin; i < end; i += 8) {
      const int count = static_cast<int>(std::min<std::size_t>(8, end - i));
      const float* at[8];
      for (int r = 0; r < count; ++r) {
        const float* x = rows + (i + r) * d;
        float* c = &centred[static_cast<std::size_t>(r) * d];
        at[r] = c;
        F32x16 total{};
        std::size_t k = 0;
        for (; k + kLanes <= d; k += kLanes) {
          const F32x16 v = load(x + k) - load(mean + k);
          store(c + k, v);
          total += v * v;
        }
        float rest = 0.0f;
        for (; k < d; ++k) {
          c[k] = x[k] - mean[k];
          rest += c[k] * c[k];
        }
        squares[i + r] = sum(total) + rest;
      }
      product_rows(at, count, d, axes, p, out + i * p, p);
    }
  });
}

// Narrow rows from projected ones: `width` numbers a row (width - 1 axes and r / sqrt2), and
// heights, r^2 / 2 or, for inner products, |x - mu|^2 / 2; the rows taken in the given order.
inline void narrow(const float* projected, const float* squares, std::size_t n, std::size_t p,
                   const std::int32_t* order, std::size_t width, bool products, float* out,
                   float* heights, int n_threads) {
  for_blocks(n, 512, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t from = order == nullptr ? i : static_cast<std::size_t>(order[i]);
      const float* y = projected + from * p;
      float* to = out + i * width;
      float seen = 0.0f;
      for (std::size_t k = 0; k + 1 < width; ++k) {
        to[k] = y[k];
        seen += y[k] * y[k];
      }
      const float unseen = std::max(squares[from] - seen, 0.0f);
      to[width - 1] = std::sqrt(0.5f * unseen);
      heights[i] = 0.5f * (products ? squares[from] : unseen);
    }
  });
}

// Rows for the angle metrics: optionally centred, then of length one, with one more coordinate
// that is 1 for rows without direction (all zero; constant, when centred) and 0 for the others, so
// that such a row is at squared distance 2 (cosine distance 1) from the others and 0 from its like.
inline void direct_rows(const float* rows, std::size_t n, std::size_t d, bool centre, float* out,
                        int n_threads) {
  for_blocks(n, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const float* x = rows + i * d;
      float* to = out + i * (d + 1);
      double mean = 0.0;
      bool flat = true;
      if (centre) {
        for (std::size_t k = 0; k < d; ++k) mean += static_cast<double>(x[k]);
        mean /= static_cast<double>(d);
        for (std::size_t k = 0; k < d; ++k) flat = flat && x[k] == x[0];
      } else {
        for (std::size_t k = 0; k < d; ++k) flat = flat && x[k] == 0.0f;
      }
      double lanes[4] = {};
      for (std::size_t k = 0; k < d; ++k) {
        const double v = static_cast<double>(x[k]) - mean;
        lanes[k & 3] += v * v;
      }
      const double length = std::sqrt((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]));
      flat = flat || !(length > 0.0);
      for (std::size_t k = 0; k < d; ++k)
        to[k] = flat ? 0.0f : static_cast<float>((static_cast<double>(x[k]) - mean) / length);
      to[d] = flat ? 1.0f : 0.0f;
    }
  });
}

UMAPKIT_END
