// Memberships of some slots, straight out of a table of neighbours that grows.
//
//   p_{j|s} = exp(-max(0, d_sj - rho_s) / sigma_s)
//
// (tutorial, Eqs. 1 to 3; Algorithm 3, line 8.) Of a slot's list those neighbours count that are
// linked, and nearer than the disconnection distance; rho and sigma by bandwidth.hpp, the
// memberships by fuzzy.hpp, for blocks of 512 lists that are gathered into the cache. O(k) a list
// and step of the search for sigma. Nothing is approximated beyond those two.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "umapkit/bandwidth.hpp"
#include "umapkit/fuzzy.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

// Lists of k entries a slot, the first of which is the slot itself, and what a row needs to count.
struct SlotTable {
  std::size_t k;
  const std::int32_t* indices;
  const float* distances;
  const std::uint8_t* linked;
  float cut;  // neighbours so far or farther do not
};

struct Scale {
  double connectivity, target, mean_distance;
};

// Sums and numbers of the finite distances of some lists, written by slot.
inline void sum_lists(const SlotTable& table, const std::int32_t* slots, std::size_t m,
                      double* sums, std::int64_t* counts, int n_threads) {
  for_blocks(m, 1024, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto slot = static_cast<std::size_t>(slots[i]);
      const float* const row = table.distances + slot * table.k;
      double sum = 0.0;
      std::int64_t count = 0;
      for (std::size_t j = 0; j < table.k; ++j)
        if (std::isfinite(row[j])) sum += static_cast<double>(row[j]), ++count;
      sums[slot] = sum;
      counts[slot] = count;
    }
  });
}

// targets, values: m x k, of which counts[i] are used, sorted by target. waiting[i]: whether a
// neighbour was left out that is not linked yet.
inline void read_lists(const SlotTable& table, const Scale& scale, const std::int32_t* slots,
                       std::size_t m, std::int32_t* targets, float* values, std::int32_t* counts,
                       std::uint8_t* waiting, int n_threads) {
  const std::size_t k = table.k;
  constexpr std::size_t kBlock = 512;
  for_blocks(m, kBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    const std::size_t rows = end - begin;
    std::vector<std::int32_t> indices(rows * k);
    std::vector<float> distances(rows * k), sigmas(rows), rhos(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      const auto slot = static_cast<std::size_t>(slots[begin + i]);
      const std::int32_t* const ids = table.indices + slot * k;
      const float* const far = table.distances + slot * k;
      std::int32_t* const to = indices.data() + i * k;
      float* const to_far = distances.data() + i * k;
      to[0] = -1;  // the row itself counts in no sum
      to_far[0] = far[0];
      std::size_t kept = 1;
      waiting[begin + i] = 0;
      for (std::size_t j = 1; j < k && ids[j] >= 0; ++j) {
        if (table.linked[ids[j]] == 0) {
          waiting[begin + i] = 1;
        } else if (far[j] < table.cut) {
          to[kept] = ids[j];
          to_far[kept++] = far[j];
        }
      }
      std::fill(to + kept, to + k, -1);
      std::fill(to_far + kept, to_far + k, std::numeric_limits<float>::infinity());
    }
    find_bandwidths(distances.data(), rows, k, 1, scale.connectivity, scale.target,
                    scale.mean_distance, sigmas.data(), rhos.data(), 1);
    find_memberships(indices.data(), distances.data(), sigmas.data(), rhos.data(), rows, k, true,
                     targets + begin * k, values + begin * k, counts + begin, 1);
  });
}

UMAPKIT_END
