// Densities in t-SNE: the term of den-SNE.
//
// The cost becomes KL - lambda C, C the correlation of the log radii of data and map, with
// s_ij = |y_i - y_j|^2, w and e as in student.hpp, sums over the edges of the graph, eps = 1e-8:
//
//   W_i = sum_j w_ij,   r_i = ln(eps + sum_j w_ij s_ij / W_i),   C = c / sqrt(v)
//   dr_i / ds_ij = w e / W_i [(1 + s (1/a - 1)) e^{-r_i} + 1]
//   u_i  = R_i - (c / v) (r_i - m)
//   g_i -= lambda / (2 n sqrt(v)) sum_j (u_i dr_i / ds_ij + u_j dr_j / ds_ij) (y_i - y_j)
//
// m, v, c: density_moments.hpp; g_i: a quarter of the gradient, as in tsne_step.hpp. n counts the
// vertices that have an edge. Narayan, Berger, Cho: Assessing single-cell transcriptomic
// variability through density-preserving data visualization, Nat. Biotechnol. 39, 2021
// (Supplementary Note 1). Their program leaves the factor 2 of ds / dy out, as it leaves out the 4
// of the divergence: its lambda of 0.1 is 0.2 here. Both ends of an edge compute the same factor,
// so that every vertex writes only its own place. Two more passes over the edges a step; nothing
// is approximated.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "umapkit/density_moments.hpp"
#include "umapkit/density_radii.hpp"
#include "umapkit/tsne_graph.hpp"

UMAPKIT_BEGIN
namespace tsne {

class Densities {
 public:
  // wanted: R of every vertex.
  Densities(const Affinities& graph, const double* wanted, double weight, double shift,
            int n_threads)
      : graph_(graph),
        wanted_(wanted),
        weight_(weight),
        shift_(shift),
        counted_(graph.n),
        radius_(graph.n),
        mass_(graph.n),
        reach_(graph.n),
        pushes_(2 * graph.n) {
    for (std::size_t i = 0; i < graph.n; ++i)
      counted_[vertex(i)] = graph.vectors[i + 1] > graph.vectors[i];
    n_ = ordered_sum(graph.n, n_threads, [&](std::size_t v) { return counted_[v] ? 1.0 : 0.0; });
  }

  // What every vertex brings to its edges at these places.
  template <int D>
  void prepare(const Student& student, const float* places, int n_threads) {
    for_blocks(graph_.n, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        F32x16 mass = splat(0.0f), moment = splat(0.0f);
        each<D>(places, i, [&](std::int64_t v, const F32x16*, const F32x16& s) {
          const F32x16 edge = greater(load(graph_.weights + v * kLanes), splat(0.0f));
          const F32x16 w = edge * student.similarity(student.closeness(s));
          mass += w;
          moment += w * s;
        });
        mass_[i] = std::max(sum(mass), 1e-30f);
        reach_[i] = static_cast<float>(kRadiusFloor) + sum(moment) / mass_[i];
        radius_[vertex(i)] = quality::plain_log(static_cast<double>(reach_[i]));
      }
    });
    const auto [mean, variance, covariance] = radius_moments(
        graph_.n, std::max(n_, 1.0), counted_.data(), radius_.data(), wanted_, shift_, n_threads);
    const bool flat = !(variance > 0.0);
    const double scale = flat ? 0.0 : 0.5 * weight_ / (std::max(n_, 1.0) * std::sqrt(variance));
    const double slope = flat ? 0.0 : covariance / variance;
    for_blocks(graph_.n, 4096, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t v = vertex(i);
        const double u = wanted_[v] - slope * (radius_[v] - mean);
        const double push = counted_[v] ? scale * u / mass_[i] : 0.0;
        pushes_[2 * i] = static_cast<float>(push / reach_[i]);
        pushes_[2 * i + 1] = static_cast<float>(push);
      }
    });
  }

  // Takes the term's part from the gradient of place i.
  template <int D>
  void subtract(const Student& student, const float* places, std::size_t i, float* gradient) const {
    F32x16 sums_of[D];
    for (int d = 0; d < D; ++d) sums_of[d] = splat(0.0f);
    each<D>(places, i, [&](std::int64_t v, const F32x16* delta, const F32x16& s) {
      const F32x16 edge = greater(load(graph_.weights + v * kLanes), splat(0.0f));
      F32x16 others[2];
      turned_pairs(pushes_.data(), graph_.heads + v * kLanes, others[0], others[1]);
      const F32x16 e = student.closeness(s);
      const F32x16 spread = 1.0f + s * (student.inverse - 1.0f);
      const F32x16 g = edge * e * student.similarity(e) *
                       (spread * (others[0] + pushes_[2 * i]) + others[1] + pushes_[2 * i + 1]);
      for (int d = 0; d < D; ++d) sums_of[d] += g * delta[d];
    });
    for (int d = 0; d < D; ++d) gradient[d] -= sum(sums_of[d]);
  }

 private:
  const Affinities& graph_;
  const double* wanted_;
  double weight_, shift_, n_ = 0.0;
  std::vector<char> counted_;        // of vertices: whether they have an edge
  std::vector<double> radius_;       // of vertices: r
  std::vector<float> mass_, reach_;  // of places: W, e^r
  std::vector<float> pushes_;        // of places: what u brings, times e^{-r} and 1

  std::size_t vertex(std::size_t i) const { return static_cast<std::size_t>(graph_.vertices[i]); }

  // f(vector, differences, squared distances) over the edges of place i.
  template <int D, class F>
  UMAPKIT_INLINE void each(const float* places, std::size_t i, F&& f) const {
    F32x16 own[D];
    for (int d = 0; d < D; ++d) own[d] = splat(places[i * place_width(D) + d]);
    for (std::int64_t v = graph_.vectors[i]; v < graph_.vectors[i + 1]; ++v) {
      F32x16 delta[D], s = splat(0.0f);
      gather<D>(places, graph_.heads + v * kLanes, delta);
      for (int d = 0; d < D; ++d) {
        delta[d] = own[d] - delta[d];
        s += delta[d] * delta[d];
      }
      f(v, delta, s);
    }
  }
};

}  // namespace tsne
UMAPKIT_END
