// A smaller graph that has nearly the same smooth vectors.
//
// Vertices are put together in aggregates; vectors that are constant on them (times the roots of
// the degrees) span a space with the orthonormal basis P, and the coarse operator is S's share in
// it (Galerkin):
//
//   P_ia = r_i / R_a for i in a,  R_a^2 = sum_{i in a} r_i^2,   S' = P^T S P,   S' R = R.
//
// An edge is strong for i where S_ij is at least a quarter of i's largest. Pass 1, in the order of
// the vertices: one whose strong neighbours are all free founds an aggregate with them. Pass 2:
// each vertex left joins the aggregate of its heaviest neighbour (the lowest of equals) from pass
// 1; there is one, or it would have founded. Vanek, Mandel, Brezina: Algebraic multigrid by
// smoothed aggregation, Computing 56 (1996). No draws; the same bits for any threads. O(nnz).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/spectral.hpp"

UMAPKIT_BEGIN

constexpr float kStrong = 0.25f;

// home[i] = aggregate of vertex i; gives their number.
inline std::int32_t aggregate(const Adjacency<float>& s, std::int32_t* home, int n_threads) {
  std::vector<float> least(s.n);
  for_blocks(s.n, kSpectralBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      float largest = 0.0f;
      for (std::int64_t e = s.indptr[i]; e < s.indptr[i + 1]; ++e)
        if (static_cast<std::size_t>(s.indices[e]) != i) largest = std::max(largest, s.values[e]);
      least[i] = kStrong * largest;
    }
  });
  std::fill(home, home + s.n, -1);
  std::int32_t count = 0;
  for (std::size_t i = 0; i < s.n; ++i) {
    if (home[i] >= 0) continue;
    bool free = true;
    for (std::int64_t e = s.indptr[i]; free && e < s.indptr[i + 1]; ++e)
      free = s.values[e] < least[i] || home[s.indices[e]] < 0;
    if (!free) continue;
    home[i] = count;
    for (std::int64_t e = s.indptr[i]; e < s.indptr[i + 1]; ++e)
      if (s.values[e] >= least[i]) home[s.indices[e]] = count;
    ++count;
  }
  const std::vector<std::int32_t> founded(home, home + s.n);
  for_blocks(s.n, kSpectralBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      if (founded[i] >= 0) continue;
      float heaviest = -1.0f;
      for (std::int64_t e = s.indptr[i]; e < s.indptr[i + 1]; ++e)
        if (founded[s.indices[e]] >= 0 && s.values[e] > heaviest) {
          heaviest = s.values[e];
          home[i] = founded[s.indices[e]];
        }
    }
  });
  return count;
}

struct CoarseGraph {
  std::vector<std::int32_t> home;  // of the finer graph's vertices
  std::vector<double> roots;
  std::vector<std::int64_t> indptr;
  std::vector<std::int32_t> indices;
  std::vector<float> values;

  Adjacency<float> view() const {
    return {roots.size(), indptr.data(), indices.data(), values.data(), roots.data()};
  }
};

// S' of the aggregates in `out.home`; its columns are sorted.
inline void build_coarse(const Adjacency<float>& s, std::size_t count, CoarseGraph& out,
                         int n_threads) {
  constexpr std::size_t kRows = 256;
  std::vector<std::int64_t> first(count + 1, 0);
  for (std::size_t i = 0; i < s.n; ++i) ++first[static_cast<std::size_t>(out.home[i]) + 1];
  for (std::size_t a = 0; a < count; ++a) first[a + 1] += first[a];
  std::vector<std::int32_t> members(s.n);
  std::vector<std::int64_t> next(first.begin(), first.end() - 1);
  for (std::size_t i = 0; i < s.n; ++i)
    members[static_cast<std::size_t>(next[static_cast<std::size_t>(out.home[i])]++)] =
        static_cast<std::int32_t>(i);
  out.roots.assign(count, 0.0);
  for (std::size_t i = 0; i < s.n; ++i)
    out.roots[static_cast<std::size_t>(out.home[i])] += s.roots[i] * s.roots[i];
  for (double& r : out.roots) r = std::sqrt(r);

  struct Rows {
    std::vector<std::int32_t> columns;
    std::vector<float> values;
  };
  std::vector<Rows> blocks((count + kRows - 1) / kRows);
  out.indptr.assign(count + 1, 0);
  const auto workers = static_cast<std::size_t>(std::max(n_threads, 1));
  std::vector<std::vector<double>> totals(workers);
  for_blocks(count, kRows, n_threads, [&](std::size_t begin, std::size_t end, int thread) {
    Rows& rows = blocks[begin / kRows];
    std::vector<double>& total = totals[static_cast<std::size_t>(thread)];
    if (total.empty()) total.assign(count, 0.0);
    std::vector<std::int32_t> seen;
    for (std::size_t a = begin; a < end; ++a) {
      seen.clear();
      for (std::int64_t p = first[a]; p < first[a + 1]; ++p) {
        const auto i = static_cast<std::size_t>(members[static_cast<std::size_t>(p)]);
        for (std::int64_t e = s.indptr[i]; e < s.indptr[i + 1]; ++e) {
          const auto j = static_cast<std::size_t>(s.indices[e]);
          const auto b = static_cast<std::size_t>(out.home[j]);
          if (total[b] == 0.0) seen.push_back(out.home[j]);
          total[b] += s.roots[i] * static_cast<double>(s.values[e]) * s.roots[j];
        }
      }
      // A share that vanishes leaves no trace, and may have been listed twice.
      std::sort(seen.begin(), seen.end());
      seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
      for (const std::int32_t b : seen) {
        double& share = total[static_cast<std::size_t>(b)];
        rows.columns.push_back(b);
        rows.values.push_back(
            static_cast<float>(share / (out.roots[a] * out.roots[static_cast<std::size_t>(b)])));
        share = 0.0;
      }
      out.indptr[a + 1] = static_cast<std::int64_t>(seen.size());
    }
  });
  for (std::size_t a = 0; a < count; ++a) out.indptr[a + 1] += out.indptr[a];
  out.indices.reserve(static_cast<std::size_t>(out.indptr[count]));
  out.values.reserve(static_cast<std::size_t>(out.indptr[count]));
  for (Rows& rows : blocks) {
    out.indices.insert(out.indices.end(), rows.columns.begin(), rows.columns.end());
    out.values.insert(out.values.end(), rows.values.begin(), rows.values.end());
    rows = Rows();
  }
}

UMAPKIT_END
