// Sparse rows on their leading axes, without centring them.
//
//   Q <- orthonormal((X - 1 mu^T)^T Y),  Y = (X - 1 mu^T) Q = X Q - 1 (mu^T Q)
//
// a fixed number of times (block power iteration: Halko, Martinsson, Tropp: Finding structure with
// randomness, SIAM Review 2011): Y spans nearly the leading principal scores. X^T Y runs along the
// postings, so every sum belongs to one row or one column, in the order of its entries, in double:
// no bit depends on the threads. With u columns in use and p axes O(entries p) and O(u p^2) a
// step; memory 16 (u + n) p bytes, never n u. Approximate: the axes.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tables/sparse_rows.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/project.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kMostAxes = 64;

// out[i, :] = sum of values[e] * table[ids[e], :] over the entries e of line i, less
// scale_i shift[:], with scale_i = scales[i] (null: 1).
inline void sparse_product(std::size_t n, const std::int64_t* starts, const std::int32_t* ids,
                           const float* values, const float* table, std::size_t p,
                           const double* scales, const double* shift, float* out, int n_threads) {
  for_blocks(n, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
    double sums[kMostAxes];
    for (std::size_t i = begin; i < end; ++i) {
      const double scale = scales == nullptr ? 1.0 : scales[i];
      for (std::size_t j = 0; j < p; ++j) sums[j] = -scale * shift[j];
      for (std::int64_t e = starts[i]; e < starts[i + 1]; ++e) {
        const double x = static_cast<double>(values[e]);
        const float* const line = table + static_cast<std::size_t>(ids[e]) * p;
        for (std::size_t j = 0; j < p; ++j) sums[j] += x * static_cast<double>(line[j]);
      }
      for (std::size_t j = 0; j < p; ++j) out[i * p + j] = static_cast<float>(sums[j]);
    }
  });
}

// rows: their columns numbered as in the postings. means: one a column. axes: p x u, a start
// (p a multiple of 16, at most 64 and at most u). scores (n x p): Y.
inline void sparse_scores(const CsrRows& rows, const Postings& columns, const double* means,
                          std::size_t p, int iterations, float* axes, float* scores,
                          int n_threads) {
  const std::size_t u = columns.columns, n = rows.n;
  std::vector<float> across(u * p);
  double shift[kMostAxes];
  for (int it = 0; it <= iterations; ++it) {
    orthonormalise(axes, p, u);
    transpose(axes, p, u, across.data());
    std::fill(shift, shift + p, 0.0);
    for (std::size_t c = 0; c < u; ++c)
      for (std::size_t j = 0; j < p; ++j)
        shift[j] += means[c] * static_cast<double>(across[c * p + j]);
    sparse_product(n, rows.indptr, rows.indices, rows.values, across.data(), p, nullptr, shift,
                   scores, n_threads);
    if (it == iterations) return;
    std::fill(shift, shift + p, 0.0);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < p; ++j) shift[j] += static_cast<double>(scores[i * p + j]);
    sparse_product(u, columns.starts, columns.rows, columns.values, scores, p, means, shift,
                   across.data(), n_threads);
    float largest = 0.0f;  // the powers must not leave the range of float32
    for (const float x : across) largest = std::max(largest, x < 0.0f ? -x : x);
    const float scale = largest > 0.0f ? 1.0f / largest : 1.0f;
    for (float& x : across) x *= scale;
    transpose(across.data(), u, p, axes);
  }
}

UMAPKIT_END
