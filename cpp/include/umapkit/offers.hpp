// What searches found, written down: own lists first, then offers to the lists of others.
//
// Every searched slot writes its own list; then every offer (to, slot, distance) goes to the list
// of `to`, under a lock. A list ends as the k nearest (distance, slot) of what it held and all it
// was offered, whoever came first (lists.hpp), and the nearest offer that entered it is the nearest
// offer of all: neither lists nor what is noted of them depend on threads. O(k) an offer.
//
// Slots that go leave every list that names them: those close ranks, and the smallest distance at
// which one lost a neighbour is noted. O(n k): all lists are read, since nobody knows who names a
// slot; 70,000 lists of 15 are 4 MB.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "tables/growing.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/lists.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

struct Offer {
  std::int32_t to, slot;
  float distance;
};

// Distance of the last neighbour of a slot; infinite while its list is not full.
UMAPKIT_INLINE float last_distance(const SlotLists& lists, std::size_t slot) {
  return lists.distances[(slot + 1) * static_cast<std::size_t>(lists.k) - 1];
}

// ids, distances: m x k - 1, the new lists of m distinct slots. Calls wrote(slot) for each whose
// list differs from before, and entered(to, distance), alone on that list, for every offer taken.
template <class Wrote, class Entered>
void write_down(const SlotLists& lists, const std::int32_t* slots, std::size_t m,
                const std::int32_t* ids, const float* distances,
                const std::vector<std::vector<Offer>>& offers, int n_threads, Wrote&& wrote,
                Entered&& entered) {
  const auto wide = static_cast<std::size_t>(lists.k), k = wide - 1;
  for_blocks(m, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto slot = static_cast<std::size_t>(slots[i]);
      std::int32_t* const to = lists.indices + slot * wide + 1;
      if (std::equal(to, to + k, ids + i * k)) continue;
      std::copy_n(ids + i * k, k, to);
      std::copy_n(distances + i * k, k, lists.distances + slot * wide + 1);
      lists.changed[slot] = 1;
      wrote(slot);
    }
  });
  constexpr std::size_t kLocks = 4096;
  const std::unique_ptr<std::atomic_flag[]> locks(new std::atomic_flag[kLocks]());
  for_blocks(offers.size(), 1, n_threads, [&](std::size_t begin, std::size_t, int) {
    const std::vector<Offer>& some = offers[begin];
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (i + 4 < some.size()) {
        const auto coming = static_cast<std::size_t>(some[i + 4].to) * wide;
        __builtin_prefetch(lists.distances + coming, 1);
        __builtin_prefetch(lists.indices + coming, 1);
      }
      const auto to = static_cast<std::size_t>(some[i].to);
      auto& lock = locks[to % kLocks];
      while (lock.test_and_set(std::memory_order_acquire)) {
      }
      if (offer(lists.distances + to * wide + 1,
                reinterpret_cast<std::uint32_t*>(lists.indices + to * wide + 1),
                static_cast<int>(k), some[i].distance, static_cast<std::uint32_t>(some[i].slot))) {
        lists.changed[to] = 1;
        entered(to, some[i].distance);
      }
      lock.clear(std::memory_order_release);
    }
  });
}

// gone: capacity flags. Lists that held a flagged slot are marked in `changed`.
inline void drop_entries(const SlotLists& lists, const std::uint8_t* gone, float* urgency,
                         int n_threads) {
  const auto wide = static_cast<std::size_t>(lists.k);
  for_blocks(lists.capacity, 4096, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t slot = begin; slot < end; ++slot) {
      std::int32_t* const ids = lists.indices + slot * wide;
      float* const far = lists.distances + slot * wide;
      if (ids[0] < 0) continue;
      std::size_t kept = 1, j = 1;
      for (; j < wide && ids[j] >= 0; ++j) {
        if (gone[ids[j]] != 0) {
          urgency[slot] = std::min(urgency[slot], far[j]);
          continue;
        }
        if (kept != j) ids[kept] = ids[j], far[kept] = far[j];
        ++kept;
      }
      if (kept == j) continue;
      lists.changed[slot] = 1;
      for (; kept < j; ++kept) {
        ids[kept] = -1;
        far[kept] = std::numeric_limits<float>::infinity();
      }
    }
  });
}

UMAPKIT_END
