// LargeVis as published: one sampled edge after the other.
//
// Of T samples, sample t draws a directed edge (i, j) in proportion to w_ij and moves its ends
//
//   e = clip(f_a(i, j)),  y_j <- y_j - rate e
//
// then for each of m negatives l, in proportion to d_l^0.75, other than j:
//
//   g = clip(f_r(i, l)),  e <- e + g,  y_l <- y_l - rate g
//
// and at last y_i <- y_i + rate e, with the forces of force.hpp with b = 1 (theirs: a = 1, shift
// 0.1, gamma 7), every component clipped (to 5), and rate = alpha max(1 - t / T, 1e-4). Edges and
// negatives come from alias tables; draws are hashes of (seed, epoch, sample), an epoch being a
// fixed number of samples. Tang, Liu, Zhang, Mei: Visualizing large-scale and high-dimensional
// data, WWW 2016. Serial (theirs lets threads race), O(1 + m) a sample. Nothing is approximated; it
// is what the parallel optimiser (weighted.hpp) is tested against.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "umapkit/alias.hpp"
#include "umapkit/force.hpp"
#include "umapkit/random.hpp"

UMAPKIT_BEGIN

struct LargeVisOptions {
  Curve curve;
  float learning_rate;
  std::int32_t negatives;  // m
  std::uint64_t seed;
  std::int64_t n_epochs;
  std::int64_t samples;  // of an epoch
};

constexpr float kLeastRate = 1e-4f;

// heads and tails are the ends of the edges that the cells of `edges` mean; `vertices` draws the
// negatives. Runs epochs state[0] .. until - 1.
inline void run_largevis(const std::int32_t* heads, const std::int32_t* tails,
                         const AliasTable& edges, const AliasTable& vertices,
                         const LargeVisOptions& options, int dim_given, float* positions,
                         std::int64_t* state, std::int64_t until) {
  const std::size_t dim = static_cast<std::size_t>(dim_given);
  const double total = static_cast<double>(options.n_epochs) * static_cast<double>(options.samples);
  const float a = options.curve.a, gamma = options.curve.gamma, shift = options.curve.shift;
  const float clip = options.curve.clip;
  std::vector<float> moves(dim);
  for (; state[0] < until; ++state[0]) {
    const std::uint64_t epoch = static_cast<std::uint64_t>(state[0]);
    for (std::int64_t t = 0; t < options.samples; ++t) {
      const double past = static_cast<double>(state[0]) * static_cast<double>(options.samples) +
                          static_cast<double>(t);
      const float rate =
          options.learning_rate * std::max(static_cast<float>(1.0 - past / total), kLeastRate);
      const std::uint64_t key_t =
          key(options.seed, Stage::edge, epoch, static_cast<std::uint64_t>(t));
      const std::size_t edge = edges.pick(key_t, 0);
      const std::size_t tail = static_cast<std::size_t>(tails[edge]);
      float* const head = positions + static_cast<std::size_t>(heads[edge]) * dim;
      const auto meet = [&](float* other, bool attract) {
        float s = 0.0f;
        for (std::size_t k = 0; k < dim; ++k) {
          const float d = head[k] - other[k];
          s += d * d;
        }
        const float c =
            attract ? -2.0f * a / (1.0f + a * s) : 2.0f * gamma / ((shift + s) * (1.0f + a * s));
        for (std::size_t k = 0; k < dim; ++k) {
          const float move = rate * std::clamp(c * (head[k] - other[k]), -clip, clip);
          moves[k] += move;
          other[k] -= move;
        }
      };
      std::fill(moves.begin(), moves.end(), 0.0f);
      meet(positions + tail * dim, true);
      for (std::int32_t r = 0; r < options.negatives; ++r) {
        const std::size_t l = vertices.pick(key_t, 2 + 2 * static_cast<std::uint64_t>(r));
        if (l == tail) continue;
        meet(positions + l * dim, false);
      }
      for (std::size_t k = 0; k < dim; ++k) head[k] += moves[k];
    }
  }
}

UMAPKIT_END
