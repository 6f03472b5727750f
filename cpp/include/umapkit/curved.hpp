// The parallel layout on a map that is no plane: a sphere, a hyperbolic plane, a torus, Gaussians.
//
// The steps are those of sampled.hpp, with the surface's own distance and gradient (the cards of
// output_surface.hpp and output_gaussian.hpp). With delta = d grad_x d on a surface, where
// r(d) = d^2, and delta = grad_x E for the energy of two Gaussians, where r(E) = E, p = d^(2b):
//
//   attraction  -c_a delta,  c_a = 2ab p / (r (1 + a p))
//   repulsion    c_r delta,  c_r = 2 gamma b / ((eps + r)(1 + a p)),   eps = 0.001
//   F_i = -2 sum_j w_ij c_a delta + r_i sum_l c_r delta,   K_i = 2 sum_j w_ij c_a bend
//   y_i <- move(y_i, h F_i / (1 + h K_i))
//
// These are umap-learn's forces for other output metrics, 2b (w - 1) / d and 2 gamma b w / d times
// grad d with w = 1 / (1 + a p), with the floor eps of the plane in place of 1e-6. `bend` is
// how stiff a number of the place is; a step that counts the springs at i cannot overshoot. The
// length of a force on a surface is at most 4, of Gaussians every number of it; that of a step 1.
// Velocities of the neighbours, which sampled.hpp carries on, are not used: in the hyperbolic plane
// directions part, common motion does not exist, and stars flew apart; elsewhere maps were no
// better for it. An energy below 0 counts as 0: there is no
// attraction left, and full repulsion (umap-learn divides by it, so that its repulsion attracts).
//
// The hyperbolic plane is moved under the map so that the middle of the map stays at the origin.
// h = rate (1 - t) min(1, (epoch + 1) / (0.4 n_epochs)), t = epoch / n_epochs. Draws and negatives:
// sampled.hpp, but small maps draw no more of them. Complexity as there; pairs are measured sixteen
// at a time in double, and summed in the order of the edges. Every vertex writes its own place
// only, so bits depend neither on threads nor on the instruction set.
#pragma once
#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "umapkit/output_gaussian.hpp"
#include "umapkit/output_surface.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"
#include "umapkit/sampled.hpp"

UMAPKIT_BEGIN

constexpr double kCurvedRise = 0.4;  // the part of the schedule in which steps grow

// Calls f(surface) for the card that a number names; `period` is the torus's.
template <class F>
void with_surface(int number, const double* period, F&& f) {
  switch (number) {
    case 0: f(Sphere{}); break;
    case 1: f(Hyperboloid{}); break;
    case 2: f(Torus{{period[0], period[1]}}); break;
    case 3: f(Gaussian<1>{}); break;
    case 4: f(Gaussian<2>{}); break;
    case 5: f(Gaussian<3>{}); break;
    default: break;
  }
}

struct WideCurve {
  double a, b, gamma;

  // d^(2b) of a distance that is not negative.
  UMAPKIT_INLINE double power(double d) const {
    const double s = d * d;
    return quality::plain_exp(
        std::clamp(b * quality::plain_log(s > 1e-30 ? s : 1e-30), -700.0, 300.0));
  }
};

// Sixteen pairs of one vertex: distances, and what `away` needs besides.
struct Sixteen {
  double gap[kLanes], more[kLanes], d[kLanes], ratio[kLanes], power[kLanes], root[kLanes];

  // `other(l)` is the row of pair l.
  template <class S, class F>
  UMAPKIT_INLINE void meet(const S& surface, const WideCurve& curve, const double* own, F&& other) {
    for (int l = 0; l < kLanes; ++l) surface.look(own, other(l), gap[l], more[l]);
    for (int l = 0; l < kLanes; ++l) {
      surface.measure(gap[l], more[l], d[l], ratio[l]);
      const double from = d[l] > 1e-15 ? d[l] : 1e-15;
      power[l] = curve.power(from);
      root[l] = S::kEnergy ? from : from * from;
    }
  }
};

// A force's coefficient on `delta` (geodesic: |delta| = d), cut to the length of 4.
template <class S>
UMAPKIT_INLINE double cut(double c, double d) {
  if (S::kEnergy) return c;
  return c * d > kClip ? kClip / d : c;
}

template <class S>
UMAPKIT_INLINE double cut_number(double force) {
  return S::kEnergy ? std::clamp(force, -static_cast<double>(kClip), static_cast<double>(kClip))
                    : force;
}

// Adds repulsion from the sixteen rows at `run` to `force`.
template <class S>
void repel_sixteen(const S& surface, const WideCurve& curve, const double* own, const double* run,
                   std::size_t stride, double share, double* force) {
  Sixteen p;
  p.meet(surface, curve, own, [&](int l) { return run + static_cast<std::size_t>(l) * stride; });
  for (int l = 0; l < kLanes; ++l) {
    const double c = 2.0 * curve.gamma * curve.b /
                     ((kRepulsionFloor + p.root[l]) * (1.0 + curve.a * p.power[l]));
    double delta[S::kWidth], bend[S::kWidth];
    surface.away(own, run + static_cast<std::size_t>(l) * stride, p.gap[l], p.ratio[l], delta,
                 bend);
    const double by = cut<S>(c, p.d[l]);
    for (int k = 0; k < S::kWidth; ++k) force[k] += share * cut_number<S>(by * delta[k]);
  }
}

struct CurvedOptions {
  WideCurve curve;
  double learning_rate;
  float negative_rate;
  std::int32_t negative_runs;
  std::uint64_t seed;
  std::int64_t n_epochs;
};

// One epoch of vertex i; `from` holds rows of S::kRow numbers.
template <class S>
void move_one(const S& surface, const PaddedGraph& graph, const CurvedOptions& options,
              std::int64_t epoch, double h, float drawn, const double* from, const double* copy,
              const double* here, std::size_t i, double* to) {
  constexpr std::size_t kWidth = S::kWidth, kRow = S::kRow;
  const double* const own = from + i * kRow;
  double force[kWidth] = {}, stiffness[kWidth] = {};
  for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v) {
    const std::int32_t* const heads = graph.heads + v * kLanes;
    const auto row = [&](int l) { return from + static_cast<std::size_t>(heads[l]) * kRow; };
    Sixteen p;
    p.meet(surface, options.curve, own, row);
    for (int l = 0; l < kLanes; ++l) {
      const double w = graph.weights[v * kLanes + l];
      if (!(w > 0.0)) continue;
      const double c = 2.0 * options.curve.a * options.curve.b * p.power[l] /
                       (p.root[l] * (1.0 + options.curve.a * p.power[l]));
      double delta[kWidth], bend[kWidth];
      surface.away(own, row(l), p.gap[l], p.ratio[l], delta, bend);
      const double by = cut<S>(c, p.d[l]);
      for (std::size_t k = 0; k < kWidth; ++k) {
        force[k] -= 2.0 * w * cut_number<S>(by * delta[k]);
        stiffness[k] += 2.0 * w * c * bend[k];
      }
    }
  }
  const float wanted = options.negative_rate * graph.degree[i];
  const std::int32_t runs = runs_of(drawn * wanted, options.negative_runs);
  const std::uint64_t own_key =
      key(options.seed, Stage::negative, static_cast<std::uint64_t>(epoch),
          static_cast<std::uint64_t>(graph.vertices[i]));
  for (std::int32_t r = 0; r < runs; ++r) {
    const std::size_t first =
        below(draw(own_key, static_cast<std::uint64_t>(r)), static_cast<std::uint32_t>(graph.n));
    repel_sixteen(surface, options.curve, own, copy + first * kRow, kRow,
                  static_cast<double>(wanted) / (runs * kLanes), force);
  }
  for (std::size_t k = 0; k < kWidth; ++k) force[k] = h * force[k] / (1.0 + h * stiffness[k]);
  surface.limit(force);
  surface.move(here, force, to);
}

// Runs epochs state[0] .. until - 1. `places` are (n, S::kWidth), in and out.
template <class S>
void run_curved(const S& surface, const PaddedGraph& graph, const CurvedOptions& options,
                const std::int32_t* order, double* places, std::int64_t* state, std::int64_t until,
                int n_threads) {
  constexpr std::size_t kWidth = S::kWidth, kRow = S::kRow;
  const std::size_t n = graph.n;
  std::vector<double> from(n * kRow), copy((n + kLanes) * kRow), next(n * kWidth);
  const double length = static_cast<double>(options.n_epochs);
  const auto at = [&](std::size_t i) {
    return static_cast<std::size_t>(graph.vertices[i]) * kWidth;
  };
  std::int64_t epoch = state[0];
  for (; epoch < until; ++epoch) {
    for_blocks(n, 512, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) surface.prepare(places + at(i), &from[i * kRow]);
    });
    for_blocks(n + kLanes, 4096, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i)
        std::copy_n(&from[static_cast<std::size_t>(order[i % n]) * kRow], kRow, &copy[i * kRow]);
    });
    const double t = static_cast<double>(epoch);
    const double h = options.learning_rate * (1.0 - t / length) *
                     std::min(1.0, (t + 1.0) / (kCurvedRise * length));
    const float drawn = t < static_cast<double>(kFew) * length ? kFewShare : 1.0f;
    for_blocks(n, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i)
        move_one(surface, graph, options, epoch, h, drawn, from.data(), copy.data(), places + at(i),
                 i, &next[at(i)]);
    });
    if constexpr (std::is_same_v<S, Hyperboloid>) Hyperboloid::centre(next.data(), n);
    std::copy(next.begin(), next.end(), places);
    state[0] = epoch + 1;
  }
}

// The effective loss, vertex by vertex, as observed_loss.hpp says, with the distance of the
// surface: losses[2 i] attraction, losses[2 i + 1] repulsion.
template <class S>
void curved_losses(const S& surface, const PaddedGraph& graph, const CurvedOptions& options,
                   const std::int32_t* order, const double* places, std::int64_t epoch,
                   double* losses, int n_threads) {
  constexpr std::size_t kWidth = S::kWidth, kRow = S::kRow;
  const std::size_t n = graph.n;
  std::vector<double> rows(n * kRow), copy((n + kLanes) * kRow);
  for (std::size_t i = 0; i < n; ++i)
    surface.prepare(places + static_cast<std::size_t>(graph.vertices[i]) * kWidth, &rows[i * kRow]);
  for (std::size_t i = 0; i < n + kLanes; ++i)
    std::copy_n(&rows[static_cast<std::size_t>(order[i % n]) * kRow], kRow, &copy[i * kRow]);
  for_blocks(n, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
    Sixteen p;
    for (std::size_t i = begin; i < end; ++i) {
      const double* const own = &rows[i * kRow];
      const std::size_t vertex = static_cast<std::size_t>(graph.vertices[i]);
      double attraction = 0.0, repulsion = 0.0, counted = 0.0;
      for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v) {
        const std::int32_t* const heads = graph.heads + v * kLanes;
        p.meet(surface, options.curve, own,
               [&](int l) { return &rows[static_cast<std::size_t>(heads[l]) * kRow]; });
        for (int l = 0; l < kLanes; ++l)
          attraction += static_cast<double>(graph.weights[v * kLanes + l]) *
                        quality::plain_log(1.0 + options.curve.a * p.power[l]);
      }
      const std::uint64_t own_key =
          key(options.seed, Stage::sample, static_cast<std::uint64_t>(epoch), vertex);
      const std::int32_t runs =
          std::max(options.negative_runs, runs_of(options.negative_rate * graph.degree[i], 4096));
      for (std::int32_t r = 0; r < runs; ++r) {
        const std::size_t first =
            below(draw(own_key, static_cast<std::uint64_t>(r)), static_cast<std::uint32_t>(n));
        const double* const run = &copy[first * kRow];
        p.meet(surface, options.curve, own,
               [&](int l) { return run + static_cast<std::size_t>(l) * kRow; });
        for (int l = 0; l < kLanes; ++l) {
          if (static_cast<std::size_t>(order[(first + static_cast<std::size_t>(l)) % n]) == i)
            continue;
          const double ap = options.curve.a * p.power[l];
          repulsion += options.curve.gamma * quality::plain_log((1.0 + ap) / ap);
          counted += 1.0;
        }
      }
      losses[2 * vertex] = attraction;
      losses[2 * vertex + 1] = counted > 0.0 ? static_cast<double>(options.negative_rate) *
                                                   graph.degree[i] * repulsion / counted
                                             : 0.0;
    }
  });
}

UMAPKIT_END
