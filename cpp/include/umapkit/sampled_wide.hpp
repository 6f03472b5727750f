// The epochs of sampled.hpp in maps of more than sixteen dimensions.
//
// The same forces, step, schedule and draws; the equations and symbols are there. What differs is
// the way through memory. In few dimensions sixteen pairs lie in the lanes of a vector, one number
// of each. Of wide rows that would gather every number by itself; here the lanes are the
// dimensions, padded with zeros to a multiple of 16, which stay zero because every difference is. A
// vertex reads its pairs twice: first the squared distances, whose coefficients are then computed
// in vectors, then the forces; the second time the rows lie in the first cache (41 neighbours of 64
// numbers and their velocities: 21 KB).
//
// A row of the state is the position, then the velocity, each `vectors` vectors long; the shuffled
// copy holds rows of positions, so that a run of negatives is one stretch of memory.
//
// Complexity: sum of degrees + n |N| pairs an epoch, of 16 `vectors` numbers each. Nothing is
// approximated beyond sampled.hpp; the sum over dimensions is taken in another order than there.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "umapkit/sampled.hpp"

UMAPKIT_BEGIN

// Scratch of one thread.
struct WideBench {
  std::vector<float> coefficients, springs;
  std::vector<F32x16> sums;  // force, pulled, repulsion: `vectors` each
  std::vector<const float*> runs;

  // Coefficients of `count` pairs, from their squared distances: several vectors side by side, as
  // in Pairs.
  template <class F>
  void compute(std::size_t count, F&& f) {
    constexpr int kMany = static_cast<int>(Pairs::kAtOnce) * kLanes;
    for (std::size_t e = 0; e < count; e += kMany)
      store(&coefficients[e], f(load_pack<float, kMany>(&coefficients[e])));
  }
  void make_room(std::size_t count) {
    constexpr std::size_t kMany = Pairs::kAtOnce * kLanes;
    count = (count + kMany - 1) / kMany * kMany;
    if (coefficients.size() >= count) return;
    coefficients.resize(count, 1.0f);
    springs.resize(count);
  }
};

// out[e] = |here - row(e)|^2 for e < count; up to three numbers beyond are written, too.
template <int V, class Row>
UMAPKIT_INLINE void square_distances(const float* here, std::size_t vectors, std::size_t count,
                                     Row&& row, float* out) {
  const std::size_t width = V > 0 ? V : vectors;
  for (std::size_t e = 0; e < count; e += 4) {
    const float* rows[4];
    for (std::size_t l = 0; l < 4; ++l) rows[l] = row(std::min(e + l, count - 1));
    F32x16 s[4] = {};
    for (std::size_t v = 0; v < width; ++v) {
      const F32x16 place = load(here + v * kLanes);
      for (int l = 0; l < 4; ++l) {
        const F32x16 d = place - load(rows[l] + v * kLanes);
        s[l] += d * d;
      }
    }
    const F32x4 four = sums(s[0], s[1], s[2], s[3]);
    for (std::size_t l = 0; l < 4; ++l) out[e + l] = four[l];
  }
}

// One epoch of vertex i. V: vectors of a row, 0: as many as `vectors` says.
template <int V>
void move_wide(const PaddedGraph& graph, const SampledOptions& options, std::size_t vectors,
               const Epoch& now, std::size_t i, WideBench& bench, float* to) {
  const std::size_t width = V > 0 ? V : vectors;
  const std::size_t row = 2 * width * kLanes, velocity = width * kLanes;
  const float* const here = now.state + i * row;
  F32x16 local[V > 0 ? 3 * V : 1] = {};
  if (V == 0) bench.sums.assign(3 * width, F32x16{});
  F32x16* const force = V > 0 ? local : bench.sums.data();
  F32x16* const pulled = force + width;
  F32x16* const repulsion = pulled + width;

  // The runs of negatives are asked from memory; they are needed last.
  const float wanted = options.negative_rate * graph.degree[i];
  const std::int32_t n_runs = runs_of(now.drawn * wanted, options.negative_runs);
  const std::uint64_t key_i =
      key(options.seed, Stage::negative, now.number, static_cast<std::uint64_t>(graph.vertices[i]));
  bench.runs.clear();
  for (std::int32_t r = 0; r < n_runs; ++r) {
    const std::uint32_t begin =
        below(draw(key_i, static_cast<std::uint64_t>(r)), static_cast<std::uint32_t>(graph.n));
    bench.runs.push_back(now.copy + begin * velocity);
    // Its first rows; what follows in one stretch the processor fetches by itself.
    for (std::size_t at = 0; at < 2 * velocity; at += kLanes)
      __builtin_prefetch(bench.runs.back() + at);
  }

  const std::size_t first = static_cast<std::size_t>(graph.vectors[i]) * kLanes;
  const std::size_t padded = static_cast<std::size_t>(graph.vectors[i + 1]) * kLanes - first;
  const std::size_t ahead = static_cast<std::size_t>(graph.vectors[graph.n]) * kLanes - 1;
  const std::int32_t* const heads = graph.heads + first;
  const float* const weights = graph.weights + first;
  std::size_t count = padded;
  while (count > 0 && weights[count - 1] == 0.0f) --count;
  const auto there = [&](std::size_t e) {
    return now.state + static_cast<std::size_t>(heads[e]) * row;
  };
  bench.make_room(std::max<std::size_t>(padded, static_cast<std::size_t>(n_runs) * kLanes) + 4);
  float* const c = bench.coefficients.data();
  square_distances<V>(
      here, width, count,
      [&](std::size_t e) {
        const auto coming = static_cast<std::size_t>(graph.heads[std::min(first + e + 8, ahead)]);
        for (std::size_t at = 0; at < row; at += kLanes)
          __builtin_prefetch(now.state + coming * row + at);
        return there(e);
      },
      c);
  bench.compute(count, [&](const auto& s) { return options.curve.attraction(s); });
  F32x16 stiffness = {};
  for (std::size_t e = 0; e < padded; e += kLanes) {
    const F32x16 spring = load(weights + e) * load(c + e);
    stiffness += spring;
    store(&bench.springs[e], spring);
  }
  for (std::size_t e = 0; e < count; ++e) {
    const float* const other = there(e);
    const F32x16 coefficient = splat(c[e]), weight = splat(weights[e]);
    const F32x16 spring = splat(bench.springs[e]);
    for (std::size_t v = 0; v < width; ++v) {
      const F32x16 d = load(here + v * kLanes) - load(other + v * kLanes);
      force[v] -= weight * clamp(coefficient * d, kClip);
      pulled[v] += spring * load(other + velocity + v * kLanes);
    }
  }

  const std::size_t negatives = static_cast<std::size_t>(n_runs) * kLanes;
  for (std::int32_t r = 0; r < n_runs; ++r)
    square_distances<V>(
        here, width, kLanes,
        [&](std::size_t l) { return bench.runs[static_cast<std::size_t>(r)] + l * velocity; },
        c + r * kLanes);
  bench.compute(negatives, [&](const auto& s) { return options.curve.repulsion(s); });
  const F32x16 share = splat(negatives == 0 ? 0.0f : wanted / static_cast<float>(negatives));
  for (std::size_t e = 0; e < negatives; ++e) {
    const float* const other = bench.runs[e / kLanes] + e % kLanes * velocity;
    const F32x16 coefficient = splat(c[e]);
    for (std::size_t v = 0; v < width; ++v)
      repulsion[v] +=
          clamp(coefficient * (load(here + v * kLanes) - load(other + v * kLanes)), kClip) * share;
  }

  const float total = 2.0f * sum(stiffness);
  const float step = step_of(now, total);
  for (std::size_t v = 0; v < width; ++v) {
    const F32x16 all = (force[v] + pulled[v]) * 2.0f + repulsion[v];
    const F32x16 moved = (all + load(here + velocity + v * kLanes) * total) * step;
    store(to + i * row + v * kLanes, load(here + v * kLanes) + moved);
    store(to + i * row + velocity + v * kLanes, moved);
  }
}

// copy[i] = positions of vertex order[i] for i < n, and 16 more that begin again at 0.
inline void shuffled_rows(const float* state, const std::int32_t* order, std::size_t n,
                          std::size_t vectors, int n_threads, float* copy) {
  const std::size_t width = vectors * kLanes;
  for_blocks(n + kLanes, 4096, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i)
      std::copy_n(state + static_cast<std::size_t>(order[i % n]) * 2 * width, width,
                  copy + i * width);
  });
}

// As run_sampled with PlainMover, for any number of dimensions.
inline void run_wide(const PaddedGraph& graph, const SampledOptions& options, int dim,
                     const std::int32_t* order, float* positions, float* velocities,
                     std::int64_t* state, std::int64_t until, int n_threads) {
  const std::size_t n = graph.n, given = static_cast<std::size_t>(dim);
  const std::size_t vectors = (given + kLanes - 1) / kLanes, width = vectors * kLanes;
  // Not set to zero first: the threads that fill them also meet their pages first.
  const auto copy = std::make_unique_for_overwrite<float[]>((n + kLanes) * width);
  auto from = std::make_unique_for_overwrite<float[]>(2 * n * width);
  auto to = std::make_unique_for_overwrite<float[]>(2 * n * width);
  const auto exchange = [&](auto&& f) {  // f(row of the state, position, velocity)
    for_blocks(n, 8192, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t v = static_cast<std::size_t>(graph.vertices[i]);
        f(from.get() + i * 2 * width, positions + v * given, velocities + v * given);
      }
    });
  };
  exchange([&](float* row, const float* position, const float* velocity) {
    std::fill_n(row, 2 * width, 0.0f);
    std::copy_n(position, given, row);
    std::copy_n(velocity, given, row + width);
  });
  const std::size_t threads = static_cast<std::size_t>(std::max(n_threads, 1));
  const std::size_t block = std::clamp<std::size_t>(n / (8 * threads), 16, 2048);
  std::vector<WideBench> benches(threads);
  const float length = static_cast<float>(options.n_epochs);
  std::int64_t epoch = state[0];
  for (; epoch < until; ++epoch) {
    shuffled_rows(from.get(), order, n, vectors, n_threads, copy.get());
    const float past = static_cast<float>(epoch) / length;
    const float rate = PlainMover::step(epoch, past, static_cast<float>(epoch + 1) / length);
    const Epoch now = begin_epoch(options, n, epoch, rate, from.get(), copy.get(), width);
    for_blocks(n, block, n_threads, [&](std::size_t begin, std::size_t end, int thread) {
      WideBench& bench = benches[static_cast<std::size_t>(thread)];
      for (std::size_t i = begin; i < end; ++i) {
        auto call = [&]<int V>() {
          move_wide<V>(graph, options, vectors, now, i, bench, to.get());
        };
        switch (vectors) {
          case 2: call.template operator()<2>(); break;
          case 3: call.template operator()<3>(); break;
          case 4: call.template operator()<4>(); break;
          default: call.template operator()<0>();
        }
      }
    });
    from.swap(to);
  }
  exchange([&](const float* row, float* position, float* velocity) {
    std::copy_n(row, given, position);
    std::copy_n(row + width, given, velocity);
  });
  state[0] = epoch;
}

UMAPKIT_END
