// Smooth coordinates of every connected component (island) of a graph.
//
// Up to 32 vertices (or twice the block): all eigenvectors by Jacobi's rotations. Up to 256: a
// Chebyshev filter in double precision until the residuals are below 1e-8 (at most 2000 products).
// Larger ones: smooth_large (multilevel.hpp). An island is copied out with its own numbering, so
// the memory beyond the result is that of the islands at work. Islands of up to 8192 vertices are
// solved one a thread, larger ones one by one by all threads; neither changes a bit.
// Every vector's entry of largest magnitude (the first such) is positive.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "umapkit/isa.hpp"
#include "umapkit/multilevel.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/smooth.hpp"
#include "umapkit/spectral.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kWhole = 32, kSmallIsland = 256, kIslandOfOneThread = 8192;

struct IslandGraph {
  std::size_t n;
  const std::int64_t* indptr;
  const std::int32_t* indices;
  const float* weights;
};

template <class T>
void write_vectors(const Block<T>& block, std::size_t n, std::size_t count,
                   const std::int32_t* rows, bool scale, float* out) {
  double widest = 0.0;
  std::vector<double> peaks(count, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t c = 0; c < count; ++c) {
      const double v = block.x[i * block.m + c];
      if (std::fabs(v) > std::fabs(peaks[c])) peaks[c] = v;
    }
  for (const double p : peaks) widest = std::max(widest, std::fabs(p));
  const double unit = scale && widest > 0.0 ? 1.0 / widest : 1.0;
  for (std::size_t i = 0; i < n; ++i) {
    float* to = out + (rows ? static_cast<std::size_t>(rows[i]) : i) * count;
    for (std::size_t c = 0; c < count; ++c)
      to[c] = static_cast<float>((peaks[c] < 0.0 ? -unit : unit) *
                                 static_cast<double>(block.x[i * block.m + c]));
  }
}

// The leading `count` < g.n vectors; row i goes to row rows[i] of `out` (to row i, without rows).
// scale: divided by their largest magnitude.
inline void smooth_island(const IslandGraph& g, std::size_t count, std::uint64_t seed,
                          std::uint64_t epoch, const std::int32_t* rows, bool scale, float* out,
                          int n_threads) {
  const std::size_t m = block_width(count);
  const auto edges = static_cast<std::size_t>(g.indptr[g.n]);
  std::vector<double> roots(g.n);
  const auto solve = [&]<class T>(T) {
    std::vector<T> values(edges);
    normalise(g.n, g.indptr, g.indices, g.weights, roots.data(), values.data(), n_threads);
    const Adjacency<T> s{g.n, g.indptr, g.indices, values.data(), roots.data()};
    Block<T> block(g.n, m);
    if constexpr (std::is_same_v<T, float>) {
      smooth_large(s, block, count, seed, epoch, n_threads);
    } else if (g.n <= std::max(kWhole, 2 * m)) {
      solve_whole(s, block);
    } else {
      fill_uniform(g.n, m, seed, epoch, block.x.data(), n_threads);
      project_out(g.n, m, block.x.data(), roots.data(), n_threads);
      for (int round = 0; round < 50 && !block.settled(count, 0.0, 1e-8); ++round)
        filter_round(s, block, 40, n_threads);
    }
    write_vectors(block, g.n, count, rows, scale, out);
  };
  if (g.n <= std::max(kSmallIsland, 2 * m))
    solve(double{});
  else
    solve(float{});
}

// labels: island of every vertex, numbered from 0; islands of at most `tiny` vertices are left
// alone. `out` (n x count) gets the vectors, each island's divided by their largest magnitude.
inline void smooth_islands(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                           const float* weights, const std::int32_t* labels, std::size_t islands,
                           std::size_t tiny, std::size_t count, std::uint64_t seed,
                           std::uint64_t epoch, float* out, int n_threads) {
  std::vector<std::size_t> first(islands + 1, 0);
  for (std::size_t i = 0; i < n; ++i) ++first[static_cast<std::size_t>(labels[i]) + 1];
  for (std::size_t a = 0; a < islands; ++a) first[a + 1] += first[a];
  std::vector<std::int32_t> members(n), local(n);
  {
    std::vector<std::size_t> next(first.begin(), first.end() - 1);
    for (std::size_t i = 0; i < n; ++i) {
      const auto a = static_cast<std::size_t>(labels[i]);
      local[i] = static_cast<std::int32_t>(next[a] - first[a]);
      members[next[a]++] = static_cast<std::int32_t>(i);
    }
  }
  const auto solve = [&](std::size_t a, int threads) {
    const std::int32_t* rows = members.data() + first[a];
    const std::size_t size = first[a + 1] - first[a];
    std::vector<std::int64_t> starts(size + 1, 0);
    for (std::size_t i = 0; i < size; ++i)
      starts[i + 1] = starts[i] + (indptr[rows[i] + 1] - indptr[rows[i]]);
    std::vector<std::int32_t> columns(static_cast<std::size_t>(starts[size]));
    std::vector<float> own(columns.size());
    for_blocks(size, kSpectralBlock, threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        auto to = static_cast<std::size_t>(starts[i]);
        for (std::int64_t e = indptr[rows[i]]; e < indptr[rows[i] + 1]; ++e, ++to) {
          columns[to] = local[static_cast<std::size_t>(indices[e])];
          own[to] = weights[e];
        }
      }
    });
    const IslandGraph g{size, starts.data(), columns.data(), own.data()};
    smooth_island(g, count, seed, epoch, rows, true, out, threads);
  };
  std::vector<std::size_t> shared, alone;
  for (std::size_t a = 0; a < islands; ++a) {
    const std::size_t size = first[a + 1] - first[a];
    if (size > tiny) (size > kIslandOfOneThread ? shared : alone).push_back(a);
  }
  for (const std::size_t a : shared) solve(a, n_threads);
  // The largest first, so that no thread is left alone with one at the end.
  std::stable_sort(alone.begin(), alone.end(), [&](std::size_t a, std::size_t b) {
    return first[a + 1] - first[a] > first[b + 1] - first[b];
  });
  for_blocks(alone.size(), 1, n_threads,
             [&](std::size_t k, std::size_t, int) { solve(alone[k], 1); });
}

UMAPKIT_END
