// Connected components of an undirected graph, by union and find.
//
// labels[i] = number of the component of vertex i; components are numbered by their lowest
// vertex. The root of a set is always its lowest vertex, and paths are halved on the way
// (Tarjan, van Leeuwen 1984). O(nnz log n) at worst, in practice linear; one thread. Exact.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

inline std::int32_t find_components(std::size_t n, const std::int64_t* indptr,
                                    const std::int32_t* indices, std::int32_t* labels) {
  auto root = [&](std::int32_t i) {
    while (labels[i] != i) {
      labels[i] = labels[labels[i]];
      i = labels[i];
    }
    return i;
  };
  for (std::size_t i = 0; i < n; ++i) labels[i] = static_cast<std::int32_t>(i);
  for (std::size_t i = 0; i < n; ++i)
    for (std::int64_t e = indptr[i]; e < indptr[i + 1]; ++e) {
      std::int32_t a = root(static_cast<std::int32_t>(i));
      std::int32_t b = root(indices[e]);
      if (a > b) std::swap(a, b);
      labels[b] = a;
    }
  std::int32_t count = 0;
  // A parent is never above its child, so it has its number already when the child is reached.
  for (std::size_t i = 0; i < n; ++i)
    labels[i] = labels[i] == static_cast<std::int32_t>(i) ? count++ : labels[labels[i]];
  return count;
}

UMAPKIT_END
