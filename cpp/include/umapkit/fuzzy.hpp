// Memberships, and the fuzzy union of all local fuzzy sets.
//
//   p_{j|i} = 1 if d_ij <= rho_i, else exp(-(d_ij - rho_i) / sigma_i); 0 for j = i
//   p_ij    = r (a + b - a b) + (1 - r) a b,   a = p_{j|i}, b = p_{i|j}, r = set_op_mix_ratio
//
// McInnes, Healy, Melville: UMAP, arXiv:1802.03426, Algorithm 2 and Section 3.1.
// Directed lists are sorted by index. Edges are first dealt out to buckets of about 4096 targets,
// each block of sources to places of its own, so that the order within a bucket is that of the
// sources; a bucket, which fits into the cache, is then turned over by counting, and every vertex
// merges the list of its targets with that of its sources. No order of work matters. O(n k log k)
// time; beside lists and result, 12 bytes an edge. Nothing is approximated.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "umapkit/exponential.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kGraphBlock = 512;

// Row i of `targets` and `values` (n x k) receives count[i] entries, sorted by target. Missing
// neighbours (index < 0 or infinite distance), the row itself (unless `bipartite`) and
// memberships that vanish in float32 are left out; a target listed twice counts once, with its
// larger membership.
inline void find_memberships(const std::int32_t* indices, const float* distances,
                             const float* sigmas, const float* rhos, std::size_t n, std::size_t k,
                             bool bipartite, std::int32_t* targets, float* values,
                             std::int32_t* counts, int n_threads) {
  for_blocks(n, kGraphBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<double> exponents(k + kDoubles, 0.0);
    std::vector<std::pair<std::int32_t, float>> list(k);
    for (std::size_t i = begin; i < end; ++i) {
      const double rho = rhos[i];
      const double sigma = sigmas[i];
      for (std::size_t j = 0; j < k; ++j) {
        const double gap = static_cast<double>(distances[i * k + j]) - rho;
        exponents[j] = gap > 0.0 && sigma > 0.0 ? -gap / sigma : 0.0;
      }
      for (std::size_t j = 0; j < k; j += kDoubles) {
        const F64x8 p = exp_negative(load_doubles(exponents.data() + j));
        std::memcpy(exponents.data() + j, &p, sizeof p);
      }
      std::size_t count = 0;
      for (std::size_t j = 0; j < k; ++j) {
        const std::int32_t target = indices[i * k + j];
        if (target < 0 || !std::isfinite(distances[i * k + j])) continue;
        if (!bipartite && static_cast<std::size_t>(target) == i) continue;
        const auto p = static_cast<float>(exponents[j]);
        if (p > 0.0f) list[count++] = {target, p};
      }
      std::sort(list.begin(), list.begin() + count, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : a.second > b.second;
      });
      std::size_t kept = 0;
      for (std::size_t j = 0; j < count; ++j) {
        if (kept > 0 && targets[i * k + kept - 1] == list[j].first) continue;
        targets[i * k + kept] = list[j].first;
        values[i * k + kept] = list[j].second;
        ++kept;
      }
      counts[i] = static_cast<std::int32_t>(kept);
    }
  });
}

UMAPKIT_INLINE float combine(float a, float b, double ratio) {
  const double both = static_cast<double>(a) * static_cast<double>(b);
  const double either = static_cast<double>(a) + static_cast<double>(b) - both;
  return static_cast<float>(ratio * either + (1.0 - ratio) * both);
}

// Directed lists: row i owns counts[i] entries from begins[i] on, by increasing target, none twice.
struct Directed {
  std::size_t n;
  const std::int64_t* begins;
  const std::int32_t* counts;
  const std::int32_t* targets;
  const float* values;
};

struct Edge {
  std::int32_t target, source;
  float value;
};

// Calls f(column, value) for every entry of row i of the union, by increasing column. The edges
// into i are those at from, ..., to - 1 of (sources, values).
template <class F>
UMAPKIT_INLINE void merge_row(const Directed& own, std::size_t i, const std::int32_t* sources,
                              const float* values, std::size_t from, std::size_t to, double ratio,
                              F&& f) {
  std::int64_t a = own.begins[i];
  const std::int64_t a_end = a + own.counts[i];
  while (a < a_end || from < to) {
    std::int32_t column;
    float p = 0.0f;
    float q = 0.0f;
    if (from >= to || (a < a_end && own.targets[a] < sources[from])) {
      column = own.targets[a];
      p = own.values[a++];
    } else if (a >= a_end || sources[from] < own.targets[a]) {
      column = sources[from];
      q = values[from++];
    } else {
      column = own.targets[a];
      p = own.values[a++];
      q = values[from++];
    }
    const float value = combine(p, q, ratio);
    if (value > 0.0f && static_cast<std::size_t>(column) != i) f(column, value);
  }
}

// Union of the lists with their transpose: fills indptr (n + 1), and the first indptr[n] places of
// columns and values, which have room for twice the edges of the lists.
inline void unite(const Directed& lists, double ratio, std::int64_t* indptr, std::int32_t* columns,
                  float* values, int n_threads) {
  const std::size_t n = lists.n;
  indptr[0] = 0;
  if (n == 0) return;
  const std::size_t width = std::max<std::size_t>(4096, (n + 1023) / 1024);  // of a bucket
  const std::size_t height = std::max<std::size_t>(4096, (n + 63) / 64);     // of a block
  const std::size_t buckets = (n + width - 1) / width;
  const std::size_t blocks = (n + height - 1) / height;
  // at[b * blocks + a]: where block a writes next in bucket b.
  std::vector<std::int64_t> at(buckets * blocks + 1, 0);
  const auto each_edge = [&](std::size_t begin, std::size_t end, auto&& f) {
    for (std::size_t i = begin; i < end; ++i)
      for (std::int64_t e = lists.begins[i]; e < lists.begins[i] + lists.counts[i]; ++e)
        f(static_cast<std::size_t>(lists.targets[e]), i, lists.values[e]);
  };
  for_blocks(n, height, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<std::int64_t> mine(buckets, 0);
    each_edge(begin, end, [&](std::size_t target, std::size_t, float) { ++mine[target / width]; });
    for (std::size_t b = 0; b < buckets; ++b) at[b * blocks + begin / height + 1] = mine[b];
  });
  for (std::size_t j = 1; j < at.size(); ++j) at[j] += at[j - 1];
  std::vector<std::int64_t> first(buckets + 1);  // edges of the buckets, and room of their rows
  std::vector<std::int64_t> room(buckets + 1, 0);
  for (std::size_t b = 0; b <= buckets; ++b) first[b] = at[b * blocks];
  for (std::size_t i = 0; i < n; ++i) room[i / width + 1] += lists.counts[i];
  for (std::size_t b = 0; b < buckets; ++b) room[b + 1] += room[b] + first[b + 1] - first[b];

  const std::unique_ptr<Edge[]> edges(new Edge[static_cast<std::size_t>(at.back())]);
  for_blocks(n, height, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<std::int64_t> next(buckets);
    for (std::size_t b = 0; b < buckets; ++b) next[b] = at[b * blocks + begin / height];
    each_edge(begin, end, [&](std::size_t target, std::size_t source, float value) {
      edges[static_cast<std::size_t>(next[target / width]++)] = {
          static_cast<std::int32_t>(target), static_cast<std::int32_t>(source), value};
    });
  });
  std::vector<std::int64_t> kept(buckets);
  for_blocks(buckets, 1, n_threads, [&](std::size_t b, std::size_t, int) {
    const std::size_t begin = b * width;
    const std::size_t end = std::min(n, begin + width);
    const Edge* const mine = edges.get() + first[b];
    const auto size = static_cast<std::size_t>(first[b + 1] - first[b]);
    std::vector<std::size_t> start(end - begin + 2, 0);
    std::vector<std::int32_t> sources(size);
    std::vector<float> weights(size);
    for (std::size_t e = 0; e < size; ++e)
      ++start[static_cast<std::size_t>(mine[e].target) - begin + 2];
    for (std::size_t r = 2; r < start.size(); ++r) start[r] += start[r - 1];
    for (std::size_t e = 0; e < size; ++e) {
      const std::size_t to = start[static_cast<std::size_t>(mine[e].target) - begin + 1]++;
      sources[to] = mine[e].source;
      weights[to] = mine[e].value;
    }
    std::int64_t to = room[b];
    for (std::size_t i = begin; i < end; ++i) {
      const std::int64_t before = to;
      merge_row(lists, i, sources.data(), weights.data(), start[i - begin], start[i - begin + 1],
                ratio, [&](std::int32_t column, float value) {
                  columns[to] = column;
                  values[to++] = value;
                });
      indptr[i + 1] = to - before;
    }
    kept[b] = to - room[b];
  });
  for (std::size_t i = 0; i < n; ++i) indptr[i + 1] += indptr[i];
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::int64_t to = indptr[b * width];
    const auto count = static_cast<std::size_t>(kept[b]);
    if (to == room[b]) continue;
    std::memmove(columns + to, columns + room[b], count * sizeof *columns);
    std::memmove(values + to, values + room[b], count * sizeof *values);
  }
}

UMAPKIT_END
