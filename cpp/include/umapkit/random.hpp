// Randomness without state.
//
// draw(seed, stage, epoch, vertex, k) = mix(key(seed, stage, epoch, vertex) + (k + 1) * G)
//
// mix is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
// generators, OOPSLA 2014) and G = 2^64 / golden ratio. A draw depends on its five numbers only,
// so the order of work and the number of threads cannot matter. O(1), no memory.
#pragma once
#include <cstdint>

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ull;

// One number per place that draws; never renumber, only append (a seed must keep its meaning).
enum class Stage : std::uint64_t {
  start = 1,
  descent = 2,
  tree = 3,
  projection = 4,
  negative = 5,
  edge = 6,
  transform = 7,
  recall = 8,
  sample = 9,
  shuffle = 10,
  label = 20,
  stream_negative = 41,
};

UMAPKIT_INLINE std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

UMAPKIT_INLINE std::uint64_t key(std::uint64_t seed, Stage stage, std::uint64_t epoch,
                                 std::uint64_t vertex) {
  std::uint64_t h = mix(seed + kGolden * static_cast<std::uint64_t>(stage));
  h = mix(h + kGolden * (epoch + 1));
  return mix(h + kGolden * (vertex + 1));
}

UMAPKIT_INLINE std::uint64_t draw(std::uint64_t key, std::uint64_t k) {
  return mix(key + (k + 1) * kGolden);
}

// Uniform on {0, ..., n-1}; the bias is below n / 2^32. n < 2^32.
UMAPKIT_INLINE std::uint32_t below(std::uint64_t bits, std::uint32_t n) {
  return static_cast<std::uint32_t>(((bits >> 32) * n) >> 32);
}

// Uniform on [0, 1) with 24 bits: exact in float32.
UMAPKIT_INLINE float unit(std::uint64_t bits) { return static_cast<float>(bits >> 40) * 0x1p-24f; }

UMAPKIT_END
