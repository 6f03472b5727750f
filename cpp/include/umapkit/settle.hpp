// New points on a frozen map: each row finds its own place, alone.
//
// Row q with neighbours j and memberships w_qj starts at its given place and takes T steps
//
//   F = 2 sum_j w_qj f_a(q, j) + r sum_{l in N} f_r(q, l),   r = m sum_j w_qj / |N|
//   y <- y + rate t F / (1 + rate t K),   K = 2 sum_j w_qj |c_a(q, j)|,   t = 1 - step / T
//
// with the forces of force.hpp, clipped as in the fit; the map does not move, so a step that
// counts the springs at q (semi-implicit) cannot overshoot. Negatives are runs of 16 out of the
// shuffled map, begun at hashes of (seed, step, contents of the row): the place depends on the row
// and the fitted model only, not on the batch, its order, or the threads. O(T (k + |N|)) a row.
// Another force may be added row by row (`Term`; density_settle.hpp has one).
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "umapkit/force.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"
#include "umapkit/sampled.hpp"

UMAPKIT_BEGIN

struct SettleOptions {
  Curve curve;
  float learning_rate;
  float negative_rate;
  std::int32_t negative_runs;
  std::uint64_t seed;
  std::int64_t n_epochs;
};

// A force beside UMAP's: here none.
struct NoTerm {
  static constexpr bool kAny = false;
};

// `neighbors` and `weights` are (rows, k); a neighbour of weight 0 is skipped and may be -1.
// `copy` is (dim, n + 16): the map's coordinates in shuffled order, the first 16 again at the end.
// `places` is (rows, dim), start in, result out.
template <class Term = NoTerm>
void settle(const float* map, const float* copy, std::size_t n, int dim,
            const std::int32_t* neighbors, const float* weights, std::size_t rows, std::size_t k,
            const std::uint64_t* row_keys, const SettleOptions& options, float* places,
            int n_threads, const Term& term = {}) {
  const std::size_t stride = n + kLanes;
  const std::size_t vectors = (k + kLanes - 1) / kLanes;
  for_blocks(rows, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<F32x16> others(vectors * dim), w(vectors);
    std::vector<F32x16> delta(dim), force(dim);
    std::vector<float> more(dim, 0.0f);
    for (std::size_t q = begin; q < end; ++q) {
      float* const here = places + q * dim;
      float total = 0.0f;
      for (std::size_t v = 0; v < vectors; ++v) {
        float strength[kLanes];
        std::int64_t at[kLanes];
        for (int l = 0; l < kLanes; ++l) {
          const std::size_t c = v * kLanes + l;
          strength[l] = c < k ? weights[q * k + c] : 0.0f;
          at[l] = strength[l] > 0.0f ? static_cast<std::int64_t>(neighbors[q * k + c]) * dim : -1;
          total += strength[l];
        }
        w[v] = load(strength);
        for (int x = 0; x < dim; ++x)
          others[v * dim + x] =
              pick<float, kLanes>([&](int l) { return at[l] < 0 ? here[x] : map[at[l] + x]; });
      }
      if (!(total > 0.0f)) continue;
      const float wanted = options.negative_rate * total;
      const std::int32_t runs = runs_of(wanted, options.negative_runs);
      const float share = runs > 0 ? wanted / static_cast<float>(runs * kLanes) : 0.0f;
      for (std::int64_t t = 0; t < options.n_epochs; ++t) {
        const float rate = options.learning_rate *
                           (1.0f - static_cast<float>(t) / static_cast<float>(options.n_epochs));
        for (int x = 0; x < dim; ++x) force[x] = F32x16{};
        F32x16 stiffness = {};
        for (std::size_t v = 0; v < vectors; ++v) {
          F32x16 s = {};
          for (int x = 0; x < dim; ++x) {
            delta[x] = splat(here[x]) - others[v * dim + x];
            s += delta[x] * delta[x];
          }
          const F32x16 c = options.curve.attraction(s);
          stiffness += w[v] * c;
          for (int x = 0; x < dim; ++x) force[x] -= w[v] * clamp(c * delta[x], kClip);
        }
        for (int x = 0; x < dim; ++x) force[x] = force[x] * 2.0f;
        const std::uint64_t key_t =
            key(options.seed, Stage::transform, static_cast<std::uint64_t>(t), row_keys[q]);
        for (std::int32_t r = 0; r < runs; ++r) {
          const float* const run = copy + below(draw(key_t, static_cast<std::uint64_t>(r)),
                                                static_cast<std::uint32_t>(n));
          F32x16 s = {};
          for (int x = 0; x < dim; ++x) {
            delta[x] = splat(here[x]) - load(run + static_cast<std::size_t>(x) * stride);
            s += delta[x] * delta[x];
          }
          const F32x16 c = options.curve.repulsion(s);
          for (int x = 0; x < dim; ++x) force[x] += clamp(c * delta[x], kClip) * share;
        }
        float springs = 2.0f * sum(stiffness);
        if constexpr (Term::kAny)
          springs += term.force(q, here, others.data(), w.data(), vectors, dim, total, more.data());
        const float step = rate / (1.0f + rate * springs);
        for (int x = 0; x < dim; ++x) {
          float all = sum(force[x]);
          if constexpr (Term::kAny) all += more[x];
          here[x] += step * all;
        }
      }
    }
  });
}

UMAPKIT_END
