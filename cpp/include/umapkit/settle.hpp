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
// Another force may be added row by row (`Term`; density_settle.hpp has one), and negatives may
// count differently (`Far`; weighted.hpp has one).
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

// Rows that settle side by side: their coefficients are computed together (Pairs in sampled.hpp).
constexpr std::size_t kTogether = 8;

// A force beside UMAP's: here none.
struct NoTerm {
  static constexpr bool kAny = false;
};

// `neighbors` and `weights` are (rows, k); a neighbour of weight 0 is skipped and may be -1.
// `copy` is (dim, n + 16): the map's coordinates in shuffled order, the first 16 again at the end.
// `places` is (rows, dim), start in, result out.
template <class Term = NoTerm, class Far = Alike>
void settle(const float* map, const float* copy, std::size_t n, int dim_given,
            const std::int32_t* neighbors, const float* weights, std::size_t rows, std::size_t k,
            const std::uint64_t* row_keys, const SettleOptions& options, float* places,
            int n_threads, const Term& term = {}, const Far& far_rule = {}) {
  const std::size_t dim = static_cast<std::size_t>(dim_given);
  const std::size_t stride = n + kLanes;
  const std::size_t vectors = (k + kLanes - 1) / kLanes;
  struct Row {
    std::size_t number;
    float wanted, total;
    std::int32_t runs;
  };
  for_blocks(rows, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<F32x16> others(kTogether * vectors * dim), w(kTogether * vectors), force(dim);
    std::vector<float> more(dim, 0.0f);
    Pairs near, far;
    near.resize(kTogether * vectors, dim);
    std::vector<Row> group;
    for (std::size_t next = begin; next < end;) {
      group.clear();
      std::size_t runs = 0;
      for (; next < end && group.size() < kTogether; ++next) {
        const float* const here = places + next * dim;
        const std::size_t first = group.size() * vectors;
        float total = 0.0f;
        for (std::size_t v = 0; v < vectors; ++v) {
          float strength[kLanes];
          std::int64_t at[kLanes];
          for (int l = 0; l < kLanes; ++l) {
            const std::size_t c = v * kLanes + static_cast<std::size_t>(l);
            strength[l] = c < k ? weights[next * k + c] : 0.0f;
            at[l] = strength[l] > 0.0f
                        ? static_cast<std::int64_t>(neighbors[next * k + c]) * dim_given
                        : -1;
            total += strength[l];
          }
          w[first + v] = load(strength);
          for (std::size_t x = 0; x < dim; ++x)
            others[(first + v) * dim + x] =
                pick<float, kLanes>([&](int l) { return at[l] < 0 ? here[x] : map[at[l] + x]; });
        }
        if (!(total > 0.0f)) continue;
        const float wanted = options.negative_rate * total;
        group.push_back({next, wanted, total, runs_of(wanted, options.negative_runs)});
        runs += static_cast<std::size_t>(group.back().runs);
      }
      far.resize(runs, dim);
      for (std::int64_t t = 0; t < options.n_epochs; ++t) {
        const float rate = options.learning_rate *
                           (1.0f - static_cast<float>(t) / static_cast<float>(options.n_epochs));
        const auto meet = [&](Pairs& pairs, std::size_t at, const float* here, auto&& other) {
          F32x16 s = {};
          for (std::size_t x = 0; x < dim; ++x) {
            const F32x16 d = splat(here[x]) - other(x);
            pairs.delta[at * dim + x] = d;
            s += d * d;
          }
          pairs.coefficient[at] = s;
        };
        std::size_t at = 0;
        for (std::size_t g = 0; g < group.size(); ++g) {
          const float* const here = places + group[g].number * dim;
          for (std::size_t v = g * vectors; v < (g + 1) * vectors; ++v)
            meet(near, v, here, [&](std::size_t x) { return others[v * dim + x]; });
          const std::uint64_t key_t = key(options.seed, Stage::transform,
                                          static_cast<std::uint64_t>(t), row_keys[group[g].number]);
          for (std::int32_t r = 0; r < group[g].runs; ++r, ++at) {
            const float* const run = copy + below(draw(key_t, static_cast<std::uint64_t>(r)),
                                                  static_cast<std::uint32_t>(n));
            meet(far, at, here, [&](std::size_t x) { return load(run + x * stride); });
          }
        }
        near.compute(group.size() * vectors,
                     [&](const auto& s) { return options.curve.attraction(s); });
        far.compute(runs, [&](const auto& s) { return options.curve.repulsion(s); });
        at = 0;
        for (std::size_t g = 0; g < group.size(); ++g) {
          float* const here = places + group[g].number * dim;
          F32x16 stiffness = {};
          for (std::size_t x = 0; x < dim; ++x) force[x] = F32x16{};
          for (std::size_t v = g * vectors; v < (g + 1) * vectors; ++v) {
            const F32x16 c = near.coefficient[v];
            stiffness += w[v] * c;
            for (std::size_t x = 0; x < dim; ++x)
              force[x] -= w[v] * clamp(c * near.delta[v * dim + x], options.curve.clip);
          }
          for (std::size_t x = 0; x < dim; ++x) force[x] = force[x] * 2.0f;
          const float share = group[g].runs > 0
                                  ? group[g].wanted / static_cast<float>(group[g].runs * kLanes)
                                  : 0.0f;
          [[maybe_unused]] const std::uint64_t key_t =
              Far::kAny ? key(options.seed, Stage::transform, static_cast<std::uint64_t>(t),
                              row_keys[group[g].number])
                        : 0;
          for (std::int32_t r = 0; r < group[g].runs; ++r, ++at) {
            F32x16 counts = splat(share);
            if constexpr (Far::kAny)
              counts *= far_rule.weight(
                  group[g].number,
                  below(draw(key_t, static_cast<std::uint64_t>(r)), static_cast<std::uint32_t>(n)));
            for (std::size_t x = 0; x < dim; ++x)
              force[x] +=
                  clamp(far.coefficient[at] * far.delta[at * dim + x], options.curve.clip) * counts;
          }
          float springs = 2.0f * sum(stiffness);
          if constexpr (Term::kAny)
            springs += term.force(group[g].number, here, &others[g * vectors * dim],
                                  &w[g * vectors], vectors, dim_given, group[g].total, more.data());
          const float step = rate / (1.0f + rate * springs);
          for (std::size_t x = 0; x < dim; ++x) {
            float all = sum(force[x]);
            if constexpr (Term::kAny) all += more[x];
            here[x] += step * all;
          }
        }
      }
    }
  });
}

UMAPKIT_END
