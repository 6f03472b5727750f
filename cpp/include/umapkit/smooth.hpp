// Smooth coordinates of a connected graph: rounds of a Chebyshev filter on a block of vectors.
//
//   x <- T_q((S - c) / e) x / T_q((1 - c) / e),   [c - e, c + e] = [-1, cut],
//
// then the trivial vector is taken out and Rayleigh and Ritz's method applied (ritz.hpp). At the
// eigenvalue 1 - theta the filter is larger than on [-1, cut] by about
// cosh(q sqrt(2 (1 - cut - theta))): a cut above 1 - (4.2 / q)^2 would not damp by two digits, a
// lower one would waste the degree. So cut = 1 - max((4.2 / q)^2, last theta of the block).
//
// A vector is settled when its residual is at most `share` of theta, or below what the precision
// resolves; its eigenvalue is then off by the order of the share's square. Close eigenvalues may
// stay mixed. Zhou, Saad, Tiago, Chelikowsky: J. Comput. Phys. 219 (2006) 172-184. O(nnz m) a
// product, q products a round.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "umapkit/isa.hpp"
#include "umapkit/jacobi.hpp"
#include "umapkit/ritz.hpp"
#include "umapkit/spectral.hpp"

UMAPKIT_BEGIN

// Vectors beyond those wanted take up what the filter leaves of the others.
inline std::size_t block_width(std::size_t count) { return (count + 5 + 7) / 8 * 8; }

template <class T>
struct Block {
  std::size_t m = 0, rank = 0;
  std::vector<T> x, spare;  // n x m
  std::vector<double> theta, residuals;

  Block(std::size_t n, std::size_t width)
      : m(width), x(n * width), spare(n * width), theta(width, 2.0), residuals(width, 2.0) {}

  bool settled(std::size_t count, double share, double floor) const {
    if (rank < count) return false;
    for (std::size_t j = 0; j < count; ++j)
      if (!(residuals[j] <= std::max(share * theta[j], floor))) return false;
    return true;
  }
};

template <class T>
void chebyshev(const Adjacency<T>& s, Block<T>& block, double cut, int degree, int n_threads) {
  const double half = (cut + 1.0) / 2.0, centre = (cut - 1.0) / 2.0;
  double sigma = half / (1.0 - centre);
  const double tau = 2.0 / sigma;
  const auto step = [&](double factor, double gamma) {
    // The older block is overwritten: the first step's has no weight.
    const T* old = gamma == 0.0 ? block.x.data() : block.spare.data();
    filter_step<T>(s.n, block.m, s.indptr, s.indices, s.values, block.x.data(), old,
                   block.spare.data(), static_cast<T>(factor), static_cast<T>(-centre * factor),
                   static_cast<T>(gamma), n_threads);
    block.x.swap(block.spare);
  };
  step(sigma / half, 0.0);
  for (int k = 2; k <= degree; ++k) {
    const double following = 1.0 / (tau - sigma);
    step(2.0 * following / half, -sigma * following);
    sigma = following;
  }
}

template <class T>
void rayleigh_ritz(const Adjacency<T>& s, Block<T>& block, int n_threads) {
  const std::size_t m = block.m;
  std::vector<double> sums(3 * m * m), turn(m * m);
  project_out(s.n, m, block.x.data(), s.roots, n_threads);
  ritz_sums(s, m, block.x.data(), sums.data(), n_threads);
  block.rank = solve_ritz(m, sums.data(), turn.data(), block.theta.data(), block.residuals.data());
  rotate(s.n, m, block.x.data(), turn.data(), block.spare.data(), n_threads);
  block.x.swap(block.spare);
}

template <class T>
void filter_round(const Adjacency<T>& s, Block<T>& block, int degree, int n_threads) {
  const double reach = 4.2 / degree;
  double gap = reach * reach;
  if (block.rank > 0) gap = std::max(gap, std::min(block.theta[block.rank - 1], 1.0));
  chebyshev(s, block, 1.0 - gap, degree, n_threads);
  rayleigh_ritz(s, block, n_threads);
}

// All eigenvectors of a small graph, the leading `block.m` of which go to the block.
template <class T>
void solve_whole(const Adjacency<T>& s, Block<T>& block) {
  const std::size_t n = s.n, m = block.m;
  std::vector<double> g(n * n, 0.0), vectors, values;
  double length = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    length += s.roots[i] * s.roots[i];
    for (std::int64_t e = s.indptr[i]; e < s.indptr[i + 1]; ++e)
      g[i * n + static_cast<std::size_t>(s.indices[e])] = s.values[e];
  }
  // Moves the trivial eigenvalue from 1 to -1, the low end, whatever multiplicity 1 has.
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) g[i * n + j] -= 2.0 * s.roots[i] * s.roots[j] / length;
  jacobi(g, n, vectors, values, 1e-30);
  block.rank = std::min(m, n - 1);
  std::fill(block.x.begin(), block.x.end(), T(0));
  for (std::size_t j = 0; j < block.rank; ++j) {
    block.theta[j] = 1.0 - values[j];
    block.residuals[j] = 0.0;
    for (std::size_t i = 0; i < n; ++i) block.x[i * m + j] = static_cast<T>(vectors[j * n + i]);
  }
}

UMAPKIT_END
