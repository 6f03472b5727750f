// The parallel sampled optimiser: one epoch in which every vertex moves once.
//
// With p = s^b, s = |y_i - y_j|^2, the forces of UMAP (tutorial, Eqs. 12 and 13; eps = 0.001) are
//
//   attraction of an edge      f_a = -2ab (p / s) / (1 + a p) (y_i - y_j)
//   repulsion of a negative    f_r =  2 gamma b / ((eps + s)(1 + a p)) (y_i - y_j)
//
// every component clipped to [-4, 4]. Vertex i reads all positions from the start of the epoch
// and moves by a semi-implicit step:
//
//   F_i = 2 sum_j w_ij f_a(i, j) + r_i sum_{l in N_i} f_r(i, l),   r_i = m d_i / |N_i|
//   k_ij = 2 w_ij |c_a(i, j)|,   K_i = sum_j k_ij
//   h = rate min(1, (epoch + 1) / (0.4 n_epochs)) (1 - epoch / n_epochs)
//   v_i <- h (F_i + sum_j k_ij v_j + K_i v_i) / (1 + 2 h K_i)
//   y_i <- y_i + v_i
//
// w is the membership over its largest value, d_i = sum_j w_ij, m the negative sample rate, N_i
// the negatives of i in this epoch, c_a the coefficient in f_a = -c_a (y_i - y_j). The sums are
// the expectation of Algorithm 1 (the factor 2: both ends of an edge are visited and both move),
// so the attraction has no sampling noise.
//
// Why semi-implicit: edges are springs of stiffness k_ij. When all points jump at once by h F, a
// spring with h k > 1 overshoots, and a hub and its neighbours swing against each other. The step
// solves the implicit one, (I + h L) v = h F with L the Laplacian of k, by one damped Jacobi
// iteration from the velocities of the last epoch. It is stable for any h K (docs/notes/layout.md)
// and, other than plain damping, leaves common motion alone: where all v_j agree, springs do not
// act, so clusters drift apart at full speed.
//
// Why h grows over the first 0.4 of the schedule: velocities last for about 2 h K epochs. A dense
// start pushes hard, and with a large h its push would be carried on long after the points are
// apart: clusters fly off and a map of tiny islands is left (seen on Fashion-MNIST).
//
// Negatives come as runs of 16 out of a shuffled copy of the positions, begun at a hashed place:
// every vertex is as likely as any other, and no gather is needed.
//
// Approximated: negatives of one run are drawn together, so they are not independent of each
// other (their mean is right). Complexity: sum of degrees + n |N| pairs an epoch; three copies of
// the positions, two of the velocities. Every vertex writes its own place only: the bits do not
// depend on threads.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "umapkit/force.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

constexpr float kRise = 0.4f;

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
  float negative_rate;         // m
  std::int32_t negative_runs;  // most runs of 16 negatives a vertex draws in an epoch
  std::uint64_t seed;
  std::int64_t n_epochs;  // length of the schedule
};

// Runs of 16 negatives: as many as m d_i asks for, at least one, at most the cap.
UMAPKIT_INLINE std::int32_t runs_of(float wanted, std::int32_t cap) {
  if (!(wanted > 0.0f)) return 0;
  const float runs = wanted * (1.0f / kLanes);
  return runs >= static_cast<float>(cap) ? cap
                                         : std::max(1, static_cast<std::int32_t>(runs + 0.5f));
}

// One epoch of the vertices begin .. end - 1. `from` and `to` hold a row of 2 dim numbers a vertex:
// its position, then its velocity, so that a neighbour is one cache line.
template <int D>
void sampled_block(const PaddedGraph& graph, const SampledOptions& options, int dim_given,
                   const float* from, const float* copy, std::size_t stride, std::int64_t epoch,
                   float* to, F32x16* scratch, std::size_t begin, std::size_t end) {
  const int dim = D > 0 ? D : dim_given;
  F32x16 local[D > 0 ? 3 * D : 1];
  F32x16* const delta = D > 0 ? local : scratch;
  F32x16* const force = delta + dim;
  F32x16* const pulled = force + dim;  // sum_j w_ij c_a v_j
  const Curve curve = options.curve;
  const float length = static_cast<float>(options.n_epochs);
  const float h = options.learning_rate * (1.0f - static_cast<float>(epoch) / length) *
                  std::min(1.0f, static_cast<float>(epoch + 1) / (kRise * length));

  for (std::size_t i = begin; i < end; ++i) {
    const float* const here = from + i * 2 * dim;
    for (int k = 0; k < dim; ++k) force[k] = pulled[k] = F32x16{};
    F32x16 stiffness = {};
    for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v) {
      const std::int32_t* const heads = graph.heads + v * kLanes;
      F32x16 s = {};
      for (int k = 0; k < dim; ++k) {
        delta[k] = splat(here[k]) - pick<float, kLanes>([&](int l) {
                     return from[static_cast<std::size_t>(heads[l]) * 2 * dim + k];
                   });
        s += delta[k] * delta[k];
      }
      const F32x16 w = load(graph.weights + v * kLanes);
      const F32x16 c = curve.attraction(s);
      const F32x16 spring = w * c;
      stiffness += spring;
      for (int k = 0; k < dim; ++k) {
        const F32x16 velocity = pick<float, kLanes>(
            [&](int l) { return from[(static_cast<std::size_t>(heads[l]) * 2 + 1) * dim + k]; });
        force[k] -= w * clamp(c * delta[k], kClip);
        pulled[k] += spring * velocity;
      }
    }
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
    const float total = 2.0f * sum(stiffness);
    const float step = h / (1.0f + 2.0f * h * total);
    for (int k = 0; k < dim; ++k) {
      const float old = here[dim + k];
      const float velocity = step * (sum(force[k]) + 2.0f * sum(pulled[k]) + total * old);
      to[i * 2 * dim + k] = here[k] + velocity;
      to[(i * 2 + 1) * dim + k] = velocity;
    }
  }
}

// copy[k][i] = position k of vertex order[i] for i < n, and 16 more that begin again at 0. A row of
// `positions` takes `width` >= dim numbers.
inline void shuffled_copy(const float* positions, std::size_t width, const std::int32_t* order,
                          std::size_t n, int dim, int n_threads, float* copy) {
  const std::size_t stride = n + kLanes;
  for_blocks(n, 16384, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const float* const source = positions + static_cast<std::size_t>(order[i]) * width;
      for (int k = 0; k < dim; ++k) copy[k * stride + i] = source[k];
    }
  });
  for (int k = 0; k < dim; ++k)
    for (std::size_t l = 0; l < kLanes; ++l) copy[k * stride + n + l] = copy[k * stride + l % n];
}

// Runs epochs state[0] .. until - 1; state[0] is advanced as the last one ends. `order` is a fixed
// permutation of the vertices; `positions` and `velocities` are (n, dim), in and out.
inline void run_sampled(const PaddedGraph& graph, const SampledOptions& options, int dim,
                        const std::int32_t* order, float* positions, float* velocities,
                        std::int64_t* state, std::int64_t until, int n_threads) {
  const std::size_t n = graph.n;
  const std::size_t width = static_cast<std::size_t>(dim);
  const std::size_t stride = n + kLanes;
  std::vector<float> copy(stride * width), from(2 * n * width), to(2 * n * width);
  for (std::size_t i = 0; i < n; ++i) {
    std::copy_n(positions + i * width, width, from.data() + 2 * i * width);
    std::copy_n(velocities + i * width, width, from.data() + (2 * i + 1) * width);
  }
  std::vector<std::vector<F32x16>> scratch(static_cast<std::size_t>(std::max(n_threads, 1)));
  if (dim > 3)
    for (auto& s : scratch) s.resize(3 * width);
  const std::size_t threads = static_cast<std::size_t>(std::max(n_threads, 1));
  const std::size_t block = std::clamp<std::size_t>(n / (8 * threads), 64, 2048);

  std::int64_t epoch = state[0];
  for (; epoch < until; ++epoch) {
    shuffled_copy(from.data(), 2 * width, order, n, dim, n_threads, copy.data());
    for_blocks(n, block, n_threads, [&](std::size_t begin, std::size_t end, int thread) {
      auto call = [&]<int D>() {
        sampled_block<D>(graph, options, dim, from.data(), copy.data(), stride, epoch, to.data(),
                         scratch[static_cast<std::size_t>(thread)].data(), begin, end);
      };
      switch (dim) {
        case 1: call.template operator()<1>(); break;
        case 2: call.template operator()<2>(); break;
        case 3: call.template operator()<3>(); break;
        default: call.template operator()<0>();
      }
    });
    from.swap(to);
  }
  for (std::size_t i = 0; i < n; ++i) {
    std::copy_n(from.data() + 2 * i * width, width, positions + i * width);
    std::copy_n(from.data() + (2 * i + 1) * width, width, velocities + i * width);
  }
  state[0] = epoch;
}

UMAPKIT_END
