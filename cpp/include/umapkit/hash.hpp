// Equal rows are found by a hash of the row, then by comparing the rows themselves.
//
// hash(row) = fold(h_0, ..., h_15; d), with sixteen lanes of 32 bits,
//   h_l <- step((h_l ^ bits(row[16 c + l] + 0)) * M)   for the chunks c = 0, 1, ...
//   step(h) = h ^ (h >> 15),   h_l starts as (l + 1) * M,   M odd,
// values beyond the end of the row count as 0, and fold chains the SplitMix64 finaliser `mix`
// over d and the eight pairs of lanes. Adding 0 makes -0.0 and 0.0 the same. Each step is a
// bijection of the lane, so rows that differ in one value always differ in their lane.
//
// Complexity: hashing O(n d), threaded, memory-bound; the table O(n) expected; every hit is
// verified by comparing values, so collisions cost time, never correctness. Nothing is
// approximated. A row with a NaN equals no row, itself included.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

constexpr std::uint32_t kHashMultiplier = 0x9E3779B1u;
constexpr std::size_t kHashBlock = 256;

inline std::uint64_t row_hash(const float* row, std::size_t d) {
  U32x16 h = pick<std::uint32_t, kLanes>(
      [](int lane) { return static_cast<std::uint32_t>(lane + 1) * kHashMultiplier; });
  const F32x16 zero = {};
  auto absorb = [&](F32x16 v) {
    v += zero;
    h = (h ^ bits_as<std::uint32_t>(v)) * kHashMultiplier;
    h ^= h >> 15;
  };
  std::size_t j = 0;
  for (; j + kLanes <= d; j += kLanes) absorb(load(row + j));
  if (j < d) absorb(load_part(row + j, static_cast<int>(d - j)));
  std::uint64_t folded = mix(static_cast<std::uint64_t>(d) + kGolden);
  for (int lane = 0; lane < kLanes; lane += 2)
    folded = mix(folded ^ (static_cast<std::uint64_t>(h[lane]) << 32 | h[lane + 1]));
  return folded;
}

inline bool rows_equal(const float* a, const float* b, std::size_t d) {
  for (std::size_t j = 0; j < d; ++j)
    if (!(a[j] == b[j])) return false;
  return true;
}

inline void hash_rows(const float* x, std::size_t n, std::size_t d, std::uint64_t* hashes,
                      int n_threads) {
  for_blocks(n, kHashBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) hashes[i] = row_hash(x + i * d, d);
  });
}

// Lowest-index row of the table that equals the row with this hash, or -1; equal(i) compares it
// with row i.
template <class Equal>
inline std::int64_t look_up(std::uint64_t hash, const std::uint64_t* hashes,
                            const std::int64_t* table, std::size_t mask, Equal&& equal) {
  for (std::size_t slot = hash & mask; table[slot] >= 0; slot = (slot + 1) & mask) {
    const std::int64_t i = table[slot];
    if (hashes[i] == hash && equal(static_cast<std::size_t>(i))) return i;
  }
  return -1;
}

// Fills an open-addressing table (capacity: a power of two above n; all slots -1) with the first
// of every set of equal rows, and first[i] with the lowest index of a row equal to row i. Rows
// come in order of index, so the earlier one always holds the slot. A row is read only where
// another one has its hash; there a row with a NaN shows, and is left out, lest many of them with
// the same bits make one long chain.
template <class Equal>
inline void fill_slots(std::size_t n, const std::uint64_t* hashes, std::int64_t* table,
                       std::size_t capacity, std::int64_t* first, Equal&& equal) {
  const std::size_t mask = capacity - 1;
  for (std::size_t i = 0; i < n; ++i) {
    first[i] = static_cast<std::int64_t>(i);
    bool insert = true;
    std::size_t slot = hashes[i] & mask;
    for (; table[slot] >= 0; slot = (slot + 1) & mask) {
      const std::int64_t other = table[slot];
      if (hashes[other] != hashes[i]) continue;
      if (equal(i, static_cast<std::size_t>(other))) {
        first[i] = other;
        insert = false;
        break;
      }
      insert = insert && equal(i, i);
    }
    if (insert) table[slot] = static_cast<std::int64_t>(i);
  }
}

inline void fill_table(const float* x, std::size_t n, std::size_t d, const std::uint64_t* hashes,
                       std::int64_t* table, std::size_t capacity, std::int64_t* first) {
  fill_slots(n, hashes, table, capacity, first,
             [&](std::size_t i, std::size_t j) { return rows_equal(x + i * d, x + j * d, d); });
}

inline void find_rows(const float* queries, std::size_t m, const float* x, std::size_t d,
                      const std::uint64_t* hashes, const std::int64_t* table, std::size_t capacity,
                      std::int64_t* found, int n_threads) {
  for_blocks(m, kHashBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t q = begin; q < end; ++q) {
      const float* row = queries + q * d;
      found[q] = look_up(row_hash(row, d), hashes, table, capacity - 1,
                         [&](std::size_t i) { return rows_equal(row, x + i * d, d); });
    }
  });
}

UMAPKIT_END
