// How far two sparse rows are apart.
//
//   square      sum_k (a_k - b_k)^2            euclidean after a square root; half of it is cosine
//   on
//                                              rows of length one, correlation on centred ones
//   manhattan   sum_k |a_k - b_k|
//   chebyshev   max_k |a_k - b_k|
//   hamming     number of k with a_k != b_k
//   canberra    sum_k |a_k - b_k| / (|a_k| + |b_k|), where not both are 0
//   braycurtis  sum_k |a_k - b_k| / sum_k |a_k + b_k|
//   counts      a formula of t, u, v: columns that are not 0 in both, in a, in b (CountMetric)
//   minkowski   (sum_k |a_k - b_k|^p)^(1/p)
//   dirichlet   c / n_a + c / n_b + u_a / n_a + u_b / n_b under a square root, with n the sum of a
//               row, c = sum_k B(a_k, b_k) - B(n_a, n_b) over k with a_k b_k > 0.9, B the logarithm
//               of the beta function, u_a = B(n_a, n_a) - sum_k B(a_k, a_k) over k with a_k or
//               a_k b_k > 0.9: relative log-likelihoods of counts under Dirichlet priors, as in
//               umap-learn, but with exact logarithms (plain_gamma.hpp)
//
// pair_distance is the reference, and every distance that leaves the kernels is computed by it: one
// walk along both rows, columns ascending, summed in double. Swapping the rows changes no bit, and
// equal rows are at exactly 0. O(entries of a + entries of b).
//
// The same sum, but for chebyshev, is (dirichlet: is made of sums that are) g(a) + g(b) + sum over
// the columns that a and b share of term(a_k, b_k): that is what a search by postings adds up
// (sparse_exact.hpp), within rounding.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "tables/sparse_rows.hpp"
#include "umapkit/counts.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/plain_gamma.hpp"

UMAPKIT_BEGIN

enum class SparseMetric : int {
  square = 0,
  manhattan = 1,
  chebyshev = 2,
  hamming = 3,
  canberra = 4,
  braycurtis = 5,
  counts = 6,
  minkowski = 7,
  dirichlet = 8,
};

// A count is there from here on.
constexpr double kCounted = 0.9;

// b: sum of B over the columns where both counts are there; u as above. The square.
inline double dirichlet_distance(double b, double n_x, double u_x, double n_y, double u_y) {
  const double c = b - log_beta(n_x, n_y);
  return std::max((c + u_y) / n_y + (c + u_x) / n_x, 0.0);
}

// Sums over the columns of a pair; `add` sees every column that is not 0 in one of the two.
template <SparseMetric M>
struct PairSum {
  double shift = 0.0, first = 0.0, second = 0.0, third = 0.0;
  double n_x = 0.0, n_y = 0.0, own_x = 0.0, own_y = 0.0;  // dirichlet only

  UMAPKIT_INLINE void add(const Measure& how, double x, double y, bool left, bool right) {
    if constexpr (M == SparseMetric::square) {
      const double apart = (x - y) + shift;
      first += apart * apart;
      second += 1.0;
    } else if constexpr (M == SparseMetric::manhattan) {
      first += std::fabs(x - y);
    } else if constexpr (M == SparseMetric::chebyshev) {
      first = std::max(first, std::fabs(x - y));
    } else if constexpr (M == SparseMetric::hamming) {
      first += static_cast<double>(x != y);
    } else if constexpr (M == SparseMetric::canberra) {
      first += std::fabs(x - y) / (std::fabs(x) + std::fabs(y));
    } else if constexpr (M == SparseMetric::braycurtis) {
      first += std::fabs(x - y);
      second += std::fabs(x + y);
    } else if constexpr (M == SparseMetric::minkowski) {
      first += plain_power(std::fabs(x - y), how.order);
    } else if constexpr (M == SparseMetric::dirichlet) {
      const bool both = x * y > kCounted;
      if (both) first += log_beta(x, y);
      if (both || x > kCounted) own_x += log_beta(x, x);
      if (both || y > kCounted) own_y += log_beta(y, y);
      n_x += x;
      n_y += y;
      second += static_cast<double>(x != y);
    } else {
      first += static_cast<double>(left && right);
      second += static_cast<double>(left);
      third += static_cast<double>(right);
    }
  }

  double finish(const Measure& how, double d) const {
    double all = first;
    if constexpr (M == SparseMetric::square) all += (d - second) * (shift * shift);
    if constexpr (M == SparseMetric::braycurtis) all = second > 0.0 ? first / second : 0.0;
    if constexpr (M == SparseMetric::counts)
      all = count_distance(how.formula, first, second, third, d);
    if constexpr (M == SparseMetric::minkowski) all = plain_power(first, 1.0 / how.order);
    if constexpr (M == SparseMetric::dirichlet)
      all = second == 0.0 ? 0.0
                          : dirichlet_distance(first, n_x, log_beta(n_x, n_x) - own_x, n_y,
                                               log_beta(n_y, n_y) - own_y);
    all *= how.scale;
    return how.root ? std::sqrt(all) : all;
  }
};

template <SparseMetric M>
inline float pair_distance(const Measure& how, const CsrRows& a, std::size_t i, const CsrRows& b,
                           std::size_t j) {
  std::int64_t p = a.indptr[i], q = b.indptr[j];
  const std::int64_t p_end = a.indptr[i + 1], q_end = b.indptr[j + 1];
  PairSum<M> sum;
  if (a.shifts != nullptr) sum.shift = a.shifts[i] - b.shifts[j];
  while (p < p_end && q < q_end) {  // no branch depends on the columns
    const std::int32_t x = a.indices[p], y = b.indices[q];
    const bool left = x <= y, right = y <= x;
    sum.add(how, left ? static_cast<double>(a.values[p]) : 0.0,
            right ? static_cast<double>(b.values[q]) : 0.0, left, right);
    p += left;
    q += right;
  }
  for (; p < p_end; ++p) sum.add(how, static_cast<double>(a.values[p]), 0.0, true, false);
  for (; q < q_end; ++q) sum.add(how, 0.0, static_cast<double>(b.values[q]), false, true);
  return static_cast<float>(sum.finish(how, static_cast<double>(a.d)));
}

// What a row brings to the sum of any pair (dirichlet: u), and one number more (square, dirichlet:
// the sum of its entries; chebyshev, minkowski: its distance from the empty row).
template <SparseMetric M>
void row_sums(const CsrRows& rows, double order, double* out, int n_threads) {
  for_blocks(rows.n, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::int64_t from = rows.indptr[i], to = rows.indptr[i + 1];
      double first = 0.0, second = 0.0;
      for (std::int64_t e = from; e < to; ++e) {
        const double x = static_cast<double>(rows.values[e]);
        if constexpr (M == SparseMetric::square) {
          first += x * x;
          second += x;
        } else if constexpr (M == SparseMetric::manhattan || M == SparseMetric::braycurtis) {
          first += std::fabs(x);
        } else if constexpr (M == SparseMetric::chebyshev) {
          first = std::max(first, std::fabs(x));
        } else if constexpr (M == SparseMetric::minkowski) {
          first += plain_power(std::fabs(x), order);
        } else if constexpr (M == SparseMetric::dirichlet) {
          if (x > kCounted) first -= log_beta(x, x);
          second += x;
        } else {
          first += 1.0;
        }
      }
      if constexpr (M == SparseMetric::chebyshev) second = first;
      if constexpr (M == SparseMetric::minkowski) second = plain_power(first, 1.0 / order);
      if constexpr (M == SparseMetric::dirichlet) first += log_beta(second, second);
      if constexpr (M == SparseMetric::square)
        if (rows.shifts != nullptr) {
          const double shift = rows.shifts[i];
          first += shift * (2.0 * second + static_cast<double>(rows.d) * shift);
        }
      out[i] = first;
      out[rows.n + i] = second;
    }
  });
}

// Calls f with the metric as a compile-time number.
template <class F>
void with_sparse_metric(int metric, F&& f) {
  switch (static_cast<SparseMetric>(metric)) {
    case SparseMetric::square: f.template operator()<SparseMetric::square>(); break;
    case SparseMetric::manhattan: f.template operator()<SparseMetric::manhattan>(); break;
    case SparseMetric::chebyshev: f.template operator()<SparseMetric::chebyshev>(); break;
    case SparseMetric::hamming: f.template operator()<SparseMetric::hamming>(); break;
    case SparseMetric::canberra: f.template operator()<SparseMetric::canberra>(); break;
    case SparseMetric::braycurtis: f.template operator()<SparseMetric::braycurtis>(); break;
    case SparseMetric::counts: f.template operator()<SparseMetric::counts>(); break;
    case SparseMetric::minkowski: f.template operator()<SparseMetric::minkowski>(); break;
    case SparseMetric::dirichlet: f.template operator()<SparseMetric::dirichlet>(); break;
  }
}

UMAPKIT_END
