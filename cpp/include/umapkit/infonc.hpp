// InfoNC-t-SNE: every edge competes with its own negatives.
//
// With the similarity phi = 1 / (1 + s), s = |y_i - y_j|^2, and m negatives l of each edge,
//
//   L = sum_ij w_ij E[ -rho ln phi_ij + ln S ],   S = phi_ij + sum_l phi_il
//
// over l uniform; rho is the exaggeration. As m grows, S tends to m / n times t-SNE's normaliser of
// the row. The forces on i of one edge and its negatives are
//
//   -2 w phi_ij (rho - phi_ij / S) (y_i - y_j)     and     2 w phi_il^2 / S (y_i - y_l)
//
// Negatives are pushed as well. The push that i gets as a negative of others is estimated from the
// strangers l that it draws itself, N of them over all lanes of its runs:
//
//   sum_l (m / N) d_l / (H_l + phi_il) 2 phi_il^2 (y_i - y_l),   1 / H_l = (1 / d_l) sum_e w_e /
//   S_e
//
// with the edges e of l and their S of this epoch (a first pass). H_l + phi_il stands for the S in
// which i takes part: approximated, as H_l already holds m strangers. Attraction counts for both
// ends (the factor 2 of sampled.hpp); the step is that of sampled.hpp with springs
// 2 w max(0, phi (rho - phi / S)), and negative r of sixteen edges is one run of the shuffled copy.
// Damrich, Böhm, Hamprecht, Kobak: From t-SNE to UMAP with contrastive learning, ICLR 2023.
// O((1 + m) edges) an epoch; bits do not depend on threads.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "umapkit/force.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/sampled.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN
namespace infonc {

UMAPKIT_INLINE F32x16 similarity(const F32x16& s) { return splat(1.0f) / (s + 1.0f); }

// Sixteen edges and the negatives of each.
struct Sixteen {
  std::vector<F32x16> far;     // phi of negative r
  std::vector<F32x16> deltas;  // its difference, dim each
  F32x16 total;                // S

  void resize(std::int32_t m, std::size_t dim) {
    far.resize(static_cast<std::size_t>(m));
    deltas.resize(static_cast<std::size_t>(m) * dim);
  }
  // Draws negatives `first` .. `first` + m - 1 of the key and sums similarities; `near` is phi_ij.
  void meet(const float* here, std::size_t dim, const float* copy, std::size_t stride,
            std::size_t n, std::uint64_t key_i, std::uint64_t first, const F32x16& near) {
    total = near;
    for (std::size_t r = 0; r < far.size(); ++r) {
      const float* const run = copy + below(draw(key_i, first + r), static_cast<std::uint32_t>(n));
      F32x16 s = {};
      for (std::size_t k = 0; k < dim; ++k) {
        const F32x16 d = splat(here[k]) - load(run + k * stride);
        deltas[r * dim + k] = d;
        s += d * d;
      }
      far[r] = similarity(s);
      total += far[r];
    }
  }
  // Coefficient of attraction, 2 phi (rho - phi / S).
  F32x16 pull(const F32x16& near, float rho) const {
    return near * (splat(rho) - near / total) * 2.0f;
  }
  // Adds w 2 phi^2 / S (y_i - y_l) of all negatives.
  void push(const F32x16& w, std::size_t dim, F32x16* force) const {
    for (std::size_t r = 0; r < far.size(); ++r) {
      const F32x16 c = w * (far[r] * far[r] * 2.0f / total);
      for (std::size_t k = 0; k < dim; ++k) force[k] += c * deltas[r * dim + k];
    }
  }
};

// What the strangers push back: d_l and H_l in the order of the shuffled copy, the first 16 again.
struct Received {
  std::vector<float> degrees, sums;
};

class Mover {
 public:
  Mover(float exaggeration, std::int32_t m, const std::int32_t* order)
      : rho_(exaggeration), negatives_(m), order_(order) {}

  static float step(std::int64_t epoch, float begin, float end) {
    return PlainMover::step(epoch, begin, end);
  }

  void prepare(const PaddedGraph& graph, const SampledOptions& options, std::size_t dim,
               const Epoch& now, int n_threads) {
    std::vector<float> sums(graph.n);  // H of places
    for_blocks(graph.n, 512, n_threads, [&](std::size_t begin, std::size_t end, int) {
      Pairs pairs;
      Sixteen sixteen;
      sixteen.resize(negatives_, dim);
      for (std::size_t i = begin; i < end; i += kVertices) switch (dim) {
          case 1: measure<1>(graph, options, dim, now, i, end, pairs, sixteen, sums.data()); break;
          case 2: measure<2>(graph, options, dim, now, i, end, pairs, sixteen, sums.data()); break;
          case 3: measure<3>(graph, options, dim, now, i, end, pairs, sixteen, sums.data()); break;
          default: measure<0>(graph, options, dim, now, i, end, pairs, sixteen, sums.data());
        }
    });
    received_.degrees.resize(graph.n + kLanes);
    received_.sums.resize(graph.n + kLanes);
    for (std::size_t i = 0; i < graph.n + kLanes; ++i) {
      const std::size_t place = static_cast<std::size_t>(order_[i % graph.n]);
      received_.degrees[i] = graph.degree[place];
      received_.sums[i] = sums[place];
    }
  }

  template <int D>
  void move(const PaddedGraph& graph, const SampledOptions& options, std::size_t dim,
            const Epoch& now, std::size_t begin, std::size_t end, Bench& bench, float* to) const {
    bench.sums.assign((end - begin) * 3 * dim, F32x16{});
    Pairs& pairs = bench.pairs;
    meet_neighbors<D>(graph, dim, now, begin, end, pairs);
    Sixteen sixteen;
    sixteen.resize(negatives_, dim);
    float totals[kVertices];
    std::size_t at = 0;
    for (std::size_t i = begin; i < end; ++i) {
      F32x16* const force = &bench.sums[(i - begin) * 3 * dim];
      const std::uint64_t key_i = key_of(graph, options, now, i);
      const std::int64_t vectors = graph.vectors[i + 1] - graph.vectors[i];
      const F32x16 share = splat(2.0f / static_cast<float>(kLanes * vectors));
      F32x16 stiffness = {};
      std::uint64_t first = 0;
      for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v, ++at) {
        const F32x16 w = load(graph.weights + v * kLanes);
        const F32x16 near = similarity(pairs.coefficient[at]);
        sixteen.meet(now.state + i * row_width(dim), dim, now.copy, now.stride, graph.n, key_i,
                     first, near);
        const F32x16 c = sixteen.pull(near, rho_);
        const F32x16 spring = w * max(c, splat(0.0f));
        stiffness += spring;
        for (std::size_t k = 0; k < dim; ++k) {
          force[k] -= w * c * pairs.delta[at * dim + k];
          force[dim + k] += spring * pairs.velocity[at * dim + k];
        }
        sixteen.push(w, dim, force + 2 * dim);
        for (std::size_t r = 0; r < sixteen.far.size(); ++r) {
          const std::size_t run =
              below(draw(key_i, first + r), static_cast<std::uint32_t>(graph.n));
          const F32x16 phi = sixteen.far[r];
          const F32x16 back = phi * phi * share * load(received_.degrees.data() + run) /
                              (load(received_.sums.data() + run) + phi);
          for (std::size_t k = 0; k < dim; ++k)
            force[2 * dim + k] += back * sixteen.deltas[r * dim + k];
        }
        first += static_cast<std::uint64_t>(negatives_);
      }
      totals[i - begin] = 2.0f * sum(stiffness);
    }
    step_vertices<D>(dim, now, begin, end, totals, bench, to);
  }

 private:
  float rho_;
  std::int32_t negatives_;  // m
  const std::int32_t* order_;
  Received received_;

  static std::uint64_t key_of(const PaddedGraph& graph, const SampledOptions& options,
                              const Epoch& now, std::size_t i) {
    return key(options.seed, Stage::negative, now.number,
               static_cast<std::uint64_t>(graph.vertices[i]));
  }

  // H of up to kVertices places from `begin` on, with the draws of this epoch.
  template <int D>
  void measure(const PaddedGraph& graph, const SampledOptions& options, std::size_t dim,
               const Epoch& now, std::size_t begin, std::size_t end, Pairs& pairs, Sixteen& sixteen,
               float* sums) const {
    const std::size_t stop = std::min(end, begin + kVertices);
    meet_neighbors<D>(graph, dim, now, begin, stop, pairs);
    std::size_t at = 0;
    for (std::size_t i = begin; i < stop; ++i) {
      const std::uint64_t key_i = key_of(graph, options, now, i);
      F32x16 inverse = {};
      std::uint64_t first = 0;
      for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v, ++at) {
        sixteen.meet(now.state + i * row_width(dim), dim, now.copy, now.stride, graph.n, key_i,
                     first, similarity(pairs.coefficient[at]));
        first += static_cast<std::uint64_t>(negatives_);
        inverse += load(graph.weights + v * kLanes) / sixteen.total;
      }
      const float total = sum(inverse);
      sums[i] = total > 0.0f ? graph.degree[i] / total : 1.0f;
    }
  }
};

// The loss above, with hashed negatives that are the same at every call: losses[2 i] = attraction,
// losses[2 i + 1] = sum w ln S of vertex i.
inline void losses(const PaddedGraph& graph, const SampledOptions& options, float rho,
                   std::int32_t negatives, int dim_given, const std::int32_t* order,
                   const float* map, double* out, int n_threads) {
  const std::size_t n = graph.n, dim = static_cast<std::size_t>(dim_given);
  const std::size_t stride = n + kLanes;
  std::vector<float> copy(stride * dim), positions(n * dim);  // of the places
  for (std::size_t i = 0; i < n; ++i)
    std::copy_n(map + static_cast<std::size_t>(graph.vertices[i]) * dim, dim, &positions[i * dim]);
  shuffled_copy(positions.data(), dim, order, n, dim_given, n_threads, copy.data());
  for_blocks(n, 512, n_threads, [&](std::size_t begin, std::size_t end, int) {
    Sixteen sixteen;
    sixteen.resize(negatives, dim);
    for (std::size_t i = begin; i < end; ++i) {
      const float* const here = &positions[i * dim];
      const std::size_t vertex = static_cast<std::size_t>(graph.vertices[i]);
      const std::uint64_t key_i =
          key(options.seed, Stage::sample, 0, static_cast<std::uint64_t>(vertex));
      F32x16 attraction = {}, rest = {};
      std::uint64_t first = 0;
      for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v) {
        F32x16 s = {};
        for (std::size_t k = 0; k < dim; ++k) {
          const F32x16 other = pick<float, kLanes>([&](int l) {
            return positions[static_cast<std::size_t>(graph.heads[v * kLanes + l]) * dim + k];
          });
          const F32x16 d = splat(here[k]) - other;
          s += d * d;
        }
        const F32x16 w = load(graph.weights + v * kLanes);
        attraction += w * log2_of(s + 1.0f) * (rho * kLn2);
        sixteen.meet(here, dim, copy.data(), stride, n, key_i, first, similarity(s));
        first += static_cast<std::uint64_t>(negatives);
        rest += w * log2_of(sixteen.total) * kLn2;
      }
      out[2 * vertex] = sum(attraction);
      out[2 * vertex + 1] = sum(rest);
    }
  });
}

// New points on a frozen map: the loss above of each row alone, by the steps of settle.hpp. Arrays
// and draws as there; a row without weights stays.
inline void settle(const float* map, const float* copy, std::size_t n, int dim_given,
                   const std::int32_t* neighbors, const float* weights, std::size_t rows,
                   std::size_t k, const std::uint64_t* row_keys, float rho, std::int32_t negatives,
                   float learning_rate, std::uint64_t seed, std::int64_t n_epochs, float* places,
                   int n_threads) {
  const std::size_t dim = static_cast<std::size_t>(dim_given), stride = n + kLanes;
  const std::size_t vectors = (k + kLanes - 1) / kLanes;
  for_blocks(rows, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<F32x16> others(vectors * dim), w(vectors), force(dim), push(dim), delta(dim);
    Sixteen sixteen;
    sixteen.resize(negatives, dim);
    for (std::size_t q = begin; q < end; ++q) {
      float* const here = places + q * dim;
      float total = 0.0f;
      for (std::size_t v = 0; v < vectors; ++v) {
        float strength[kLanes];
        std::int64_t at[kLanes];
        for (int l = 0; l < kLanes; ++l) {
          const std::size_t c = v * kLanes + static_cast<std::size_t>(l);
          strength[l] = c < k ? weights[q * k + c] : 0.0f;
          at[l] =
              strength[l] > 0.0f ? static_cast<std::int64_t>(neighbors[q * k + c]) * dim_given : -1;
          total += strength[l];
        }
        w[v] = load(strength);
        for (std::size_t x = 0; x < dim; ++x)
          others[v * dim + x] = pick<float, kLanes>([&](int l) {
            return at[l] < 0 ? here[x] : map[at[l] + static_cast<std::int64_t>(x)];
          });
      }
      if (!(total > 0.0f)) continue;
      for (std::int64_t t = 0; t < n_epochs; ++t) {
        const float rate =
            learning_rate * (1.0f - static_cast<float>(t) / static_cast<float>(n_epochs));
        const std::uint64_t key_t =
            key(seed, Stage::transform, static_cast<std::uint64_t>(t), row_keys[q]);
        std::fill(force.begin(), force.end(), F32x16{});
        std::fill(push.begin(), push.end(), F32x16{});
        F32x16 stiffness = {};
        for (std::size_t v = 0; v < vectors; ++v) {
          F32x16 s = {};
          for (std::size_t x = 0; x < dim; ++x) {
            delta[x] = splat(here[x]) - others[v * dim + x];
            s += delta[x] * delta[x];
          }
          const F32x16 near = similarity(s);
          sixteen.meet(here, dim, copy, stride, n, key_t, v * static_cast<std::uint64_t>(negatives),
                       near);
          const F32x16 c = sixteen.pull(near, rho);
          stiffness += w[v] * max(c, splat(0.0f));
          for (std::size_t x = 0; x < dim; ++x) force[x] -= w[v] * c * delta[x];
          sixteen.push(w[v], dim, push.data());
        }
        const float step = rate / (1.0f + rate * 2.0f * sum(stiffness));
        for (std::size_t x = 0; x < dim; ++x) here[x] += step * 2.0f * sum(force[x] + push[x]);
      }
    }
  });
}

}  // namespace infonc
UMAPKIT_END
