// Eigenvalues and eigenvectors of a symmetric p x p matrix G by Jacobi's cyclic rotations.
//
//   G <- J(i, j)^T G J(i, j), each rotation making g_ij = 0, until sum_{i<j} g_ij^2 is at most
//   `tolerance` times sum_ij g_ij^2, or twelve sweeps are over.
//
// Only sums, products, quotients and square roots in a fixed order: the same bits on every machine,
// which LAPACK does not give. An error of eps in G's off-diagonal is one of eps in the vectors and
// of eps^2 in the values. Golub, Van Loan: Matrix computations, 8.5. O(p^3) a sweep.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

// Row i of `vectors` belongs to values[i], largest first. g is used up.
inline void jacobi(std::vector<double>& g, std::size_t p, std::vector<double>& vectors,
                   std::vector<double>& values, double tolerance = 1e-14) {
  vectors.assign(p * p, 0.0);
  for (std::size_t i = 0; i < p; ++i) vectors[i * p + i] = 1.0;
  double total = 0.0;
  for (const double x : g) total += x * x;
  for (int sweep = 0; sweep < 12; ++sweep) {
    double off = 0.0;
    for (std::size_t i = 0; i < p; ++i)
      for (std::size_t j = i + 1; j < p; ++j) off += g[i * p + j] * g[i * p + j];
    if (off <= tolerance * total) break;
    for (std::size_t i = 0; i < p; ++i)
      for (std::size_t j = i + 1; j < p; ++j) {
        const double gij = g[i * p + j];
        if (gij == 0.0) continue;
        const double theta = (g[j * p + j] - g[i * p + i]) / (2.0 * gij);
        const double t =
            (theta >= 0.0 ? 1.0 : -1.0) / (std::fabs(theta) + std::sqrt(theta * theta + 1.0));
        const double c = 1.0 / std::sqrt(t * t + 1.0), s = t * c;
        double* gi = &g[i * p];
        double* gj = &g[j * p];
        for (std::size_t k = 0; k < p; ++k) {
          const double x = gi[k], y = gj[k];
          gi[k] = c * x - s * y;
          gj[k] = s * x + c * y;
        }
        for (std::size_t k = 0; k < p; ++k) {
          const double x = g[k * p + i], y = g[k * p + j];
          g[k * p + i] = c * x - s * y;
          g[k * p + j] = s * x + c * y;
        }
        double* vi = &vectors[i * p];
        double* vj = &vectors[j * p];
        for (std::size_t k = 0; k < p; ++k) {
          const double x = vi[k], y = vj[k];
          vi[k] = c * x - s * y;
          vj[k] = s * x + c * y;
        }
      }
  }
  std::vector<std::size_t> order(p);
  for (std::size_t i = 0; i < p; ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return g[a * p + a] > g[b * p + b]; });
  std::vector<double> sorted(p * p);
  values.resize(p);
  for (std::size_t i = 0; i < p; ++i) {
    values[i] = g[order[i] * p + order[i]];
    std::copy_n(&vectors[order[i] * p], p, &sorted[i * p]);
  }
  vectors.swap(sorted);
}

UMAPKIT_END
