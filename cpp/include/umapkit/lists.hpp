// The k nearest so far, sorted by (key, id): a short sorted array.
//
// Whatever the order in which candidates arrive, the list ends as the k smallest (key, id) of all
// that were offered: that is why searches that fill lists from several threads (each list under
// its own lock) give the same bits for any number of threads. A pair must always be offered with
// the same key (block_keys is symmetric to the bit), so a repeated id is found at its own place.
// O(k) an insertion, O(1) a refusal.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include "umapkit/isa.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

// The top bit of an id marks an entry that took part in a join already.
constexpr std::uint32_t kOld = 0x80000000u;
constexpr std::uint32_t kIdMask = 0x7FFFFFFFu;
constexpr std::uint32_t kNobody = 0x7FFFFFFFu;

inline void clear_list(float* keys, std::uint32_t* ids, int k) {
  std::fill(keys, keys + k, std::numeric_limits<float>::infinity());
  std::fill(ids, ids + k, kNobody);
}

// Lanes of `v` one up; lane 0 is the last lane of `before`.
template <int N>
UMAPKIT_INLINE Pack<std::uint32_t, N> one_up(const Pack<std::uint32_t, N>& before,
                                             const Pack<std::uint32_t, N>& v) {
  if constexpr (N == 16)
    return {__builtin_shufflevector(before.v, v.v, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
                                    27, 28, 29, 30)};
  else if constexpr (N == 8)
    return {__builtin_shufflevector(before.v, v.v, 7, 8, 9, 10, 11, 12, 13, 14)};
  else
    return {__builtin_shufflevector(before.v, v.v, 3, 4, 5, 6)};
}

// Moves list[place ..] one up within `k` places (a multiple of 16) and writes `value` at `place`.
// No branch depends on the place within a vector; loads and stores meet at the same addresses,
// since a load across two fresh stores would wait for both to reach the cache.
UMAPKIT_INLINE void insert_in_list(std::uint32_t* list, int k, int place, std::uint32_t value) {
  constexpr int kWide = kRegisterBytes / 4;
  using Wide = Pack<std::uint32_t, kWide>;
  const auto lane = pick<std::int32_t, kWide>([](int l) { return l; });
  Wide old = load_pack<std::uint32_t, kWide>(list + k - kWide);
  for (int first = k - kWide;; first -= kWide) {
    const Wide before = first == 0 ? old : load_pack<std::uint32_t, kWide>(list + first - kWide);
    const int at = place - first;  // in this vector, if from 0 to kWide - 1
    Wide out;
    out.v = lane.v < at ? old.v : lane.v == at ? Wide::Register{} + value : one_up(before, old).v;
    store(list + first, out);
    if (at >= 0) return;
    old = before;
  }
}

// Offers (key, id); true if the list changed.
inline bool offer(float* keys, std::uint32_t* ids, int k, float key, std::uint32_t id) {
  const float worst = keys[k - 1];
  if (!(key < worst || (key == worst && id < (ids[k - 1] & kIdMask)))) return false;
  int place = 0, j = 0;
  for (; j + kLanes <= k; j += kLanes)
    place += __builtin_popcount(below_mask(load(keys + j), splat(key)));
  for (; j < k; ++j) place += static_cast<int>(keys[j] < key);
  while (place < k && keys[place] == key && (ids[place] & kIdMask) < id) ++place;
  if (place >= k) return false;
  if (keys[place] == key && (ids[place] & kIdMask) == id) return false;
  if (k % kLanes == 0) {
    std::uint32_t bits;
    std::memcpy(&bits, &key, sizeof bits);
    insert_in_list(reinterpret_cast<std::uint32_t*>(keys), k, place, bits);
    insert_in_list(ids, k, place, id);
  } else {
    const std::size_t moved = static_cast<std::size_t>(k - 1 - place);
    std::memmove(keys + place + 1, keys + place, sizeof(float) * moved);
    std::memmove(ids + place + 1, ids + place, sizeof(std::uint32_t) * moved);
    keys[place] = key;
    ids[place] = id;
  }
  return true;
}

UMAPKIT_END
