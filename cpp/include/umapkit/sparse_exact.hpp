// The k nearest sparse rows of a table, by looking at all of them through their columns.
//
//   N(q) = the k smallest (distance(q, x_j), j), j != self(q)
//
// Only columns that two rows share need to be met one by one: with g and term of
// sparse_distance.hpp,
//
//   sum(q, x_j) = g(q) + g(x_j) + sum_{k in q and x_j} term(q_k, x_jk),
//
// so a query walks along the postings of its own columns and adds up every row's share (inverted
// files: Zobel, Moffat: Inverted files for text search engines, ACM Computing Surveys 2006). That
// costs O(sum over the query's columns of their entries + n), not O(n d). The sums are of doubles;
// the k + 8 smallest are measured again by pair_distance, so rounding can matter only beyond the
// spare places. A maximum is no sum, and sums of high powers drown what is small in rounding:
// chebyshev, and minkowski beyond the order 3, measure all pairs that are left by
// |d(q, 0) - d(x_j, 0)| <= d(q, x_j).
//
// A query's answer depends on the query and the table alone. Nothing is approximated.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "umapkit/exact.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/lists.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/sparse_distance.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kSparseBlock = 32;  // queries that share one array of n sums
constexpr std::size_t kScan = 64;         // rows whose keys are looked at together

constexpr double kMostOrder = 3.0;  // of Minkowski distances by sums

template <SparseMetric M>
bool by_sums(const Measure& how) {
  if constexpr (M == SparseMetric::minkowski) return how.order <= kMostOrder;
  return M != SparseMetric::chebyshev;
}

// Adds the shared columns of query i to the sums of all rows.
template <SparseMetric M>
void add_shared(const Measure& how, const CsrRows& queries, std::size_t i, const Postings& table,
                const CsrRows& rows, double* first, double* second) {
  const std::int32_t* at = table.names;
  const std::int32_t* const names_end = table.names + table.columns;
  for (std::int64_t e = queries.indptr[i]; e < queries.indptr[i + 1]; ++e) {
    at = std::lower_bound(at, names_end, queries.indices[e]);
    if (at == names_end) return;
    if (*at != queries.indices[e]) continue;
    const std::size_t c = static_cast<std::size_t>(at - table.names);
    const double x = static_cast<double>(queries.values[e]), size = std::fabs(x);
    double alone = 0.0;  // what x has brought to the sum of its row
    if constexpr (M == SparseMetric::minkowski) alone = plain_power(size, how.order);
    if constexpr (M == SparseMetric::dirichlet)
      if (x <= kCounted) alone = log_beta(x, x) / queries.sums[queries.n + i];
    for (std::int64_t r = table.starts[c]; r < table.starts[c + 1]; ++r) {
      const std::size_t row = static_cast<std::size_t>(table.rows[r]);
      const double y = static_cast<double>(table.values[r]);
      if constexpr (M == SparseMetric::square) {
        first[row] += x * y;
      } else if constexpr (M == SparseMetric::manhattan) {
        first[row] += std::fabs(x - y) - size - std::fabs(y);
      } else if constexpr (M == SparseMetric::hamming) {
        first[row] -= 1.0 + static_cast<double>(x == y);
      } else if constexpr (M == SparseMetric::canberra) {
        first[row] += std::fabs(x - y) / (size + std::fabs(y)) - 2.0;
      } else if constexpr (M == SparseMetric::braycurtis) {
        first[row] += std::fabs(x - y) - size - std::fabs(y);
        second[row] += std::fabs(x + y) - size - std::fabs(y);
      } else if constexpr (M == SparseMetric::minkowski) {
        first[row] +=
            plain_power(std::fabs(x - y), how.order) - alone - plain_power(std::fabs(y), how.order);
      } else if constexpr (M == SparseMetric::dirichlet) {
        if (x * y <= kCounted) continue;
        first[row] += log_beta(x, y);
        second[row] += alone;
        if (y <= kCounted) second[row] += log_beta(y, y) / rows.sums[rows.n + row];
      } else {
        first[row] += 1.0;
      }
    }
  }
}

// Keys (they order the rows) of `count` rows from their sums, which go back to 0.
template <SparseMetric M>
void keys_of(const Measure& how, const CsrRows& queries, std::size_t i, const CsrRows& table,
             std::size_t from, std::size_t count, double* first, double* second, float* keys) {
  const double mine = queries.sums[i], d = static_cast<double>(table.d);
  const double* const theirs = table.sums + from;
  if constexpr (M == SparseMetric::square) {
    if (queries.shifts == nullptr) {
      for (std::size_t j = 0; j < count; ++j)
        keys[j] = static_cast<float>(std::max((mine + theirs[j]) - 2.0 * first[j], 0.0));
    } else {
      const double total = queries.sums[queries.n + i], shift = queries.shifts[i];
      const double* const totals = table.sums + table.n + from;
      const double* const shifts = table.shifts + from;
      for (std::size_t j = 0; j < count; ++j) {
        const double met = first[j] + shift * totals[j] + shifts[j] * (total + d * shift);
        keys[j] = static_cast<float>(std::max((mine + theirs[j]) - 2.0 * met, 0.0));
      }
    }
  } else if constexpr (M == SparseMetric::braycurtis) {
    for (std::size_t j = 0; j < count; ++j) {
      const double all = mine + theirs[j], below = all + second[j];
      keys[j] = below > 0.0 ? static_cast<float>(std::max(all + first[j], 0.0) / below) : 0.0f;
    }
    std::fill(second, second + count, 0.0);
  } else if constexpr (M == SparseMetric::dirichlet) {
    const double n_x = queries.sums[queries.n + i];
    const double* const totals = table.sums + table.n + from;
    for (std::size_t j = 0; j < count; ++j) {
      const double far = dirichlet_distance(first[j], n_x, mine, totals[j], theirs[j]);
      keys[j] = static_cast<float>(std::max(far - second[j], 0.0));
    }
    std::fill(second, second + count, 0.0);
  } else if constexpr (M == SparseMetric::counts) {
    for (std::size_t j = 0; j < count; ++j)
      keys[j] = static_cast<float>(count_distance(how.formula, first[j], mine, theirs[j], d));
  } else {
    for (std::size_t j = 0; j < count; ++j)
      keys[j] = static_cast<float>(std::max(mine + theirs[j] + first[j], 0.0));
  }
  std::fill(first, first + count, 0.0);
}

// The best `keep` so far of one query.
struct SparseBest {
  int keep;
  std::vector<float> keys;
  std::vector<std::uint32_t> ids;

  explicit SparseBest(int places)
      : keep(places), keys(static_cast<std::size_t>(places)), ids(keys.size()) {}
  void clear() { clear_list(keys.data(), ids.data(), keep); }
  float worst() const { return keys[keys.size() - 1]; }
  void give(float key, std::size_t row) {
    offer(keys.data(), ids.data(), keep, key, static_cast<std::uint32_t>(row));
  }
};

template <SparseMetric M>
void scan_sums(const Measure& how, const CsrRows& queries, std::size_t i, const CsrRows& table,
               std::size_t self, double* first, double* second, SparseBest& best) {
  float keys[kScan];
  for (std::size_t from = 0; from < table.n; from += kScan) {
    const std::size_t count = std::min(kScan, table.n - from);
    keys_of<M>(how, queries, i, table, from, count, first + from, second + from, keys);
    const float limit = best.worst();
    int below = 0;
    for (std::size_t j = 0; j < count; ++j) below |= static_cast<int>(keys[j] <= limit);
    if (below == 0) continue;
    for (std::size_t j = 0; j < count; ++j)
      if (keys[j] <= best.worst() && from + j != self) best.give(keys[j], from + j);
  }
}

template <SparseMetric M>
void scan_pairs(const Measure& how, const CsrRows& queries, std::size_t i, const CsrRows& table,
                std::size_t self, SparseBest& best) {
  constexpr double kRounding = 1.0 - 1e-6;
  for (std::size_t j = 0; j < table.n; ++j) {
    const double least = std::fabs(queries.sums[queries.n + i] - table.sums[table.n + j]);
    if (static_cast<float>(least * kRounding) > best.worst() || j == self) continue;
    best.give(pair_distance<M>(how, queries, i, table, j), j);
  }
}

// self[i] is the row of the table that query i is (null: none).
template <SparseMetric M>
void sparse_nearest(const Measure& how, const CsrRows& queries, const CsrRows& table,
                    const Postings& postings, const std::int32_t* self, int k, std::int32_t* ids,
                    float* distances, int n_threads) {
  const int keep =
      static_cast<int>(std::min<std::size_t>(table.n, static_cast<std::size_t>(k + kSpare)));
  for_blocks(queries.n, kSparseBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    const bool sums = by_sums<M>(how);
    constexpr bool two = M == SparseMetric::braycurtis || M == SparseMetric::dirichlet;
    std::vector<double> first(sums ? table.n : 0, 0.0);
    std::vector<double> second(two ? table.n : 0, 0.0);
    SparseBest best(keep);
    std::vector<std::pair<float, std::int32_t>> found;
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t me = self == nullptr ? table.n : static_cast<std::size_t>(self[i]);
      best.clear();
      if (sums) {
        add_shared<M>(how, queries, i, postings, table, first.data(), second.data());
        scan_sums<M>(how, queries, i, table, me, first.data(), second.data(), best);
      } else {
        scan_pairs<M>(how, queries, i, table, me, best);
      }
      found.clear();
      for (int j = 0; j < keep && best.ids[static_cast<std::size_t>(j)] != kNobody; ++j) {
        const std::uint32_t x = best.ids[static_cast<std::size_t>(j)];
        found.emplace_back(pair_distance<M>(how, queries, i, table, x),
                           static_cast<std::int32_t>(x));
      }
      write_best(found, k, ids + i * static_cast<std::size_t>(k),
                 distances + i * static_cast<std::size_t>(k));
    }
  });
}

UMAPKIT_END
