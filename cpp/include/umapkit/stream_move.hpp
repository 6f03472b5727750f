// Moves of some points of a map whose points come and go.
//
// The slots of a part read all positions as the part before left them and move by the semi-implicit
// step of sampled.hpp, each with a step size h_s of its own:
//
//   F = 2 sum_j w_sj f_a(s, j) + r sum_{l in N} f_r(s, l),   r = m d_s / |N|
//   v <- h (F + sum_j k_sj v_j + K v_s - A (y_s - home_s)) / (1 + 2 h K + h A)
//   y <- y + v,     k_sj = 2 w_sj |c_a(s, j)|,  K = sum_j k_sj,  A = anchor d_s,  h K <= memory
//
// The other points stay where they are. The anchor is a spring to the place where a point had come
// to rest; its own strength is in the denominator, so it cannot overshoot however strong it is.
//
// Negatives are runs of 16 out of a copy of the positions of all points on the map, in an order
// that is a random permutation at any time (a new point changes places with a random one, the last
// one fills the gap of one that goes). The copy is kept: `where` says where a slot lies in it, and
// a slot that moves writes its new place there, too. Draws are hashes of (seed, stage, stamp +
// part, slot). O(sum of degrees + |N|) a slot. In a part all reading ends before writing begins:
// the bits do not depend on threads.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "umapkit/force.hpp"
#include "umapkit/random.hpp"
#include "umapkit/rounds.hpp"
#include "umapkit/sampled.hpp"
#include "umapkit/simd.hpp"
#include "umapkit/stream_edges.hpp"

UMAPKIT_BEGIN

struct StreamOptions {
  Curve curve;
  float negative_rate;
  float drawn;  // negatives drawn over the m d_s that they stand for
  std::int32_t negative_runs;
  float memory;  // most of h K
  float anchor;
  std::uint64_t seed, stamp;
};

// The map: rows of `state` are as in sampled.hpp (row_width), `copy` is (dim, stride) and holds the
// n points on the map in the order of `where`, then 16 of them again from the first.
struct StreamMap {
  std::size_t n, stride;
  float* state;
  float* copy;
  const std::int32_t* where;
  float* homes;        // (capacity, dim)
  std::int32_t* ages;  // moves made
};

inline void repeat_first(const StreamMap& map, std::size_t dim) {
  for (std::size_t k = 0; k < dim; ++k)
    for (std::size_t l = 0; l < kLanes; ++l)
      map.copy[k * map.stride + map.n + l] = map.copy[k * map.stride + l % map.n];
}

// Differences, velocities and squared distances of the edges of one slot, from vector `at` on.
template <int D>
std::size_t meet_edges(const StreamMap& map, const EdgePool& pool, std::size_t dim_given,
                       std::size_t slot, std::size_t at, Pairs& pairs) {
  const std::size_t dim = D > 0 ? D : dim_given;
  const std::size_t width = row_width(dim);
  const float* const here = map.state + slot * width;
  const std::int32_t* heads = pool.heads + pool.first[slot] * kLanes;
  const std::size_t vectors = static_cast<std::size_t>((pool.count[slot] + kLanes - 1) / kLanes);
  for (std::size_t v = 0; v < vectors; ++v, ++at, heads += kLanes) {
    F32x16 s = {};
    F32x16 there[8];
    if constexpr (D == 2) turned_rows(map.state, row_width(2), heads, there);
    if constexpr (D == 3) {
      turned_rows(map.state, row_width(3), heads, there);
      turned_rows(map.state + velocity_at(3), row_width(3), heads, there + velocity_at(3));
    }
    for (std::size_t k = 0; k < dim; ++k) {
      F32x16 place, velocity;
      if constexpr (D == 2 || D == 3) {
        place = there[k];
        velocity = there[velocity_at(D) + k];
      } else {
        const float* const column = map.state + k;
        place = pick<float, kLanes>(
            [&](int l) { return column[static_cast<std::size_t>(heads[l]) * width]; });
        velocity = pick<float, kLanes>([&](int l) {
          return column[static_cast<std::size_t>(heads[l]) * width + velocity_at(dim)];
        });
      }
      const F32x16 d = splat(here[k]) - place;
      pairs.delta[at * dim + k] = d;
      pairs.velocity[at * dim + k] = velocity;
      s += d * d;
    }
    pairs.coefficient[at] = s;
  }
  return at;
}

// What one thread needs for a group of slots.
struct StreamBench {
  Pairs near, far;
  std::vector<const float*> runs;
  std::vector<F32x16> sums;  // force, pulled, repulsion: 3 dim
  std::vector<std::int32_t> counts;
  std::vector<std::size_t> ends;
};

// Moves slots[0 .. m); `to` gets their rows, m x row_width.
template <int D>
void move_group(const StreamMap& map, const EdgePool& pool, const StreamOptions& options,
                std::size_t dim_given, const std::int32_t* slots, const float* steps, std::size_t m,
                StreamBench& bench, float* to) {
  const std::size_t dim = D > 0 ? D : dim_given;
  const std::size_t width = row_width(dim);
  bench.runs.clear();
  bench.counts.clear();
  bench.ends.clear();
  std::size_t vectors = 0;
  for (std::size_t i = 0; i < m; ++i) {
    const auto slot = static_cast<std::size_t>(slots[i]);
    vectors += static_cast<std::size_t>((pool.count[slot] + kLanes - 1) / kLanes);
    const std::int32_t count =
        runs_of(options.drawn * options.negative_rate * pool.degree[slot], options.negative_runs);
    bench.counts.push_back(count);
    const std::uint64_t key_s = key(options.seed, Stage::stream_negative, options.stamp, slot);
    for (std::int32_t r = 0; r < count; ++r) {
      const float* const run = map.copy + below(draw(key_s, static_cast<std::uint64_t>(r)),
                                                static_cast<std::uint32_t>(map.n));
      for (std::size_t k = 0; k < dim; ++k) __builtin_prefetch(run + k * map.stride);
      bench.runs.push_back(run);
    }
  }
  bench.near.resize(vectors, dim);
  bench.far.resize(bench.runs.size(), dim);
  std::size_t at = 0;
  for (std::size_t i = 0; i < m; ++i) {
    at = meet_edges<D>(map, pool, dim, static_cast<std::size_t>(slots[i]), at, bench.near);
    bench.ends.push_back(at);
  }
  bench.near.compute(vectors, [&](const auto& s) { return options.curve.attraction(s); });
  at = 0;
  for (std::size_t i = 0; i < m; ++i) {
    const float* const here = map.state + static_cast<std::size_t>(slots[i]) * width;
    for (std::int32_t r = 0; r < bench.counts[i]; ++r, ++at) {
      F32x16 s = {};
      for (std::size_t k = 0; k < dim; ++k) {
        const F32x16 d = splat(here[k]) - load(bench.runs[at] + k * map.stride);
        bench.far.delta[at * dim + k] = d;
        s += d * d;
      }
      bench.far.coefficient[at] = s;
    }
  }
  bench.far.compute(at, [&](const auto& s) { return options.curve.repulsion(s); });
  std::size_t far = 0;
  at = 0;
  for (std::size_t i = 0; i < m; ++i) {
    const auto slot = static_cast<std::size_t>(slots[i]);
    const float* const here = map.state + slot * width;
    bench.sums.assign(3 * dim, F32x16{});
    F32x16* const force = bench.sums.data();
    F32x16 stiffness = {};
    const float* weights = pool.weights + pool.first[slot] * kLanes;
    for (; at < bench.ends[i]; ++at, weights += kLanes) {
      const F32x16 w = load(weights);
      const F32x16 c = bench.near.coefficient[at];
      const F32x16 spring = w * c;
      stiffness += spring;
      for (std::size_t k = 0; k < dim; ++k) {
        force[k] -= w * clamp(c * bench.near.delta[at * dim + k], kClip);
        force[dim + k] += spring * bench.near.velocity[at * dim + k];
      }
    }
    const float share = bench.counts[i] > 0 ? options.negative_rate * pool.degree[slot] /
                                                  static_cast<float>(bench.counts[i] * kLanes)
                                            : 0.0f;
    for (std::int32_t r = 0; r < bench.counts[i]; ++r, ++far)
      for (std::size_t k = 0; k < dim; ++k)
        force[2 * dim + k] +=
            clamp(bench.far.coefficient[far] * bench.far.delta[far * dim + k], kClip) * share;
    const float total = 2.0f * sum(stiffness);
    const float held = options.anchor * pool.degree[slot];
    const float h = steps[i] * total > options.memory ? options.memory / total : steps[i];
    const float step = h / (1.0f + 2.0f * h * total + h * held);
    for (std::size_t k = 0; k < dim; ++k) {
      const F32x16 all = (force[k] + force[dim + k]) * 2.0f + force[2 * dim + k];
      const float home = held > 0.0f ? held * (here[k] - map.homes[slot * dim + k]) : 0.0f;
      const float velocity = step * (sum(all) + total * here[velocity_at(dim) + k] - home);
      to[i * width + k] = here[k] + velocity;
      to[i * width + velocity_at(dim) + k] = velocity;
    }
  }
}

// Which slots move: those of one part at once, part after part. slots[ends[i - 1]] ... of part i
// are on the map and differ from each other.
struct StreamParts {
  std::size_t n;
  const std::int64_t* ends;
  const std::int32_t* slots;
  const float* steps;
  const std::uint8_t* settling;  // whose homes go along; or null
};

inline void move_slots(const StreamMap& map, const EdgePool& pool, const StreamOptions& options,
                       int dim, const StreamParts& parts, int n_threads) {
  if (map.n == 0) return;
  const std::size_t d = static_cast<std::size_t>(dim), width = row_width(d);
  constexpr std::size_t kBlock = 4 * kVertices;
  const auto begin_of = [&](std::size_t part) {
    return part == 0 ? std::size_t{0} : static_cast<std::size_t>(parts.ends[part - 1]);
  };
  const auto end_of = [&](std::size_t part) { return static_cast<std::size_t>(parts.ends[part]); };
  std::vector<std::size_t> sizes(parts.n);
  std::size_t most = 0;
  for (std::size_t part = 0; part < parts.n; ++part) {
    const std::size_t m = end_of(part) - begin_of(part);
    sizes[part] = (m + kBlock - 1) / kBlock;
    most = std::max(most, m);
  }
  std::vector<float> to(most * width);
  std::vector<StreamBench> benches(static_cast<std::size_t>(std::max(n_threads, 1)));
  repeat_first(map, d);
  const auto work = [&](std::size_t part, std::size_t block, int thread) {
    StreamBench& bench = benches[static_cast<std::size_t>(thread)];
    StreamOptions now = options;
    now.stamp += part;
    const std::size_t first = begin_of(part), last = end_of(part);
    const std::size_t begin = first + block * kBlock;
    for (std::size_t i = begin; i < std::min(last, begin + kBlock); i += kVertices) {
      const std::size_t count = std::min(last, i + kVertices) - i;
      float* const rows = to.data() + (i - first) * width;
      const auto call = [&]<int D>() {
        move_group<D>(map, pool, now, d, parts.slots + i, parts.steps + i, count, bench, rows);
      };
      switch (dim) {
        case 1: call.template operator()<1>(); break;
        case 2: call.template operator()<2>(); break;
        case 3: call.template operator()<3>(); break;
        default: call.template operator()<0>();
      }
    }
  };
  for_rounds(sizes, n_threads, work, [&](std::size_t part) {
    const std::size_t first = begin_of(part);
    for (std::size_t i = first; i < end_of(part); ++i) {
      const auto slot = static_cast<std::size_t>(parts.slots[i]);
      const float* const row = to.data() + (i - first) * width;
      std::copy_n(row, width, map.state + slot * width);
      ++map.ages[slot];
      if (parts.settling != nullptr && parts.settling[i] != 0)
        std::copy_n(row, d, map.homes + slot * d);
      for (std::size_t k = 0; k < d; ++k)
        map.copy[k * map.stride + static_cast<std::size_t>(map.where[slot])] = row[k];
    }
    repeat_first(map, d);
  });
}

UMAPKIT_END
