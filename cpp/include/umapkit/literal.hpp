// The serial optimiser: Algorithm 1 of the tutorial, move by move.
//
// For a processed edge (i, j), in the order of the edge list:
//   y_i <- y_i + rate f_a(i, j),  y_j <- y_j - rate f_a(i, j)                    (lines 12, 13)
//   for each of its negatives l: y_i <- y_i + rate f_r(i, l)                     (line 17)
//                                y_l <- y_l - rate f_r(i, l) if push_tail        (line 18)
// with the forces of force.hpp, every component clipped to [-4, 4]; each move sees all moves
// before it. Two rules say which edges are processed in epoch t:
//   bernoulli  edge e with probability w_e (a fresh coin each epoch), m negatives each: the
//              algorithm as printed; rate = (1 - t / T) alpha
//   schedule   umap-learn's: edge e every 1 / w_e epochs (w over its maximum), negatives every
//              1 / (m w_e) epochs; rate = alpha at t = 0 and 1, then (1 - (t - 1) / T) alpha
// Draws are hashes of (seed, epoch, edge, draw). Serial, O(edges (1 + m)) an epoch. Nothing is
// approximated; it is what the parallel optimiser is tested against.
#pragma once
#include <cstdint>

#include "umapkit/force.hpp"
#include "umapkit/random.hpp"

UMAPKIT_BEGIN

struct LiteralOptions {
  Curve curve;
  float learning_rate;
  float negative_rate;
  std::uint64_t seed;
  std::int64_t n_epochs;
  bool bernoulli;
  bool push_tail;
};

struct Edges {
  std::size_t count;
  const std::int32_t* heads;
  const std::int32_t* tails;
  const float* weights;
};

inline float clipped(float v) { return v > kClip ? kClip : (v < -kClip ? -kClip : v); }

// Moves `here` by rate times the force from `other`; returns through `other` if it moves too.
template <bool Attract>
void pull(const Curve& curve, float rate, int dim, float* here, float* other, bool move_other) {
  float s = 0.0f;
  for (int k = 0; k < dim; ++k) {
    const float d = here[k] - other[k];
    s += d * d;
  }
  const float c = Attract ? -curve.attraction(splat(s))[0] : curve.repulsion(splat(s))[0];
  for (int k = 0; k < dim; ++k) {
    const float move = rate * clipped(c * (here[k] - other[k]));
    here[k] += move;
    if (move_other) other[k] -= move;
  }
}

// next_edge and next_negative (one each per edge) hold the schedule's clocks between calls.
inline void run_literal(const Edges& edges, const LiteralOptions& options, std::size_t n, int dim,
                        float* positions, double* next_edge, double* next_negative,
                        std::int64_t* state, std::int64_t until) {
  const double total = static_cast<double>(options.n_epochs);
  for (; state[0] < until; ++state[0]) {
    const std::int64_t t = state[0];
    const double passed =
        options.bernoulli ? static_cast<double>(t) : static_cast<double>(t > 1 ? t - 1 : 0);
    const float rate = options.learning_rate * static_cast<float>(1.0 - passed / total);
    for (std::size_t e = 0; e < edges.count; ++e) {
      const std::uint64_t key_e = key(options.seed, Stage::edge, static_cast<std::uint64_t>(t), e);
      const double period = 1.0 / static_cast<double>(edges.weights[e]);
      std::int64_t negatives;
      if (options.bernoulli) {
        if (!(unit(draw(key_e, 0)) < edges.weights[e])) continue;
        negatives = static_cast<std::int64_t>(options.negative_rate + 0.5f);
      } else {
        if (next_edge[e] > static_cast<double>(t)) continue;
        next_edge[e] += period;
        const double negative_period = period / options.negative_rate;
        negatives = options.negative_rate > 0.0f
                        ? static_cast<std::int64_t>((static_cast<double>(t) - next_negative[e]) /
                                                    negative_period)
                        : 0;
        next_negative[e] += static_cast<double>(negatives) * negative_period;
      }
      float* const head = positions + static_cast<std::size_t>(edges.heads[e]) * dim;
      float* const tail = positions + static_cast<std::size_t>(edges.tails[e]) * dim;
      pull<true>(options.curve, rate, dim, head, tail, true);
      for (std::int64_t r = 0; r < negatives; ++r) {
        const std::uint32_t l =
            below(draw(key_e, static_cast<std::uint64_t>(r + 1)), static_cast<std::uint32_t>(n));
        if (l == static_cast<std::uint32_t>(edges.heads[e])) continue;
        pull<false>(options.curve, rate, dim, head, positions + static_cast<std::size_t>(l) * dim,
                    options.push_tail);
      }
    }
  }
}

UMAPKIT_END
