// Pieces of a block eigensolver for S = D^-1/2 W D^-1/2, the normalised adjacency of a graph.
//
// The smooth coordinates of a graph are the eigenvectors of S next below the trivial one,
// D^1/2 1, whose eigenvalue is 1 (those of the normalised Laplacian I - S next above 0). A
// Chebyshev filter finds them: T_q((S - c) / e) is at most 1 on [c - e, c + e] and grows like
// cosh(q acosh(.)) above it. One step of its recurrence is one sparse product with a block of
// m vectors:   y = alpha S x + beta x + gamma z.
//
// W: symmetric CSR, n rows; x, y, z: n x m float32 (double for small graphs), row by row, m a
// multiple of 8. Every row is summed by one thread in the order of its columns; sums over rows go
// block by block of fixed size, in double precision: the same bits for any number of threads.
// Zhou, Saad, Tiago, Chelikowsky: J. Comput. Phys. 219 (2006) 172-184. O(nnz m) a product.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kSpectralBlock = 512;
constexpr std::size_t kSumBlock = 2048;
constexpr std::size_t kColumns = 8;

// S of a connected graph by rows, and the square roots of its degrees.
template <class T>
struct Adjacency {
  std::size_t n;
  const std::int64_t* indptr;
  const std::int32_t* indices;
  const T* values;
  const double* roots;
};

// Square roots of the degrees, and the values of S beside W's columns. Rows without edges get
// root 0 and stay empty.
template <class T>
void normalise(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
               const float* weights, double* roots, T* values, int n_threads) {
  for_blocks(n, kSpectralBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      double degree = 0.0;
      for (std::int64_t e = indptr[i]; e < indptr[i + 1]; ++e) degree += weights[e];
      roots[i] = std::sqrt(degree);
    }
  });
  for_blocks(n, kSpectralBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i)
      for (std::int64_t e = indptr[i]; e < indptr[i + 1]; ++e)
        values[e] =
            static_cast<T>(weights[e] / (roots[i] * roots[static_cast<std::size_t>(indices[e])]));
  });
}

// y = alpha S x + beta x + gamma z; z may be y itself, not x.
template <class T>
void filter_step(std::size_t n, std::size_t m, const std::int64_t* indptr,
                 const std::int32_t* indices, const T* values, const T* x, const T* z, T* y,
                 T alpha, T beta, T gamma, int n_threads) {
  constexpr int lanes = static_cast<int>(kColumns);
  for_blocks(n, kSpectralBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i)
      for (std::size_t c = 0; c < m; c += kColumns) {
        auto total = splat_pack<T, lanes>(T(0));
        for (std::int64_t e = indptr[i]; e < indptr[i + 1]; ++e)
          total +=
              values[e] * load_pack<T, lanes>(x + static_cast<std::size_t>(indices[e]) * m + c);
        const auto own = load_pack<T, lanes>(x + i * m + c);
        const auto old = load_pack<T, lanes>(z + i * m + c);
        store(y + i * m + c, alpha * total + beta * own + gamma * old);
      }
  });
}

// out (a x b, double) = x^T y for x of n x a and y of n x b.
template <class X, class Y>
void inner_products(std::size_t n, std::size_t a, std::size_t b, const X* x, const Y* y,
                    double* out, int n_threads) {
  const std::size_t blocks = (n + kSumBlock - 1) / kSumBlock;
  std::vector<double> partial(blocks * a * b, 0.0);
  for_blocks(n, kSumBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    double* sums = partial.data() + begin / kSumBlock * a * b;
    for (std::size_t i = begin; i < end; ++i)
      for (std::size_t p = 0; p < a; ++p) {
        const auto left = static_cast<double>(x[i * a + p]);
        for (std::size_t q = 0; q < b; ++q)
          sums[p * b + q] += left * static_cast<double>(y[i * b + q]);
      }
  });
  std::fill(out, out + a * b, 0.0);
  for (std::size_t block = 0; block < blocks; ++block)
    for (std::size_t p = 0; p < a * b; ++p) out[p] += partial[block * a * b + p];
}

// Takes the part along v out of every column of x (n x m).
template <class T>
void project_out(std::size_t n, std::size_t m, T* x, const double* v, int n_threads) {
  std::vector<double> part(m);
  double length = 0.0;
  inner_products(n, 1, m, v, x, part.data(), n_threads);
  inner_products(n, 1, 1, v, v, &length, n_threads);
  if (!(length > 0.0)) return;
  for (double& p : part) p /= length;
  for_blocks(n, kSumBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i)
      for (std::size_t q = 0; q < m; ++q)
        x[i * m + q] = static_cast<T>(x[i * m + q] - v[i] * part[q]);
  });
}

// y (n x m) = x (n x m) c (m x m, double).
template <class T>
void rotate(std::size_t n, std::size_t m, const T* x, const double* c, T* y, int n_threads) {
  for_blocks(n, kSpectralBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<double> row(m);
    for (std::size_t i = begin; i < end; ++i) {
      std::fill(row.begin(), row.end(), 0.0);
      for (std::size_t p = 0; p < m; ++p) {
        const double left = x[i * m + p];
        for (std::size_t q = 0; q < m; ++q) row[q] += left * c[p * m + q];
      }
      for (std::size_t q = 0; q < m; ++q) y[i * m + q] = static_cast<T>(row[q]);
    }
  });
}

// Uniform on [-1, 1): draw q of vertex i, in `epoch` of the stage `start`.
template <class T>
void fill_uniform(std::size_t n, std::size_t m, std::uint64_t seed, std::uint64_t epoch, T* x,
                  int n_threads) {
  for_blocks(n, kSpectralBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t own = key(seed, Stage::start, epoch, i);
      for (std::size_t q = 0; q < m; ++q) x[i * m + q] = 2.0f * unit(draw(own, q)) - 1.0f;
    }
  });
}

UMAPKIT_END
