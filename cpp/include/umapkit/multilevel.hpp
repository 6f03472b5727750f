// Smooth coordinates of a large connected graph through smaller ones.
//
// A filter of degree q sees about q edges far: on a long chain, ring or filament no affordable
// degree separates the smoothest vectors, and on any large graph most of its products go into
// what a smaller graph could tell. On a graph of aggregates (coarsen.hpp) each edge spans many. So:
// coarsen until few vertices are left, solve there, and on the way back take every coarse vector
// as a start, x_i = (r_i / R_a) x'_a, which the filter (smooth.hpp) then rids of its steps: rounds
// of degree 20, 40, 80, 160, 160, ..., until the residual of every wanted vector is at most a tenth
// of theta, or the products of that level are spent: 40 at the finest, four times more at each
// coarser one, at most 1280. The coarsest graph begins with a hashed block and has eight times its
// products, at most 1280.
//
// Approximate: it is a start for a layout, not an eigensolver. O(nnz m) for each of 20 to 60
// products of the finest graph's cost in most cases; a graph that cannot be coarsened, 320.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "umapkit/coarsen.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/smooth.hpp"
#include "umapkit/spectral.hpp"

UMAPKIT_BEGIN

constexpr double kShare = 0.1;
constexpr double kFloatFloor = 1e-6;  // residual that rounding to float32 leaves
constexpr std::size_t kCoarsest = 64;

inline void prolong(const Adjacency<float>& fine, const CoarseGraph& coarse,
                    const Block<float>& from, Block<float>& to, int n_threads) {
  const std::size_t m = to.m;
  for_blocks(fine.n, kSpectralBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto a = static_cast<std::size_t>(coarse.home[i]);
      const auto factor = static_cast<float>(fine.roots[i] / coarse.roots[a]);
      for (std::size_t q = 0; q < m; ++q) to.x[i * m + q] = factor * from.x[a * m + q];
    }
  });
  to.rank = from.rank;
  to.theta = from.theta;
}

// Rounds of growing degree until the vectors wanted are settled or `budget` products are made.
inline void refine(const Adjacency<float>& s, Block<float>& block, std::size_t count, int budget,
                   int n_threads) {
  for (int degree = 20; budget >= 20; degree = std::min(2 * degree, 160)) {
    const int now = std::min(degree, budget);
    filter_round(s, block, now, n_threads);
    if (block.settled(count, kShare, kFloatFloor)) return;
    budget -= now;
  }
}

// Leading `count` vectors, in the first columns of `block`.
inline void smooth_large(const Adjacency<float>& s, Block<float>& block, std::size_t count,
                         std::uint64_t seed, std::uint64_t epoch, int n_threads) {
  std::vector<std::unique_ptr<CoarseGraph>> levels;
  const auto at = [&](std::size_t level) { return level ? levels[level - 1]->view() : s; };
  for (;;) {
    const Adjacency<float> finest = at(levels.size());
    if (finest.n <= kCoarsest) break;
    auto next = std::make_unique<CoarseGraph>();
    next->home.resize(finest.n);
    const auto left = static_cast<std::size_t>(aggregate(finest, next->home.data(), n_threads));
    // Too few for the block, or hardly fewer than before: that graph is no help.
    if (left < 2 * block.m || 4 * left > 3 * finest.n) break;
    build_coarse(finest, left, *next, n_threads);
    levels.push_back(std::move(next));
  }
  Block<float> below(0, block.m);
  for (std::size_t level = levels.size() + 1; level-- > 0;) {
    const Adjacency<float> here = at(level);
    Block<float> own(level ? here.n : 0, block.m);
    Block<float>& now = level ? own : block;
    int budget = 40;
    for (std::size_t l = 0; l < level && budget < 1280; ++l) budget *= 4;
    if (level < levels.size()) {
      prolong(here, *levels[level], below, now, n_threads);
      refine(here, now, count, std::min(budget, 1280), n_threads);
    } else {
      fill_uniform(here.n, now.m, seed, epoch, now.x.data(), n_threads);
      project_out(here.n, now.m, now.x.data(), here.roots, n_threads);
      refine(here, now, count, std::min(8 * budget, 1280), n_threads);
    }
    below = std::move(own);
  }
}

UMAPKIT_END
