// Densities in the layout: one epoch of densMAP.
//
// With s_ij = |y_i - y_j|^2, q = 1 / (1 + a s^b), the sums over the edges of the graph, and eps =
// 1e-8
//
//   Q_i = sum_j q_ij,   r_i = ln(eps + sum_j q_ij s_ij / Q_i)             (local radii on the map)
//   C = cov / sigma,   cov = sum_i r_i R_i / n,   sigma^2 = var(r) + shift    (their correlation)
//
// where R are the log radii of the data with mean 0 and variance 1. In the last epochs of the
// schedule lambda_t M dC / dy_i is added to the forces of sampled.hpp, M = sum_i d_i / 2, which
// counts every edge once:
//
//   dr_i / ds_ij = (q / Q_i) [(1 - b (1 - q)) e^{-r_i} + a b s^{b-1} q]
//   w_i  = R_i - cov (r_i - mean) / sigma^2
//   g_ij = lambda_t M / (n sigma) (w_i dr_i / ds_ij + w_j dr_j / ds_ij)
//   F_i += 2 sum_j clip(g_ij (y_i - y_j), 16 w_ij)
//   lambda_t = lambda min(1, 2 (t - first + 1) / (n_epochs - first))
//
// n counts the vertices that have an edge. Narayan, Berger, Cho 2021 (Supplementary Note 2);
// tutorial Eqs. 31 to 35 as corrected there. umap-learn adds, per visit of an edge, the same over
// the edge's membership, with all of lambda at once, the clip 4, and an M that counts every edge
// twice: its lambda of 2 is 4 here (why not here: docs/notes/densities.md). Each end of an edge
// computes the same g, so every vertex writes only its own place.
//
// |g| joins the springs of the semi-implicit step, where it pulls for stability, and where it
// pushes because a push that shrinks as fast as the radius grows overshoots as well.
//
// Before the move come two passes: radii, vertex by vertex; then mean, variance and covariance, in
// double, by blocks of 1,024 vertices in the order of their numbers, so neither threads nor the
// order in memory change a bit. Twice the price of a plain epoch; 36 bytes a vertex. Nothing is
// approximated.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "umapkit/density_moments.hpp"
#include "umapkit/density_radii.hpp"
#include "umapkit/sampled.hpp"

UMAPKIT_BEGIN

constexpr float kDensityClip = 16.0f;
constexpr double kDensityRise = 0.5;  // the part of the dense epochs in which lambda grows

struct DensityOptions {
  const double* radii;  // R of every vertex
  float weight;         // lambda
  float var_shift;
  std::int64_t first;  // the epoch from which densities count
};

constexpr float kDenseSteps = 0.4f;  // the part of the schedule in which steps grow

class DensityMover {
 public:
  // Once densities are at work, larger steps than without them.
  float step(std::int64_t epoch, float begin, float end) const {
    if (epoch < density_.first) return PlainMover::step(epoch, begin, end);
    return (1.0f - begin) * std::min(1.0f, end / kDenseSteps);
  }
  DensityMover(const PaddedGraph& graph, const DensityOptions& density, int n_threads)
      : density_(density),
        counted_(graph.n),
        radius_(graph.n),
        mass_(graph.n),
        reach_(graph.n),
        pushes_(2 * graph.n) {
    std::vector<double> degree(graph.n);
    for (std::size_t i = 0; i < graph.n; ++i) {
      const std::size_t v = static_cast<std::size_t>(graph.vertices[i]);
      counted_[v] = graph.vectors[i + 1] > graph.vectors[i];
      degree[v] = graph.degree[i];
    }
    n_ = ordered_sum(graph.n, n_threads, [&](std::size_t v) { return counted_[v] ? 1.0 : 0.0; });
    total_ = ordered_sum(graph.n, n_threads, [&](std::size_t v) { return degree[v]; });
  }

  void prepare(const PaddedGraph& graph, const SampledOptions& options, std::size_t dim,
               const Epoch& now, int n_threads) {
    active_ = static_cast<std::int64_t>(now.number) >= density_.first && n_ > 1.0;
    if (!active_) return;
    for_blocks(graph.n, 512, n_threads, [&](std::size_t begin, std::size_t end, int) {
      Pairs pairs;
      for (std::size_t i = begin; i < end; i += kVertices) {
        const std::size_t stop = std::min(end, i + kVertices);
        switch (dim) {
          case 1: measure<1>(graph, options.curve, dim, now, i, stop, pairs); break;
          case 2: measure<2>(graph, options.curve, dim, now, i, stop, pairs); break;
          case 3: measure<3>(graph, options.curve, dim, now, i, stop, pairs); break;
          default: measure<0>(graph, options.curve, dim, now, i, stop, pairs);
        }
      }
    });
    const double passed =
        static_cast<double>(now.number) + 1.0 - static_cast<double>(density_.first);
    const double dense = static_cast<double>(options.n_epochs - density_.first);
    weigh(graph, std::min(1.0, passed / (kDensityRise * dense)) * density_.weight, n_threads);
  }

  template <int D>
  void move(const PaddedGraph& graph, const SampledOptions& options, std::size_t dim,
            const Epoch& now, std::size_t begin, std::size_t end, Bench& bench, float* to) const {
    if (active_)
      move_densely<D>(graph, options, dim, now, begin, end, bench, to);
    else
      move_vertices<D>(graph, options, dim, now, begin, end, bench, to);
  }

 private:
  DensityOptions density_;
  double n_ = 0.0, total_ = 0.0;
  bool active_ = false;
  std::vector<char> counted_;   // of vertices: whether they have an edge
  std::vector<double> radius_;  // of vertices: r
  std::vector<float> mass_;     // of places: Q
  std::vector<float> reach_;    // of places: eps + sum q s / Q
  std::vector<float> pushes_;   // of places: lambda M w_i / (n sigma Q_i), times e^{-r_i} and 1

  // s^b of the edges of the vertices, in pairs.coefficient.
  template <int D>
  static void meet(const PaddedGraph& graph, const Curve& curve, std::size_t dim, const Epoch& now,
                   std::size_t begin, std::size_t end, Pairs& pairs) {
    const std::size_t vectors = meet_neighbors<D>(graph, dim, now, begin, end, pairs);
    pairs.compute(vectors, [&]<int N>(const Pack<float, N>& s) {
      return power(max(s, splat_pack<float, N>(kTinySquare)), curve.b);
    });
  }

  UMAPKIT_INLINE static F32x16 square(const Pairs& pairs, std::size_t at, std::size_t dim) {
    F32x16 s = {};
    for (std::size_t k = 0; k < dim; ++k)
      s += pairs.delta[at * dim + k] * pairs.delta[at * dim + k];
    return s;
  }

  template <int D>
  void measure(const PaddedGraph& graph, const Curve& curve, std::size_t dim_given,
               const Epoch& now, std::size_t begin, std::size_t end, Pairs& pairs) {
    const std::size_t dim = D > 0 ? D : dim_given;
    meet<D>(graph, curve, dim, now, begin, end, pairs);
    std::size_t at = 0;
    for (std::size_t i = begin; i < end; ++i) {
      F32x16 mass = {}, moment = {};
      for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v, ++at) {
        const F32x16 edge = greater(load(graph.weights + v * kLanes), splat(0.0f));
        const F32x16 q = edge / (pairs.coefficient[at] * curve.a + 1.0f);
        mass += q;
        moment += q * square(pairs, at, dim);
      }
      mass_[i] = std::max(sum(mass), kTinySquare);
      reach_[i] = static_cast<float>(kRadiusFloor) + sum(moment) / mass_[i];
      radius_[static_cast<std::size_t>(graph.vertices[i])] =
          quality::plain_log(static_cast<double>(reach_[i]));
    }
  }

  // Mean, variance and covariance of the radii; then what every vertex brings to its edges.
  void weigh(const PaddedGraph& graph, double weight, int n_threads) {
    const auto [mean, variance, covariance] =
        radius_moments(graph.n, n_, counted_.data(), radius_.data(), density_.radii,
                       density_.var_shift, n_threads);
    const bool flat = !(variance > 0.0);
    const double scale = flat ? 0.0 : 0.5 * weight * total_ / (n_ * std::sqrt(variance));
    const double slope = flat ? 0.0 : covariance / variance;
    for_blocks(graph.n, 4096, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t v = static_cast<std::size_t>(graph.vertices[i]);
        const double w = density_.radii[v] - slope * (radius_[v] - mean);
        const double push = counted_[v] ? scale * w / mass_[i] : 0.0;
        pushes_[2 * i] = static_cast<float>(push / reach_[i]);
        pushes_[2 * i + 1] = static_cast<float>(push);
      }
    });
  }

  template <int D>
  void move_densely(const PaddedGraph& graph, const SampledOptions& options, std::size_t dim_given,
                    const Epoch& now, std::size_t begin, std::size_t end, Bench& bench,
                    float* to) const {
    const std::size_t dim = D > 0 ? D : dim_given;
    const Curve& curve = options.curve;
    bench.sums.assign((end - begin) * 3 * dim, F32x16{});
    draw_runs(graph, options, dim, now, begin, end, bench);
    Pairs& pairs = bench.pairs;
    meet<D>(graph, curve, dim, now, begin, end, pairs);
    std::size_t at = 0;
    float totals[kVertices];
    for (std::size_t i = begin; i < end; ++i) {
      F32x16* const force = &bench.sums[(i - begin) * 3 * dim];
      F32x16* const pulled = force + dim;
      F32x16 stiffness = {};
      for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v, ++at) {
        const std::int32_t* const heads = graph.heads + v * kLanes;
        const auto from_both = [&](std::size_t which) {
          return pick<float, kLanes>([&](int l) {
                   return pushes_[2 * static_cast<std::size_t>(heads[l]) + which];
                 }) +
                 pushes_[2 * i + which];
        };
        const F32x16 w = load(graph.weights + v * kLanes);
        const F32x16 s = square(pairs, at, dim), p = pairs.coefficient[at];
        const F32x16 q = 1.0f / (p * curve.a + 1.0f);
        const F32x16 c = p * q * (2.0f * curve.a * curve.b) / max(s, splat(kTinySquare));
        const F32x16 g = q * ((1.0f - c * s * 0.5f) * from_both(0) + c * 0.5f * from_both(1));
        const F32x16 bound = w * kDensityClip;
        const F32x16 least = 0.0f - bound;
        const F32x16 spring = w * c + abs(g) * greater(w, splat(0.0f));
        stiffness += spring;
        for (std::size_t k = 0; k < dim; ++k) {
          const F32x16 d = pairs.delta[at * dim + k];
          force[k] += min(max(g * d, least), bound) - w * clamp(c * d, kClip);
          pulled[k] += spring * pairs.velocity[at * dim + k];
        }
      }
      totals[i - begin] = 2.0f * sum(stiffness);
    }
    repel<D>(options, dim, now, begin, end, bench);
    step_vertices<D>(dim, now, begin, end, totals, bench, to);
  }
};

UMAPKIT_END
