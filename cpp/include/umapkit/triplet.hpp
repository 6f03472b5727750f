// Triplet cost of labelled points of the map: a push that keeps classes apart by a margin.
//
// An anchor a, a positive p of its class and a negative n of another one cost
//
//   max(0, |y_a - y_p| - |y_a - y_n| + margin),   |v| = sqrt(v . v + 0.01)
//
// and the cost of the map is sum_a E_p E_n of it, p uniform over the other points of a's class, n
// over the points of the other classes (Schroff, Kalenichenko, Philbin: FaceNet, CVPR 2015; the
// tutorial, section 2.5). Point i stands in it in three roles; each epoch draws T triplets a role
// by hashes of (seed, epoch, i), and with u(v) = v / |v|
//
//   anchor     -u(y_i - y_p) + u(y_i - y_n)
//   positive   -u(y_i - y_a)                               of the class of a
//   negative    u(y_i - y_a) (N - N_i) / (N - N_a)         N points, N_c in the class of c
//
// are added up where the triplet costs something: an unbiased draw of the negative gradient, by
// which i alone moves,
//
//   move = step F / (1 + step K),   F, K the means over T,  K of the pulls' 1 / |v|
//
// so that no pull overshoots its goal. Approximated: the expectations, by 3 T draws. O(T) a point;
// each writes its own move only, so the bits do not depend on threads.
#pragma once
#include <cstdint>
#include <vector>

#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"

UMAPKIT_BEGIN

struct TripletOptions {
  float margin;
  float step;
  std::int32_t triplets;  // T
  std::uint64_t seed;
  std::uint64_t epoch;
};

// The labelled points, ordered by class: class c is rows[starts[c]] .. rows[starts[c + 1] - 1].
struct Classes {
  const std::int32_t* rows;
  const std::int32_t* codes;
  const std::int64_t* starts;
  std::size_t m;  // points in all
};

// `moves` is (m, dim); `cost` gets the drawn cost of the map (T triplets an anchor).
inline void push_triplets(const float* points, std::size_t dim, const Classes& classes,
                          const TripletOptions& options, float* moves, double* cost,
                          int n_threads) {
  constexpr std::size_t kBlock = 512;
  constexpr float kSoft = 0.01f;
  std::vector<double> costs((classes.m + kBlock - 1) / kBlock, 0.0);
  const auto at = [&](std::size_t place) {
    return points + static_cast<std::size_t>(classes.rows[place]) * dim;
  };
  const auto size_of = [&](std::int32_t code) {
    return static_cast<std::uint32_t>(classes.starts[code + 1] - classes.starts[code]);
  };
  // Another point of the class of `place`; a point of another class.
  const auto mate = [&](std::size_t place, std::uint64_t bits) {
    const std::int32_t code = classes.codes[place];
    const std::size_t first = static_cast<std::size_t>(classes.starts[code]);
    const std::size_t found = first + below(bits, size_of(code) - 1);
    return found >= place ? found + 1 : found;
  };
  const auto stranger = [&](std::size_t place, std::uint64_t bits) {
    const std::int32_t code = classes.codes[place];
    const std::uint32_t own = size_of(code);
    const std::size_t found = below(bits, static_cast<std::uint32_t>(classes.m) - own);
    return found >= static_cast<std::size_t>(classes.starts[code]) ? found + own : found;
  };
  const auto length = [&](const float* a, const float* b) {
    float s = kSoft;
    for (std::size_t k = 0; k < dim; ++k) s += (a[k] - b[k]) * (a[k] - b[k]);
    return __builtin_sqrtf(s);
  };
  const float share = 1.0f / static_cast<float>(options.triplets);
  for_blocks(classes.m, kBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> force(dim);
    for (std::size_t i = begin; i < end; ++i) {
      const float* const here = at(i);
      const std::uint64_t key_i = key(options.seed, Stage::label, options.epoch,
                                      static_cast<std::uint64_t>(classes.rows[i]));
      const std::uint32_t own = size_of(classes.codes[i]);
      const float outside = static_cast<float>(static_cast<std::uint32_t>(classes.m) - own);
      std::fill(force.begin(), force.end(), 0.0f);
      float stiffness = 0.0f;
      double paid = 0.0;
      const auto act = [&](const float* there, float by, float factor) {
        for (std::size_t k = 0; k < dim; ++k) force[k] += factor * ((here[k] - there[k]) / by);
      };
      for (std::int32_t t = 0; t < options.triplets; ++t) {
        const auto bits = [&](int which) {
          return draw(key_i, static_cast<std::uint64_t>(t) * 6 + static_cast<std::uint64_t>(which));
        };
        if (own > 1) {
          const float* const p = at(mate(i, bits(0)));
          const float* const n = at(stranger(i, bits(1)));
          const float near = length(here, p), far = length(here, n);
          const float short_of = near - far + options.margin;
          if (short_of > 0.0f) {
            paid += static_cast<double>(short_of);
            act(p, near, -1.0f);
            act(n, far, 1.0f);
            stiffness += 1.0f / near;
          }
          const float* const a = at(mate(i, bits(2)));
          const float* const other = at(stranger(i, bits(3)));
          const float mine = length(here, a);
          if (mine - length(a, other) + options.margin > 0.0f) {
            act(a, mine, -1.0f);
            stiffness += 1.0f / mine;
          }
        }
        const std::size_t place = stranger(i, bits(4));
        const std::uint32_t theirs = size_of(classes.codes[place]);
        if (theirs > 1) {
          const float* const a = at(place);
          const float away = length(here, a);
          if (length(a, at(mate(place, bits(5)))) - away + options.margin > 0.0f)
            act(a, away,
                outside / static_cast<float>(static_cast<std::uint32_t>(classes.m) - theirs));
        }
      }
      costs[i / kBlock] += paid * static_cast<double>(share);
      const float step = options.step * share / (1.0f + options.step * share * stiffness);
      for (std::size_t k = 0; k < dim; ++k) moves[i * dim + k] = step * force[k];
    }
  });
  *cost = 0.0;
  for (const double block : costs) *cost += block;
}

UMAPKIT_END
