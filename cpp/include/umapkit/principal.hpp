// Principal axes of all rows, the same bits on every machine and for any threads.
//
//   M(Q) = sum_i (x_i - mu) ((x_i - mu)^T Q)
//
// M(I) is the covariance matrix (times n), decomposed by Jacobi's rotations where it is small;
// where it is not, Q <- orthonormal(M(Q)) a fixed number of times and a Rayleigh-Ritz step (Halko,
// Martinsson, Tropp: Finding structure with randomness, SIAM Review 2011). Products are summed in
// float32 over 256 rows, then in double; rows lie in at most 64 groups, added in their order.
// O(n d p) a step for p columns. Approximate: the iterated axes.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "umapkit/isa.hpp"
#include "umapkit/jacobi.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/project.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kMomentRows = 256, kMomentGroups = 64;

// Adds f(begin, end, sums) over groups of rows, each with its own `width` sums, in their order.
template <class F>
void sum_groups(std::size_t n, std::size_t width, double* out, int n_threads, F&& f) {
  const std::size_t share = (n + kMomentGroups - 1) / kMomentGroups;
  const std::size_t group = (share + kMomentRows - 1) / kMomentRows * kMomentRows;
  const std::size_t groups = n == 0 ? 0 : (n + group - 1) / group;
  std::vector<double> partial(groups * width, 0.0);
  for_blocks(n, group, n_threads, [&](std::size_t begin, std::size_t end, int) {
    f(begin, end, partial.data() + begin / group * width);
  });
  std::fill(out, out + width, 0.0);
  for (std::size_t g = 0; g < groups; ++g)
    for (std::size_t k = 0; k < width; ++k) out[k] += partial[g * width + k];
}

inline void column_sums(const float* rows, std::size_t n, std::size_t d, double* out,
                        int n_threads) {
  sum_groups(n, d, out, n_threads, [&](std::size_t begin, std::size_t end, double* sums) {
    for (std::size_t i = begin; i < end; ++i)
      for (std::size_t k = 0; k < d; ++k) sums[k] += static_cast<double>(rows[i * d + k]);
  });
}

// out[a] (d doubles) = sum of the rows with label a.
inline void label_sums(const float* rows, std::size_t n, std::size_t d, const std::int32_t* labels,
                       std::size_t count, double* out) {
  std::fill(out, out + count * d, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    double* sums = out + static_cast<std::size_t>(labels[i]) * d;
    for (std::size_t k = 0; k < d; ++k) sums[k] += static_cast<double>(rows[i * d + k]);
  }
}

// out (d x p, double) = M(q); p a multiple of 16.
inline void moment(const float* rows, std::size_t n, std::size_t d, const float* mean,
                   const float* q, std::size_t p, double* out, int n_threads) {
  sum_groups(n, d * p, out, n_threads, [&](std::size_t begin, std::size_t end, double* sums) {
    std::vector<float> centred(kMomentRows * d), across(kMomentRows * d), seen(kMomentRows * p),
        product_out(d * p);
    for (std::size_t from = begin; from < end; from += kMomentRows) {
      const std::size_t count = std::min(kMomentRows, end - from);
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t k = 0; k < d; ++k) centred[i * d + k] = rows[(from + i) * d + k] - mean[k];
      product(centred.data(), count, d, q, p, seen.data(), 1);
      transpose(centred.data(), count, d, across.data());
      product(across.data(), d, count, seen.data(), p, product_out.data(), 1);
      for (std::size_t k = 0; k < d * p; ++k) sums[k] += static_cast<double>(product_out[k]);
    }
  });
}

// g (p x p) from its two halves' mean, decomposed: row i of `vectors` belongs to values[i].
inline void decompose(const double* g, std::size_t p, std::size_t stride,
                      std::vector<double>& vectors, std::vector<double>& values) {
  std::vector<double> even(p * p);
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < p; ++j)
      even[i * p + j] = 0.5 * (g[i * stride + j] + g[j * stride + i]);
  jacobi(even, p, vectors, values, 1e-28);
}

// All d axes (d x d, row i the i-th) and variances (times n), the largest first.
inline void whole_axes(const float* rows, std::size_t n, std::size_t d, const float* mean,
                       double* axes, double* variances, int n_threads) {
  const std::size_t p = (d + 15) / 16 * 16;
  std::vector<float> unit(d * p, 0.0f);
  for (std::size_t k = 0; k < d; ++k) unit[k * p + k] = 1.0f;
  std::vector<double> g(d * p), vectors, values;
  moment(rows, n, d, mean, unit.data(), p, g.data(), n_threads);
  decompose(g.data(), d, p, vectors, values);
  std::copy(vectors.begin(), vectors.end(), axes);
  std::copy(values.begin(), values.end(), variances);
}

// axes: p x d (p a multiple of 16), a start on the way in, the axes on the way out.
inline void iterated_axes(const float* rows, std::size_t n, std::size_t d, const float* mean,
                          std::size_t p, int iterations, float* axes, double* variances,
                          int n_threads) {
  std::vector<float> q(d * p);
  std::vector<double> image(d * p), g(p * p), vectors, values;
  for (int it = 0; it <= iterations; ++it) {
    orthonormalise(axes, p, d);
    transpose(axes, p, d, q.data());
    moment(rows, n, d, mean, q.data(), p, image.data(), n_threads);
    if (it == iterations) break;
    double largest = 0.0;  // the powers must not leave the range of float32
    for (const double v : image) largest = std::max(largest, v < 0.0 ? -v : v);
    const double scale = largest > 0.0 ? 1.0 / largest : 1.0;
    for (std::size_t k = 0; k < d; ++k)
      for (std::size_t j = 0; j < p; ++j)
        axes[j * d + k] = static_cast<float>(image[k * p + j] * scale);
  }
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < p; ++j) {
      double total = 0.0;
      for (std::size_t k = 0; k < d; ++k)
        total += static_cast<double>(axes[i * d + k]) * image[k * p + j];
      g[i * p + j] = total;
    }
  decompose(g.data(), p, p, vectors, values);
  std::vector<double> turned(d);
  const std::vector<float> old(axes, axes + p * d);
  for (std::size_t i = 0; i < p; ++i) {
    std::fill(turned.begin(), turned.end(), 0.0);
    for (std::size_t j = 0; j < p; ++j)
      for (std::size_t k = 0; k < d; ++k)
        turned[k] += vectors[i * p + j] * static_cast<double>(old[j * d + k]);
    for (std::size_t k = 0; k < d; ++k) axes[i * d + k] = static_cast<float>(turned[k]);
    variances[i] = values[i];
  }
}

// out (n x count) = (x - mu) axes; axes: d x p, p a multiple of 16, count <= p.
inline void axis_scores(const float* rows, std::size_t n, std::size_t d, const float* mean,
                        const float* axes, std::size_t p, std::size_t count, float* out,
                        int n_threads) {
  for_blocks(n, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> centred(8 * d), seen(8 * p);
    for (std::size_t i = begin; i < end; i += 8) {
      const int some = static_cast<int>(std::min<std::size_t>(8, end - i));
      const float* at[8];
      for (int r = 0; r < some; ++r) {
        float* c = &centred[static_cast<std::size_t>(r) * d];
        at[r] = c;
        for (std::size_t k = 0; k < d; ++k)
          c[k] = rows[(i + static_cast<std::size_t>(r)) * d + k] - mean[k];
      }
      product_rows(at, some, d, axes, p, seen.data(), p);
      for (int r = 0; r < some; ++r)
        std::copy_n(&seen[static_cast<std::size_t>(r) * p], count,
                    out + (i + static_cast<std::size_t>(r)) * count);
    }
  });
}

UMAPKIT_END
