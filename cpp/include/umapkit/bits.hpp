// The k nearest rows of truth values, packed 64 to a word, by looking at all.
//
//   N(q) = the k smallest (far(t, u, v, d), j), j != self(q),  t = |q & x_j|, u = |q|, v = |x_j|,
//
// with |.| the number of ones and far a formula of counts (counts.hpp). A tile of queries passes a
// tile of rows that stays in the cache. Counts are whole numbers, and a query's list depends on the
// query and the table alone (lists.hpp): the same bits for any number of threads and any
// instruction set. O(n d / 64) a query. Nothing is approximated.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "umapkit/counts.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/lists.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kBitQueries = 16;     // a tile
constexpr std::size_t kBitBytes = 1 << 15;  // of a tile of rows
constexpr std::size_t kBitRows = 64;        // whose keys are looked at together, at least

UMAPKIT_INLINE std::uint64_t ones_in(std::uint64_t x) {
#ifdef __POPCNT__
  return static_cast<std::uint64_t>(std::popcount(x));
#else  // else a call
  x -= (x >> 1) & 0x5555555555555555u;
  x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
  x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
  return (x * 0x0101010101010101u) >> 56;
#endif
}

inline double ones_of(const std::uint64_t* row, std::size_t words) {
  std::uint64_t all = 0;
  for (std::size_t w = 0; w < words; ++w) all += ones_in(row[w]);
  return static_cast<double>(all);
}

// queries (m x words), table (n x words): rows padded with zeros. self[i]: the row of the table
// that query i is (null: none).
template <CountMetric M>
void nearest_bits(const std::uint64_t* queries, std::size_t m, const std::uint64_t* table,
                  std::size_t n, std::size_t words, double d, const std::int32_t* self, int k,
                  std::int32_t* ids, float* distances, int n_threads) {
  std::vector<double> theirs(n);
  for_blocks(n, 4096, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t j = begin; j < end; ++j) theirs[j] = ones_of(table + j * words, words);
  });
  const std::size_t step = std::max(kBitRows, kBitBytes / (8 * words));
  const std::size_t places = static_cast<std::size_t>(k);
  for_blocks(m, kBitQueries, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> best((end - begin) * places), keys(step);
    std::vector<std::uint32_t> names(best.size());
    clear_list(best.data(), names.data(), static_cast<int>(best.size()));
    for (std::size_t from = 0; from < n; from += step) {
      const std::size_t to = std::min(n, from + step);
      for (std::size_t i = begin; i < end; ++i) {
        const std::uint64_t* const q = queries + i * words;
        const double mine = ones_of(q, words);
        for (std::size_t j = from; j < to; ++j) {
          const std::uint64_t* const x = table + j * words;
          std::uint64_t both = 0;
          for (std::size_t w = 0; w < words; ++w) both += ones_in(q[w] & x[w]);
          keys[j - from] = static_cast<float>(
              count_distance(static_cast<int>(M), static_cast<double>(both), mine, theirs[j], d));
        }
        const std::size_t me = self == nullptr ? n : static_cast<std::size_t>(self[i]);
        float* const list = best.data() + (i - begin) * places;
        std::uint32_t* const whose = names.data() + (i - begin) * places;
        for (std::size_t j = from; j < to; ++j)
          if (keys[j - from] < list[places - 1] && j != me)  // later ones of a tie are no nearer
            offer(list, whose, k, keys[j - from], static_cast<std::uint32_t>(j));
      }
    }
    for (std::size_t e = 0; e < best.size(); ++e) {
      distances[begin * places + e] = best[e];
      ids[begin * places + e] = names[e] == kNobody ? -1 : static_cast<std::int32_t>(names[e]);
    }
  });
}

// Calls f with the formula as a compile-time number.
template <class F>
void with_count_metric(int formula, F&& f) {
  switch (static_cast<CountMetric>(formula)) {
    case CountMetric::jaccard: f.template operator()<CountMetric::jaccard>(); break;
    case CountMetric::dice: f.template operator()<CountMetric::dice>(); break;
    case CountMetric::matching: f.template operator()<CountMetric::matching>(); break;
    case CountMetric::kulsinski: f.template operator()<CountMetric::kulsinski>(); break;
    case CountMetric::rogerstanimoto: f.template operator()<CountMetric::rogerstanimoto>(); break;
    case CountMetric::russellrao: f.template operator()<CountMetric::russellrao>(); break;
    case CountMetric::sokalsneath: f.template operator()<CountMetric::sokalsneath>(); break;
    case CountMetric::yule: f.template operator()<CountMetric::yule>(); break;
    case CountMetric::differing: f.template operator()<CountMetric::differing>(); break;
    case CountMetric::unmatched: f.template operator()<CountMetric::unmatched>(); break;
  }
}

UMAPKIT_END
