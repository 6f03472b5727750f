// Draws in proportion to given weights, each in two look-ups (Walker's alias method).
//
//   cell c = one of K, uniformly;  the result is c with probability accept[c], else other[c]
//   K w_i / sum w = accept[i] + sum over {c: other[c] = i} of (1 - accept[c])
//
// Vose: A linear algorithm for generating random numbers with a given distribution, IEEE
// Transactions on Software Engineering 17 (1991). O(K) to make, O(1) a draw; exact but for the
// rounding of accept to float32. A cell of weight 0 is never the result.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "umapkit/random.hpp"

UMAPKIT_BEGIN

struct AliasTable {
  std::size_t size;  // K
  const float* accept;
  const std::int32_t* other;

  // Two draws of the key: `first` and the next.
  UMAPKIT_INLINE std::size_t pick(std::uint64_t key_of, std::uint64_t first) const {
    const std::size_t cell = below(draw(key_of, first), static_cast<std::uint32_t>(size));
    return unit(draw(key_of, first + 1)) < accept[cell] ? cell
                                                        : static_cast<std::size_t>(other[cell]);
  }
};

// weights (K,), not negative, not all 0. Serial, so that the table depends on the weights only.
inline void make_alias(const float* weights, std::size_t size, float* accept, std::int32_t* other) {
  double total = 0.0;
  for (std::size_t i = 0; i < size; ++i) total += static_cast<double>(weights[i]);
  const double scale = static_cast<double>(size) / total;
  std::vector<double> left(size);
  std::vector<std::int32_t> poor, rich;
  std::int32_t richest = 0;
  for (std::size_t i = 0; i < size; ++i) {
    left[i] = static_cast<double>(weights[i]) * scale;
    (left[i] < 1.0 ? poor : rich).push_back(static_cast<std::int32_t>(i));
    if (weights[i] > weights[static_cast<std::size_t>(richest)])
      richest = static_cast<std::int32_t>(i);
  }
  while (!poor.empty() && !rich.empty()) {
    const std::size_t low = static_cast<std::size_t>(poor.back());
    const std::size_t high = static_cast<std::size_t>(rich.back());
    poor.pop_back();
    accept[low] = static_cast<float>(left[low]);
    other[low] = static_cast<std::int32_t>(high);
    left[high] -= 1.0 - left[low];
    if (left[high] < 1.0) {
      rich.pop_back();
      poor.push_back(static_cast<std::int32_t>(high));
    }
  }
  // What rounding has left over is full, unless it has no weight at all.
  for (const std::vector<std::int32_t>* rest : {&poor, &rich})
    for (const std::int32_t i : *rest) {
      const bool empty = !(weights[i] > 0.0f);
      accept[i] = empty ? 0.0f : 1.0f;
      other[i] = empty ? richest : i;
    }
}

UMAPKIT_END
