// The best eigenvectors within a span (Rayleigh and Ritz's method), for L = I - S.
//
//   G = X^T X,  A = X^T L X,  B = (L X)^T L X;   A c = theta G c,  |c|_G = 1
//   vectors X c, values theta (smallest first), residuals |L X c - theta X c|
//
// L instead of S, and sums in double: near 1 the eigenvalues of S that matter differ by less than
// float32 resolves, and |S x|^2 - lambda^2 would lose the residual. G, its diagonal scaled to 1, is
// whitened by its own eigenvectors; directions whose squared length is below 1e-12 of the longest
// are dropped, so that dependent columns give fewer vectors and zeros behind them. S and x: see
// spectral.hpp. Parlett: The symmetric eigenvalue problem, 11. O(nnz m + n m^2 + m^3).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "umapkit/isa.hpp"
#include "umapkit/jacobi.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/spectral.hpp"

UMAPKIT_BEGIN

// sums (3 x m x m): G, A and B, in blocks of rows of fixed size.
template <class T>
void ritz_sums(const Adjacency<T>& s, std::size_t m, const T* x, double* sums, int n_threads) {
  const std::size_t size = 3 * m * m;
  const std::size_t blocks = (s.n + kSumBlock - 1) / kSumBlock;
  std::vector<double> partial(blocks * size, 0.0);
  for_blocks(s.n, kSumBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    double* gram = partial.data() + begin / kSumBlock * size;
    double* image = gram + m * m;
    double* square = image + m * m;
    std::vector<double> own(m), turned(m);
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t c = 0; c < m; c += kColumns) {
        double total[kColumns] = {};
        for (std::int64_t e = s.indptr[i]; e < s.indptr[i + 1]; ++e) {
          const double v = s.values[e];
          const T* other = x + static_cast<std::size_t>(s.indices[e]) * m + c;
          for (std::size_t l = 0; l < kColumns; ++l) total[l] += v * static_cast<double>(other[l]);
        }
        for (std::size_t l = 0; l < kColumns; ++l) {
          own[c + l] = x[i * m + c + l];
          turned[c + l] = own[c + l] - total[l];
        }
      }
      for (std::size_t p = 0; p < m; ++p) {
        const double a = own[p], b = turned[p];
        for (std::size_t q = 0; q < m; ++q) {
          gram[p * m + q] += a * own[q];
          image[p * m + q] += a * turned[q];
          square[p * m + q] += b * turned[q];
        }
      }
    }
  });
  std::fill(sums, sums + size, 0.0);
  for (std::size_t block = 0; block < blocks; ++block)
    for (std::size_t p = 0; p < size; ++p) sums[p] += partial[block * size + p];
}

// From the sums: turn (m x m; column j is c of vector j, 0 beyond the rank), theta and residuals.
// Gives the rank.
inline std::size_t solve_ritz(std::size_t m, const double* sums, double* turn, double* theta,
                              double* residuals) {
  constexpr double kRank = 1e-12, kExact = 1e-30;
  const double* gram = sums;
  const double* image = gram + m * m;
  const double* square = image + m * m;
  std::vector<double> scale(m), g(m * m), vectors, lengths;
  for (std::size_t p = 0; p < m; ++p)
    scale[p] = gram[p * m + p] > 0.0 ? 1.0 / std::sqrt(gram[p * m + p]) : 0.0;
  for (std::size_t p = 0; p < m; ++p)
    for (std::size_t q = 0; q < m; ++q) g[p * m + q] = gram[p * m + q] * scale[p] * scale[q];
  jacobi(g, m, vectors, lengths, kExact);
  std::size_t rank = 0;
  while (rank < m && lengths[rank] > kRank * lengths[0]) ++rank;
  for (std::size_t r = 0; r < rank; ++r)
    for (std::size_t p = 0; p < m; ++p) vectors[r * m + p] *= scale[p] / std::sqrt(lengths[r]);
  // -A in the white directions: Jacobi gives the largest first.
  std::vector<double> half(rank * m, 0.0), white(rank * rank), mix, values;
  for (std::size_t r = 0; r < rank; ++r)
    for (std::size_t p = 0; p < m; ++p)
      for (std::size_t q = 0; q < m; ++q)
        half[r * m + q] += vectors[r * m + p] * 0.5 * (image[p * m + q] + image[q * m + p]);
  for (std::size_t r = 0; r < rank; ++r)
    for (std::size_t t = 0; t <= r; ++t) {
      double total = 0.0;
      for (std::size_t q = 0; q < m; ++q) total += half[r * m + q] * vectors[t * m + q];
      white[r * rank + t] = white[t * rank + r] = -total;
    }
  jacobi(white, rank, mix, values, kExact);
  std::fill(turn, turn + m * m, 0.0);
  std::vector<double> c(m);
  for (std::size_t j = 0; j < rank; ++j) {
    std::fill(c.begin(), c.end(), 0.0);
    for (std::size_t r = 0; r < rank; ++r)
      for (std::size_t p = 0; p < m; ++p) c[p] += mix[j * rank + r] * vectors[r * m + p];
    double length = 0.0;
    for (std::size_t p = 0; p < m; ++p) {
      turn[p * m + j] = c[p];
      for (std::size_t q = 0; q < m; ++q) length += c[p] * square[p * m + q] * c[q];
    }
    theta[j] = -values[j];
    residuals[j] = std::sqrt(std::max(length - theta[j] * theta[j], 0.0));
  }
  return rank;
}

UMAPKIT_END
