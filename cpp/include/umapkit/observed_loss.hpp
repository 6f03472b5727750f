// The loss that is really optimised, at one moment of the layout, vertex by vertex.
//
// Effective loss (tutorial, Eq. 29; Damrich and Hamprecht 2021), as a sum over vertices:
//
//   L = sum_i [ sum_j p_ij c_a(i, j) + m d_i mean_l c_r(i, l) ],   d_i = sum_j p_ij
//
// c_a and c_r as in force.hpp. The mean over all l is estimated by runs of 16 hashed negatives,
// at least `negative_runs` and as many as m d_i asks for (unbiased; the vertex itself, at distance
// 0, is left out). O(edges + 16 runs n).
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "umapkit/force.hpp"
#include "umapkit/sampled.hpp"

UMAPKIT_BEGIN

// `far` says how much a negative counts (weighted.hpp); with all alike it is the loss above.
// losses[2 i] = attraction, losses[2 i + 1] = repulsion of vertex i.
template <class Far = Alike>
void observed_losses(const PaddedGraph& graph, const SampledOptions& options, int dim,
                     const std::int32_t* order, const float* map, std::int64_t epoch,
                     double* losses, int n_threads, const Far& far = {}) {
  const std::size_t n = graph.n;
  const std::size_t stride = n + kLanes;
  std::vector<float> copy(stride * dim), positions(n * dim);  // of the places
  for (std::size_t i = 0; i < n; ++i)
    std::copy_n(map + static_cast<std::size_t>(graph.vertices[i]) * dim, dim, &positions[i * dim]);
  shuffled_copy(positions.data(), static_cast<std::size_t>(dim), order, n, dim, n_threads,
                copy.data());
  for_blocks(n, 512, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const float* const here = &positions[i * dim];
      const std::size_t vertex = static_cast<std::size_t>(graph.vertices[i]);
      F32x16 attraction = {};
      for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v) {
        F32x16 s = {};
        for (int k = 0; k < dim; ++k) {
          const F32x16 other = pick<float, kLanes>([&](int l) {
            return positions[static_cast<std::size_t>(graph.heads[v * kLanes + l]) * dim + k];
          });
          const F32x16 d = splat(here[k]) - other;
          s += d * d;
        }
        attraction += load(graph.weights + v * kLanes) * options.curve.attraction_cost(s);
      }
      const std::uint64_t key_i =
          key(options.seed, Stage::sample, static_cast<std::uint64_t>(epoch), vertex);
      F32x16 repulsion = {}, counted = {};
      const std::int32_t runs =
          std::max(options.negative_runs, runs_of(options.negative_rate * graph.degree[i], 4096));
      for (std::int32_t r = 0; r < runs; ++r) {
        const std::size_t first =
            below(draw(key_i, static_cast<std::uint64_t>(r)), static_cast<std::uint32_t>(n));
        const float* const run = copy.data() + first;
        F32x16 s = {};
        for (int k = 0; k < dim; ++k) {
          const F32x16 d = splat(here[k]) - load(run + static_cast<std::size_t>(k) * stride);
          s += d * d;
        }
        const F32x16 one = greater(s, splat(0.0f));
        F32x16 cost = one * options.curve.repulsion_cost(s);
        if constexpr (Far::kAny) cost *= far.share(first);
        repulsion += cost;
        counted += one;
      }
      const float count = sum(counted);
      losses[2 * vertex] = sum(attraction);
      losses[2 * vertex + 1] = count > 0.0f ? static_cast<double>(options.negative_rate) *
                                                  graph.degree[i] * sum(repulsion) / count
                                            : 0.0;
    }
  });
}

UMAPKIT_END
