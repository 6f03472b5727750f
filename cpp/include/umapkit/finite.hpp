// Are all values finite, and if not: which one is the first?
//
// A float32 is NaN or infinite exactly where its exponent bits are all ones, that is where
//   |bits| >= 0x7F800000   (equal: infinity, greater: NaN),
// |bits| being the bits without the sign. Sixteen lanes at a time the largest |bits| of a chunk
// is kept; only a chunk that fails is looked at value by value. O(n), one pass, no memory.
// Nothing is approximated. Counts are integers and the first position is a minimum, so the
// result does not depend on threads.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

constexpr std::int32_t kExponent = 0x7F800000;

struct NotFinite {
  std::int64_t first;  // flat position of the first offending value, -1 for none
  std::int64_t nans;
  std::int64_t infinities;
};

inline NotFinite find_not_finite(const float* x, std::size_t n, int n_threads) {
  constexpr std::size_t kBlock = std::size_t{1} << 18;
  constexpr std::size_t kChunk = 4096;
  std::atomic<std::int64_t> first{static_cast<std::int64_t>(n)};
  std::atomic<std::int64_t> nans{0};
  std::atomic<std::int64_t> infinities{0};

  auto inspect = [&](std::size_t begin, std::size_t end) {
    std::int64_t n_nan = 0, n_inf = 0, here = -1;
    for (std::size_t i = begin; i < end; ++i) {
      std::int32_t bits;
      std::memcpy(&bits, x + i, sizeof bits);
      bits &= 0x7FFFFFFF;
      if (bits < kExponent) continue;
      if (here < 0) here = static_cast<std::int64_t>(i);
      if (bits == kExponent)
        ++n_inf;
      else
        ++n_nan;
    }
    if (here < 0) return;
    nans.fetch_add(n_nan, std::memory_order_relaxed);
    infinities.fetch_add(n_inf, std::memory_order_relaxed);
    std::int64_t seen = first.load(std::memory_order_relaxed);
    while (here < seen && !first.compare_exchange_weak(seen, here, std::memory_order_relaxed)) {
    }
  };

  for_blocks(n, kBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t chunk = begin; chunk < end; chunk += kChunk) {
      const std::size_t stop = std::min(chunk + kChunk, end);
      I32x16 worst = {};
      std::size_t i = chunk;
      for (; i + kLanes <= stop; i += kLanes) {
        const I32x16 bits = bits_of(load(x + i)) & 0x7FFFFFFF;
        worst = max(worst, bits);
      }
      if (i < stop) {
        const I32x16 bits = bits_of(load_part(x + i, static_cast<int>(stop - i))) & 0x7FFFFFFF;
        worst = max(worst, bits);
      }
      std::int32_t top = 0;
      for (int lane = 0; lane < kLanes; ++lane) top = std::max(top, worst[lane]);
      if (top >= kExponent) inspect(chunk, stop);
    }
  });
  const std::int64_t found = first.load();
  return {found == static_cast<std::int64_t>(n) ? -1 : found, nans.load(), infinities.load()};
}

UMAPKIT_END
