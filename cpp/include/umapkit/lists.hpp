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

UMAPKIT_BEGIN

// The top bit of an id marks an entry that took part in a join already.
constexpr std::uint32_t kOld = 0x80000000u;
constexpr std::uint32_t kIdMask = 0x7FFFFFFFu;
constexpr std::uint32_t kNobody = 0x7FFFFFFFu;

inline void clear_list(float* keys, std::uint32_t* ids, int k) {
  std::fill(keys, keys + k, std::numeric_limits<float>::infinity());
  std::fill(ids, ids + k, kNobody);
}

// Offers (key, id); true if the list changed.
inline bool offer(float* keys, std::uint32_t* ids, int k, float key, std::uint32_t id) {
  const float worst = keys[k - 1];
  if (!(key < worst || (key == worst && id < (ids[k - 1] & kIdMask)))) return false;
  int place = 0;
  for (int j = 0; j < k; ++j) {
    const bool before = keys[j] < key;
    place += static_cast<int>(before);
  }
  while (place < k && keys[place] == key && (ids[place] & kIdMask) < id) ++place;
  if (place >= k) return false;
  if (keys[place] == key && (ids[place] & kIdMask) == id) return false;
  const std::size_t moved = static_cast<std::size_t>(k - 1 - place);
  std::memmove(keys + place + 1, keys + place, sizeof(float) * moved);
  std::memmove(ids + place + 1, ids + place, sizeof(std::uint32_t) * moved);
  keys[place] = key;
  ids[place] = id;
  return true;
}

UMAPKIT_END
