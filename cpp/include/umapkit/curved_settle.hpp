// New points on a frozen map that is no plane, and the points of such a map near given ones.
//
// settle: row q with neighbours j and memberships w_qj starts at their weighted mean on the surface
// (`mean` of its card) and takes T steps, the map lying still:
//
//   y <- move(y, rate t F / (1 + rate t K)),   K = 2 sum_j w_qj c_a bend,   t = 1 - step / T
//
// with F as in curved.hpp and the draws of settle.hpp (hashes of seed, step, contents of the row):
// a row's place depends on the row and the fitted model only. O(T (k + |N|)) a row.
// nearest: the k smallest (d, index) over all points of the map. O(n) a query, exact.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "umapkit/curved.hpp"
#include "umapkit/nearest_rows.hpp"

UMAPKIT_BEGIN

// Rows of the map, out of float32 coordinates (n, S::kCoordinates).
template <class S>
void read_map(const S& surface, const float* map, std::size_t n, std::vector<double>& places,
              std::vector<double>& rows) {
  places.resize(n * S::kWidth);
  rows.resize(n * S::kRow);
  for (std::size_t i = 0; i < n; ++i) {
    surface.from_coordinates(map + i * S::kCoordinates, &places[i * S::kWidth]);
    surface.prepare(&places[i * S::kWidth], &rows[i * S::kRow]);
  }
}

// `neighbors` and `weights` are (m, k), weight 0 where there is none; `order` is the order of the
// negatives; `out` is (m, S::kCoordinates), NaN for a row without neighbours.
template <class S>
void settle_curved(const S& surface, const float* map, std::size_t n, const std::int32_t* order,
                   const std::int32_t* neighbors, const float* weights, std::size_t m,
                   std::size_t k, const std::uint64_t* row_keys, const CurvedOptions& options,
                   float* out, int n_threads) {
  constexpr std::size_t kWidth = S::kWidth, kRow = S::kRow;
  std::vector<double> places, rows;
  read_map(surface, map, n, places, rows);
  std::vector<double> copy((n + kLanes) * kRow);
  for (std::size_t i = 0; i < n + kLanes; ++i)
    std::copy_n(&rows[static_cast<std::size_t>(order[i % n]) * kRow], kRow, &copy[i * kRow]);
  const std::size_t vectors = (k + kLanes - 1) / kLanes;
  for_blocks(m, 16, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<double> near(k * kWidth), w(k);
    std::vector<const double*> met(vectors * kLanes);
    std::vector<double> strength(vectors * kLanes);
    for (std::size_t q = begin; q < end; ++q) {
      std::size_t count = 0, strongest = 0;
      double total = 0.0;
      for (std::size_t c = 0; c < k; ++c) {
        const double one = weights[q * k + c];
        if (!(one > 0.0)) continue;
        const std::size_t j = static_cast<std::size_t>(neighbors[q * k + c]);
        std::copy_n(&places[j * kWidth], kWidth, &near[count * kWidth]);
        met[count] = &rows[j * kRow];
        w[count] = one;
        strength[count] = one;
        if (one > w[strongest]) strongest = count;
        total += one;
        ++count;
      }
      if (count == 0) {
        for (int c = 0; c < S::kCoordinates; ++c)
          out[q * S::kCoordinates + c] = std::numeric_limits<float>::quiet_NaN();
        continue;
      }
      for (std::size_t c = count; c < met.size(); ++c) {
        met[c] = met[0];
        strength[c] = 0.0;
      }
      double here[kWidth], there[kWidth], own[kRow];
      surface.mean(near.data(), w.data(), count, strongest, here);
      const float wanted = options.negative_rate * static_cast<float>(total);
      const std::int32_t runs = runs_of(wanted, options.negative_runs);
      for (std::int64_t t = 0; t < options.n_epochs; ++t) {
        const double rate = options.learning_rate *
                            (1.0 - static_cast<double>(t) / static_cast<double>(options.n_epochs));
        surface.prepare(here, own);
        double force[kWidth] = {}, stiffness[kWidth] = {};
        for (std::size_t v = 0; v * kLanes < count; ++v) {
          const auto row = [&](int l) { return met[v * kLanes + static_cast<std::size_t>(l)]; };
          Sixteen p;
          p.meet(surface, options.curve, own, row);
          for (int l = 0; l < kLanes; ++l) {
            const double one = strength[v * kLanes + static_cast<std::size_t>(l)];
            if (!(one > 0.0)) continue;
            const double c = 2.0 * options.curve.a * options.curve.b * p.power[l] /
                             (p.root[l] * (1.0 + options.curve.a * p.power[l]));
            double delta[kWidth], bend[kWidth];
            surface.away(own, row(l), p.gap[l], p.ratio[l], delta, bend);
            const double by = cut<S>(c, p.d[l]);
            for (std::size_t x = 0; x < kWidth; ++x) {
              force[x] -= 2.0 * one * cut_number<S>(by * delta[x]);
              stiffness[x] += 2.0 * one * c * bend[x];
            }
          }
        }
        const std::uint64_t own_key =
            key(options.seed, Stage::transform, static_cast<std::uint64_t>(t), row_keys[q]);
        for (std::int32_t r = 0; r < runs; ++r) {
          const std::size_t first =
              below(draw(own_key, static_cast<std::uint64_t>(r)), static_cast<std::uint32_t>(n));
          repel_sixteen(surface, options.curve, own, &copy[first * kRow], kRow,
                        static_cast<double>(wanted) / (runs * kLanes), force);
        }
        for (std::size_t x = 0; x < kWidth; ++x)
          force[x] = rate * force[x] / (1.0 + rate * stiffness[x]);
        surface.limit(force);
        surface.move(here, force, there);
        std::copy_n(there, kWidth, here);
      }
      surface.to_coordinates(here, out + q * S::kCoordinates);
    }
  });
}

// distances (m, k) are those of the surface, ascending, ties to the lower index.
template <class S>
void nearest_curved(const S& surface, const float* map, std::size_t n, const float* queries,
                    std::size_t m, std::size_t k, std::int32_t* indices, double* distances,
                    int n_threads) {
  std::vector<double> places, rows, asked, own;
  read_map(surface, map, n, places, rows);
  read_map(surface, queries, m, asked, own);
  for_blocks(m, 4, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<quality::Near> list;
    list.reserve(k + 1);
    double gap[kLanes], more[kLanes], d[kLanes], ratio[kLanes];
    for (std::size_t q = begin; q < end; ++q) {
      list.clear();
      for (std::size_t first = 0; first < n; first += kLanes) {
        const std::size_t count = std::min<std::size_t>(kLanes, n - first);
        for (std::size_t l = 0; l < kLanes; ++l)
          surface.look(&own[q * S::kRow], &rows[(first + (l < count ? l : 0)) * S::kRow], gap[l],
                       more[l]);
        for (std::size_t l = 0; l < kLanes; ++l) surface.measure(gap[l], more[l], d[l], ratio[l]);
        for (std::size_t l = 0; l < count; ++l)
          quality::keep_nearest(list, k, {d[l], static_cast<std::int32_t>(first + l)});
      }
      for (std::size_t j = 0; j < k; ++j) {
        indices[q * k + j] = list[j].second;
        distances[q * k + j] = list[j].first;
      }
    }
  });
}

UMAPKIT_END
