// The parallel sampled optimiser: one epoch in which every vertex moves once.
//
// With p = s^b, s = |y_i - y_j|^2, the forces of UMAP (tutorial, Eqs. 12 and 13; eps = 0.001) are
//
//   attraction of an edge      f_a = -2ab (p / s) / (1 + a p) (y_i - y_j)
//   repulsion of a negative    f_r =  2 gamma b / ((eps + s)(1 + a p)) (y_i - y_j)
//
// every component clipped to [-4, 4]. Vertex i reads all positions from the start of the epoch
// and moves with momentum (heavy ball; Polyak 1964):
//
//   F_i = 2 sum_j w_ij f_a(i, j) + r_i sum_{l in N_i} f_r(i, l),   r_i = m d_i / |N_i|
//   v_i <- mu t v_i + rate t F_i / (1 + rate t max(0, K_i - K_max)),  t = 1 - epoch / n_epochs
//   y_i <- y_i + v_i
//
// w is the membership over its largest value, d_i = sum_j w_ij, m the negative sample rate, N_i
// the negatives of i in this epoch, K_i = 2 sum_j w_ij |c_a(i, j)| the stiffness of the springs at
// i. The sums are the expectation of Algorithm 1 (the factor 2: both ends of an edge are visited
// and both move), so the attraction has no sampling noise.
//
// Why momentum that fades: whole clusters drift apart over many epochs, and momentum carries them
// 1 / (1 - mu) times as far; at the end it must be gone, or the last steps stay coarse.
// Why K_max: a hub and its neighbours would all jump at once and oscillate; above K_max (a multiple
// of the mean stiffness, so ordinary vertices never reach it) a step is a relaxation at most.
//
// Negatives come as runs of 16 out of a shuffled copy of the positions, begun at a hashed place:
// every vertex is as likely as any other, and no gather is needed.
//
// Approximated: negatives of one run are drawn together, so they are not independent of each
// other (their mean is right). Complexity: sum of degrees + n |N| pairs an epoch; positions,
// velocities and two copies of the positions. Every vertex writes its own place only: the bits do
// not depend on threads.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "umapkit/force.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

// Rows padded to whole vectors: row i is vectors[i] .. vectors[i + 1], 16 edges each; the padding
// points at i itself with weight 0.
struct PaddedGraph {
  std::size_t n;
  const std::int64_t* vectors;
  const std::int32_t* heads;
  const float* weights;
  const float* degree;  // d_i
};

struct SampledOptions {
  Curve curve;
  float learning_rate;
  float momentum;
  float stiffness_limit;        // K_max
  float negative_rate;          // m
  std::int32_t negative_runs;   // most runs of 16 negatives a vertex draws in an epoch
  std::uint64_t seed;
  std::int64_t n_epochs;        // length of the schedule
};

// Runs of 16 negatives: as many as m d_i asks for, at least one, at most the cap.
UMAPKIT_INLINE std::int32_t runs_of(float wanted, std::int32_t cap) {
  if (!(wanted > 0.0f)) return 0;
  const float runs = wanted * (1.0f / kLanes);
  return runs >= static_cast<float>(cap) ? cap : std::max(1, static_cast<std::int32_t>(runs + 0.5f));
}

template <int D>
void sampled_block(const PaddedGraph& graph, const SampledOptions& options, int dim_given,
                   const float* from, const float* copy, std::size_t stride, std::int64_t epoch,
                   float fade, float* to, float* velocity, F32x16* scratch, std::size_t begin, std::size_t end) {
  const int dim = D > 0 ? D : dim_given;
  F32x16 local[D > 0 ? 2 * D : 1];
  F32x16* const delta = D > 0 ? local : scratch;
  F32x16* const force = D > 0 ? local + D : scratch + dim;
  const Curve curve = options.curve;

  for (std::size_t i = begin; i < end; ++i) {
    const float* const here = from + i * dim;
    for (int k = 0; k < dim; ++k) force[k] = F32x16{};
    F32x16 stiffness = {};
    for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v) {
      const std::int32_t* const heads = graph.heads + v * kLanes;
      F32x16 s = {};
      for (int k = 0; k < dim; ++k) {
        F32x16 other;
        for (int l = 0; l < kLanes; ++l)
          other[l] = from[static_cast<std::size_t>(heads[l]) * dim + k];
        delta[k] = splat(here[k]) - other;
        s += delta[k] * delta[k];
      }
      const F32x16 w = load(graph.weights + v * kLanes);
      const F32x16 c = curve.attraction(s);
      stiffness += w * c;
      for (int k = 0; k < dim; ++k) force[k] -= w * clamp(c * delta[k], kClip);
    }
    stiffness = stiffness * 2.0f;
    for (int k = 0; k < dim; ++k) force[k] = force[k] * 2.0f;

    const float wanted = options.negative_rate * graph.degree[i];
    const std::int32_t runs = runs_of(wanted, options.negative_runs);
    if (runs > 0) {
      const float share = wanted / static_cast<float>(runs * kLanes);
      const std::uint64_t key_i =
          key(options.seed, Stage::negative, static_cast<std::uint64_t>(epoch), i);
      for (std::int32_t r = 0; r < runs; ++r) {
        const float* const run = copy + below(draw(key_i, static_cast<std::uint64_t>(r)),
                                              static_cast<std::uint32_t>(graph.n));
        F32x16 s = {};
        for (int k = 0; k < dim; ++k) {
          delta[k] = splat(here[k]) - load(run + static_cast<std::size_t>(k) * stride);
          s += delta[k] * delta[k];
        }
        const F32x16 c = curve.repulsion(s);
        for (int k = 0; k < dim; ++k) force[k] += clamp(c * delta[k], kClip) * share;
      }
    }
    const float rate = options.learning_rate * fade;
    const float excess = std::max(0.0f, sum(stiffness) - options.stiffness_limit);
    const float step = rate / (1.0f + rate * excess);
    for (int k = 0; k < dim; ++k) {
      float& v = velocity[i * dim + k];
      v = options.momentum * fade * v + step * sum(force[k]);
      to[i * dim + k] = here[k] + v;
    }
  }
}

// copy[k][i] = positions[order[i]][k] for i < n, and 16 more that begin again at 0.
inline void shuffled_copy(const float* positions, const std::int32_t* order, std::size_t n, int dim,
                          int n_threads, float* copy) {
  const std::size_t stride = n + kLanes;
  for_blocks(n, 16384, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const float* const source = positions + static_cast<std::size_t>(order[i]) * dim;
      for (int k = 0; k < dim; ++k) copy[k * stride + i] = source[k];
    }
  });
  for (int k = 0; k < dim; ++k)
    for (std::size_t l = 0; l < kLanes; ++l) copy[k * stride + n + l] = copy[k * stride + l % n];
}

// Runs epochs state[0] .. until - 1; state[0] is advanced as each epoch ends, so whoever is
// interrupted knows which epoch `positions` belongs to. `order` is a fixed permutation of the
// vertices, `positions` is (n, dim).
inline void run_sampled(const PaddedGraph& graph, const SampledOptions& options, int dim,
                        const std::int32_t* order, float* positions, float* velocity, std::int64_t* state,
                        std::int64_t until, int n_threads) {
  const std::size_t n = graph.n;
  const std::size_t stride = n + kLanes;
  std::vector<float> copy(stride * dim);
  std::vector<float> next(n * dim);
  std::vector<std::vector<F32x16>> scratch(static_cast<std::size_t>(std::max(n_threads, 1)));
  if (dim > 3)
    for (auto& s : scratch) s.resize(static_cast<std::size_t>(2 * dim));
  const std::size_t block = std::clamp<std::size_t>(n / (8 * std::max(n_threads, 1)), 64, 2048);

  for (; state[0] < until; ++state[0]) {
    const std::int64_t epoch = state[0];
    const float fade = 1.0f - static_cast<float>(epoch) / static_cast<float>(options.n_epochs);
    shuffled_copy(positions, order, n, dim, n_threads, copy.data());
    for_blocks(n, block, n_threads, [&](std::size_t begin, std::size_t end, int thread) {
      auto call = [&]<int D>() {
        sampled_block<D>(graph, options, dim, positions, copy.data(), stride, epoch, fade,
                         next.data(), velocity, scratch[static_cast<std::size_t>(thread)].data(), begin, end);
      };
      switch (dim) {
        case 1: call.template operator()<1>(); break;
        case 2: call.template operator()<2>(); break;
        case 3: call.template operator()<3>(); break;
        default: call.template operator()<0>();
      }
    });
    std::copy(next.begin(), next.end(), positions);
  }
}

UMAPKIT_END
