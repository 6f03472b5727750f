// t-SNE: gradient descent with momentum and gains.
//
//   KL(P | Q) = sum_ij p_ij log(p_ij / q_ij),   q_ij = w_ij / Z,   Z = sum_{k != l} w_kl
//   g_i = x sum_j p_ij e_ij (y_i - y_j) - R_i / Z                 (a quarter of the gradient)
//   G <- G + 0.2 where the signs of v and g differ, else 0.8 G + 0.01
//   v <- m v - eta G g, shortened to 5 if longer;   y <- y + v;   y <- y - mean(y)
//
// p: joint probabilities (sum 1, zero beyond nearest neighbours), w, e: student.hpp, x:
// exaggeration (1 but at the beginning), R_i: all_pairs.hpp, space_tree.hpp or grid_field.hpp. van
// der Maaten, Hinton: Visualizing data using t-SNE, JMLR 2008; gains: Jacobs 1988; eta = n / x:
// Belkina et al., Nature Communications 2019. Factor, gains and bound of the step are those of
// openTSNE.
//
// All points read the places of the step's start. O(edges + repulsion) a step. A vertex sums its
// own edges in their order, sixteen lanes in a fixed tree; means are sums of blocks of fixed size.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "umapkit/all_pairs.hpp"
#include "umapkit/grid_field.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/simd.hpp"
#include "umapkit/space_tree.hpp"
#include "umapkit/student.hpp"
#include "umapkit/tsne_density.hpp"
#include "umapkit/tsne_graph.hpp"

UMAPKIT_BEGIN
namespace tsne {

struct Descent {
  float exaggeration, rate, momentum, least_gain, longest;
};

// sum_j p e (y_i - y_j) over the edges of row i; with kCost also sum_j p log2(1 / w).
template <int D, bool kCost>
UMAPKIT_INLINE float pull(const Affinities& graph, const Student& student, const float* places,
                          std::size_t i, float* out) {
  F32x16 sums_of[D], own[D], cost = splat(0.0f);
  for (int d = 0; d < D; ++d) {
    own[d] = splat(places[i * place_width(D) + d]);
    sums_of[d] = splat(0.0f);
  }
  for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v) {
    F32x16 delta[D], s = splat(0.0f);
    gather<D>(places, graph.heads + v * kLanes, delta);
    for (int d = 0; d < D; ++d) {
      delta[d] = own[d] - delta[d];
      s = s + delta[d] * delta[d];
    }
    const F32x16 p = load(graph.weights + v * kLanes);
    const F32x16 pe = p * student.closeness(s);
    for (int d = 0; d < D; ++d) sums_of[d] = sums_of[d] + pe * delta[d];
    if constexpr (kCost) cost = cost + p * student.cost(s);
  }
  for (int d = 0; d < D; ++d) out[d] = sum(sums_of[d]);
  return kCost ? sum(cost) : 0.0f;
}

template <int D>
struct State {
  static constexpr std::size_t kWidth = place_width(D);
  const Affinities& graph;
  std::vector<float> places, next, force;

  State(const Affinities& g, const float* positions)
      : graph(g), places(g.n * kWidth + kLanes), next(places.size()), force(places.size()) {
    for (std::size_t i = 0; i < graph.n; ++i)
      for (int d = 0; d < D; ++d)
        places[i * kWidth + static_cast<std::size_t>(d)] =
            positions[row(i) + static_cast<std::size_t>(d)];
  }
  // Where vertex `place` begins in the caller's arrays.
  std::size_t row(std::size_t place) const {
    return static_cast<std::size_t>(graph.vertices[place]) * D;
  }
};

constexpr std::size_t kRowBlock = 256;

// With `densities` they count, too.
template <int D, class Repulsion>
void descend(const Affinities& graph, const Student& student, Repulsion&& repulsion,
             const Descent& options, Densities* densities, std::int64_t steps, float* positions,
             float* velocity, float* gains, int n_threads) {
  constexpr std::size_t kWidth = place_width(D);
  State<D> state(graph, positions);
  const std::size_t n = graph.n;
  struct Sum {
    double of[D];
  };
  std::vector<Sum> parts((n + kRowBlock - 1) / kRowBlock);
  for (std::int64_t step = 0; step < steps; ++step) {
    repulsion.build(state.places.data(), n, 0.0f, n_threads);
    const double z = repulsion.forces(state.force.data(), n_threads);
    // A map whose points are infinitely far from each other does not repel.
    const float share = z > 1e-30 ? static_cast<float>(1.0 / z) : 0.0f;
    if (densities) densities->prepare<D>(student, state.places.data(), n_threads);
    for_blocks(n, kRowBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
      Sum sum{};
      for (std::size_t i = begin; i < end; ++i) {
        float pulled[D], gradient[D], moved[D];
        pull<D, false>(graph, student, state.places.data(), i, pulled);
        for (int d = 0; d < D; ++d)
          gradient[d] = options.exaggeration * pulled[d] - share * state.force[i * kWidth + d];
        if (densities) densities->subtract<D>(student, state.places.data(), i, gradient);
        float* v = velocity + state.row(i);
        float* gain = gains + state.row(i);
        float length = 0.0f;
        for (int d = 0; d < D; ++d) {
          const int old_sign = (v[d] > 0.0f) - (v[d] < 0.0f);
          const int sign = (gradient[d] > 0.0f) - (gradient[d] < 0.0f);
          gain[d] = old_sign != sign ? gain[d] + 0.2f : gain[d] * 0.8f + options.least_gain;
          moved[d] = options.momentum * v[d] - options.rate * gain[d] * gradient[d];
          length += moved[d] * moved[d];
        }
        if (length > options.longest * options.longest) {
          const float shorter = options.longest / std::sqrt(length);
          for (int d = 0; d < D; ++d) moved[d] *= shorter;
        }
        for (int d = 0; d < D; ++d) {
          v[d] = moved[d];
          const float at = state.places[i * kWidth + d] + moved[d];
          state.next[i * kWidth + d] = at;
          sum.of[d] += static_cast<double>(at);
        }
      }
      parts[begin / kRowBlock] = sum;
    });
    float mean[D];
    for (int d = 0; d < D; ++d) {
      double total = 0.0;
      for (const Sum& part : parts) total += part.of[d];
      mean[d] = static_cast<float>(total / static_cast<double>(n));
    }
    for_blocks(n, 8192, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i)
        for (int d = 0; d < D; ++d)
          state.places[i * kWidth + d] = state.next[i * kWidth + d] - mean[d];
    });
  }
  for (std::size_t i = 0; i < n; ++i)
    for (int d = 0; d < D; ++d) positions[state.row(i) + d] = state.places[i * kWidth + d];
}

// Attraction sum_j p e (y_i - y_j) and repulsion R_i of every vertex, (n, D) each; totals: Z and
// sum_ij p log2(1 / w).
template <int D, class Repulsion>
void measure(const Affinities& graph, const Student& student, Repulsion&& repulsion,
             const float* positions, float* attraction, float* repelled, double* totals,
             int n_threads) {
  constexpr std::size_t kWidth = place_width(D);
  const State<D> state(graph, positions);
  const std::size_t n = graph.n;
  std::vector<float> force(n * kWidth + kLanes);
  repulsion.build(state.places.data(), n, 0.0f, n_threads);
  totals[0] = repulsion.forces(force.data(), n_threads);
  std::vector<double> costs(n);
  for_blocks(n, kRowBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      costs[i] = static_cast<double>(
          pull<D, true>(graph, student, state.places.data(), i, attraction + state.row(i)));
      for (int d = 0; d < D; ++d) repelled[state.row(i) + d] = force[i * kWidth + d];
    }
  });
  totals[1] = 0.0;
  for (const double cost : costs) totals[1] += cost;
}

enum class Method : int { exact = 0, tree = 1, grid = 2 };

// Calls f with the repulsion of the method.
template <int D, class F>
void with_repulsion(Method method, const Student& student, float theta, float spacing, F&& f) {
  switch (method) {
    case Method::exact: f(AllPairs<D>(student)); break;
    case Method::tree: f(SpaceTree<D>(student, theta)); break;
    default: f(GridField<D>(student, spacing));
  }
}

}  // namespace tsne
UMAPKIT_END
