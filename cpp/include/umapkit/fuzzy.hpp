// Memberships, and the fuzzy union of all local fuzzy sets.
//
//   p_{j|i} = 1 if d_ij <= rho_i, else exp(-(d_ij - rho_i) / sigma_i); 0 for j = i
//   p_ij    = r (a + b - a b) + (1 - r) a b,   a = p_{j|i}, b = p_{i|j}, r = set_op_mix_ratio
//
// McInnes, Healy, Melville: UMAP, arXiv:1802.03426, Algorithm 2 and Section 3.1.
// Directed lists are sorted by index; their transpose is filled with relaxed atomic counters and
// every list is sorted afterwards, so the outcome does not depend on the order of work; then
// every vertex merges its two lists, once to count and once to write. O(n k log k) time, three
// times the directed graph in memory. Nothing is approximated.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

// Transpose of a square CSR matrix; the lists come out sorted.
inline void transpose(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                      const float* data, std::int64_t* t_indptr, std::int32_t* t_indices,
                      float* t_data, int n_threads) {
  std::vector<std::int64_t> cursor(n + 1, 0);
  for_blocks(n, kGraphBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::int64_t e = indptr[begin]; e < indptr[end]; ++e)
      __atomic_fetch_add(&cursor[static_cast<std::size_t>(indices[e])], std::int64_t{1},
                         __ATOMIC_RELAXED);
  });
  t_indptr[0] = 0;
  for (std::size_t i = 0; i < n; ++i) {
    t_indptr[i + 1] = t_indptr[i] + cursor[i];
    cursor[i] = t_indptr[i];
  }
  using Entry = std::pair<std::int32_t, float>;
  std::vector<Entry> entries(static_cast<std::size_t>(indptr[n]));
  for_blocks(n, kGraphBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i)
      for (std::int64_t e = indptr[i]; e < indptr[i + 1]; ++e) {
        const std::int64_t at = __atomic_fetch_add(&cursor[static_cast<std::size_t>(indices[e])],
                                                   std::int64_t{1}, __ATOMIC_RELAXED);
        entries[static_cast<std::size_t>(at)] = {static_cast<std::int32_t>(i), data[e]};
      }
  });
  for_blocks(n, kGraphBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto from = entries.begin() + t_indptr[i];
      const auto to = entries.begin() + t_indptr[i + 1];
      if (!std::is_sorted(from, to)) std::sort(from, to);
      for (std::int64_t e = t_indptr[i]; e < t_indptr[i + 1]; ++e) {
        t_indices[e] = entries[static_cast<std::size_t>(e)].first;
        t_data[e] = entries[static_cast<std::size_t>(e)].second;
      }
    }
  });
}

UMAPKIT_INLINE float combine(float a, float b, double ratio) {
  const double both = static_cast<double>(a) * static_cast<double>(b);
  const double either = static_cast<double>(a) + static_cast<double>(b) - both;
  return static_cast<float>(ratio * either + (1.0 - ratio) * both);
}

// Calls f(column, value) for every entry of row i of the union, by increasing column.
template <class F>
UMAPKIT_INLINE void merge_row(std::size_t i, const std::int64_t* indptr,
                              const std::int32_t* indices, const float* data,
                              const std::int64_t* t_indptr, const std::int32_t* t_indices,
                              const float* t_data, double ratio, F&& f) {
  std::int64_t a = indptr[i];
  std::int64_t b = t_indptr[i];
  const std::int64_t a_end = indptr[i + 1];
  const std::int64_t b_end = t_indptr[i + 1];
  while (a < a_end || b < b_end) {
    std::int32_t column;
    float p = 0.0f;
    float q = 0.0f;
    if (b >= b_end || (a < a_end && indices[a] < t_indices[b])) {
      column = indices[a];
      p = data[a++];
    } else if (a >= a_end || t_indices[b] < indices[a]) {
      column = t_indices[b];
      q = t_data[b++];
    } else {
      column = indices[a];
      p = data[a++];
      q = t_data[b++];
    }
    const float value = combine(p, q, ratio);
    if (value > 0.0f && static_cast<std::size_t>(column) != i) f(column, value);
  }
}

// Fills u_indptr (n + 1) of the union.
inline void count_union(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                        const float* data, const std::int64_t* t_indptr,
                        const std::int32_t* t_indices, const float* t_data, double ratio,
                        std::int64_t* u_indptr, int n_threads) {
  for_blocks(n, kGraphBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      std::int64_t count = 0;
      merge_row(i, indptr, indices, data, t_indptr, t_indices, t_data, ratio,
                [&](std::int32_t, float) { ++count; });
      u_indptr[i + 1] = count;
    }
  });
  u_indptr[0] = 0;
  for (std::size_t i = 0; i < n; ++i) u_indptr[i + 1] += u_indptr[i];
}

// Fills the columns and values of the union.
inline void fill_union(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                       const float* data, const std::int64_t* t_indptr,
                       const std::int32_t* t_indices, const float* t_data, double ratio,
                       const std::int64_t* u_indptr, std::int32_t* u_indices, float* u_data,
                       int n_threads) {
  for_blocks(n, kGraphBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      std::int64_t at = u_indptr[i];
      merge_row(i, indptr, indices, data, t_indptr, t_indices, t_data, ratio,
                [&](std::int32_t column, float value) {
                  u_indices[at] = column;
                  u_data[at++] = value;
                });
    }
  });
}

UMAPKIT_END
