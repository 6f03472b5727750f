// Edges of a table of neighbours that never stops changing: only what a change touches is done.
//
//   w_ij = p_{j|i} + p_{i|j} - p_{j|i} p_{i|j}
//
// (tutorial, Eq. 4; Algorithm 3, lines 9 to 11.) Every slot s owns a block of whole vectors of 16
// entries (head j, out = p_{j|s}, in = p_{s|j}, w): the two directions lie side by side, so a slot
// whose list changed tells each slot that it lists, or did until now, one number, and that slot
// forms its new weight alone. Nothing else is read: no union of the whole graph, no transpose.
//
// `relink` takes new lists of some slots. A message (owner, other, value, direction) goes to both
// ends of every edge that is new, other than before, or gone; messages are sorted by owner and
// every owner applies its own, in the order of the senders: the bits do not depend on threads.
// Blocks that overflow move to the end of the pool, in order of their owners. Time and memory:
// O(k) a changed slot, times the length of the blocks it meets.
//
// Approximated: a membership that differs by at most 1/256 from the one told before stays as it
// was told (a new row far down a list changes all of its memberships, but hardly). The error does
// not add up, since the comparison is always with what was told.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

struct EdgePool {
  std::size_t capacity;  // slots
  std::int64_t* first;   // first vector of a slot's block
  std::int32_t* room;    // vectors of the block
  std::int32_t* count;   // entries in it; what follows them points at the slot with weight 0
  float* degree;         // sum of the weights
  std::int64_t vectors;  // size of the pool,
  std::int64_t used;     // and how much of it blocks have taken, left ones included
  std::int32_t* heads;
  float* out;
  float* in;
  float* weights;
};

// New lists: `targets` and `values` are (rows, k); counts[r] < 0 takes slots[r] out of all edges.
struct NewLists {
  std::size_t rows, k;
  const std::int32_t* slots;
  const std::int32_t* targets;
  const float* values;
  const std::int32_t* counts;
};

constexpr float kSameMembership = 1.0f / 256.0f;

struct EdgeMessage {
  std::int32_t owner, other;
  float value;
  bool outward;
};

inline std::int32_t find_head(const EdgePool& pool, std::size_t owner, std::int32_t other) {
  const std::int32_t* const heads = pool.heads + pool.first[owner] * kLanes;
  const std::int32_t count = pool.count[owner];
  for (std::int32_t e = 0; e < count; ++e)
    if (heads[e] == other) return e;
  return -1;
}

// Vectors of a block for so many entries: a quarter of them is left free.
inline std::int32_t block_room(std::int64_t entries) {
  return static_cast<std::int32_t>((entries + entries / 4 + kLanes) / kLanes);
}

inline void apply_messages(EdgePool& pool, std::size_t owner, const EdgeMessage* begin,
                           const EdgeMessage* end) {
  const std::int64_t at = pool.first[owner] * kLanes;
  std::int32_t* const heads = pool.heads + at;
  float *const out = pool.out + at, *const in = pool.in + at, *const weights = pool.weights + at;
  for (const EdgeMessage* m = begin; m != end; ++m) {
    std::int32_t e = find_head(pool, owner, m->other);
    if (e < 0) {
      if (!(m->value > 0.0f)) continue;
      e = pool.count[owner]++;
      heads[e] = m->other;
      out[e] = in[e] = 0.0f;
    }
    (m->outward ? out : in)[e] = m->value;
  }
  std::int32_t kept = 0;
  double degree = 0.0;
  for (std::int32_t e = 0; e < pool.count[owner]; ++e) {
    const float a = out[e], b = in[e];
    const float w = a + b - a * b;
    if (!(w > 0.0f)) continue;
    heads[kept] = heads[e];
    out[kept] = a;
    in[kept] = b;
    weights[kept++] = w;
    degree += w;
  }
  for (std::int32_t e = kept; e < pool.room[owner] * kLanes; ++e) {
    heads[e] = static_cast<std::int32_t>(owner);
    out[e] = in[e] = weights[e] = 0.0f;
  }
  pool.count[owner] = kept;
  pool.degree[owner] = static_cast<float>(degree);
}

inline void write_messages(const EdgePool& pool, const NewLists& lists, std::size_t r,
                           std::vector<EdgeMessage>& to) {
  const std::int32_t slot = lists.slots[r];
  const std::int32_t listed = std::max(lists.counts[r], 0);
  const std::int32_t* const targets = lists.targets + r * lists.k;
  const float* const values = lists.values + r * lists.k;
  const std::size_t s = static_cast<std::size_t>(slot);
  const std::int64_t at = pool.first[s] * kLanes;
  for (std::int32_t c = 0; c < listed; ++c) {
    const std::int32_t e = find_head(pool, s, targets[c]);
    if (e >= 0 && pool.out[at + e] > 0.0f && values[c] > 0.0f &&
        std::fabs(pool.out[at + e] - values[c]) <= kSameMembership)
      continue;
    to.push_back({slot, targets[c], values[c], true});
    to.push_back({targets[c], slot, values[c], false});
  }
  for (std::int32_t e = 0; e < pool.count[s]; ++e) {
    const std::int32_t head = pool.heads[at + e];
    if (lists.counts[r] < 0) {
      for (const bool outward : {true, false}) {
        to.push_back({slot, head, 0.0f, outward});
        to.push_back({head, slot, 0.0f, outward});
      }
    } else if (pool.out[at + e] > 0.0f &&
               std::find(targets, targets + listed, head) == targets + listed) {
      to.push_back({slot, head, 0.0f, true});
      to.push_back({head, slot, 0.0f, false});
    }
  }
}

// Returns 0 when done, else how many vectors the pool must have; nothing has been changed then.
inline std::int64_t relink(EdgePool& pool, const NewLists& lists, int n_threads) {
  constexpr std::size_t kRows = 256;
  std::vector<std::vector<EdgeMessage>> written((lists.rows + kRows - 1) / kRows);
  for_blocks(lists.rows, kRows, n_threads, [&](std::size_t from, std::size_t to, int) {
    std::vector<EdgeMessage>& mine = written[from / kRows];
    mine.reserve((to - from) * lists.k);
    for (std::size_t r = from; r < to; ++r) write_messages(pool, lists, r, mine);
  });
  // By owner, in the order of the senders.
  std::vector<std::int64_t> start(pool.capacity + 1, 0);
  for (const auto& block : written)
    for (const EdgeMessage& message : block) ++start[message.owner + 1];
  std::vector<std::int32_t> owners;
  for (std::size_t s = 0; s < pool.capacity; ++s) {
    if (start[s + 1] > 0) owners.push_back(static_cast<std::int32_t>(s));
    start[s + 1] += start[s];
  }
  std::vector<EdgeMessage> sorted(static_cast<std::size_t>(start.back()));
  std::vector<std::int64_t> next(start.begin(), start.end() - 1);
  for (const auto& block : written)
    for (const EdgeMessage& message : block)
      sorted[static_cast<std::size_t>(next[message.owner]++)] = message;
  std::vector<std::int32_t> wanted(owners.size());
  for_blocks(owners.size(), 256, n_threads, [&](std::size_t from, std::size_t to, int) {
    for (std::size_t o = from; o < to; ++o) {
      const auto owner = static_cast<std::size_t>(owners[o]);
      std::int32_t entries = pool.count[owner];
      for (std::int64_t m = start[owner]; m < start[owner + 1]; ++m)
        entries += sorted[m].value > 0.0f && find_head(pool, owner, sorted[m].other) < 0;
      wanted[o] = entries;
    }
  });
  std::int64_t used = pool.used;
  for (std::size_t o = 0; o < owners.size(); ++o)
    if (wanted[o] > pool.room[owners[o]] * kLanes) used += block_room(wanted[o]);
  if (used > pool.vectors) return used;
  for (std::size_t o = 0; o < owners.size(); ++o) {
    const std::int32_t owner = owners[o];
    if (wanted[o] <= pool.room[owner] * kLanes) continue;
    const std::int64_t from = pool.first[owner] * kLanes, to = pool.used * kLanes;
    const auto count = static_cast<std::size_t>(pool.count[owner]);
    std::copy_n(pool.heads + from, count, pool.heads + to);
    std::copy_n(pool.out + from, count, pool.out + to);
    std::copy_n(pool.in + from, count, pool.in + to);
    pool.first[owner] = pool.used;
    pool.room[owner] = block_room(wanted[o]);
    pool.used += pool.room[owner];
  }
  for_blocks(owners.size(), 256, n_threads, [&](std::size_t from, std::size_t to, int) {
    for (std::size_t o = from; o < to; ++o) {
      const auto owner = static_cast<std::size_t>(owners[o]);
      apply_messages(pool, owner, sorted.data() + start[owner], sorted.data() + start[owner + 1]);
    }
  });
  return 0;
}

// Vectors that the blocks need when all are packed anew.
inline std::int64_t packed_vectors(const EdgePool& pool) {
  std::int64_t total = 0;
  for (std::size_t s = 0; s < pool.capacity; ++s)
    if (pool.count[s] > 0) total += block_room(pool.count[s]);
  return total;
}

// Copies the blocks to a pool of the same slots, in order of slots, without the gaps.
inline void repack(const EdgePool& from, EdgePool& to) {
  to.used = 0;
  for (std::size_t s = 0; s < from.capacity; ++s) {
    const std::int32_t count = from.count[s];
    const std::int64_t source = from.first[s] * kLanes, target = to.used * kLanes;
    to.first[s] = to.used;
    to.count[s] = count;
    to.degree[s] = from.degree[s];
    to.room[s] = count > 0 ? block_room(count) : 0;
    to.used += to.room[s];
    for (std::int32_t e = 0; e < to.room[s] * kLanes; ++e) {
      const bool held = e < count;
      to.heads[target + e] = held ? from.heads[source + e] : static_cast<std::int32_t>(s);
      to.out[target + e] = held ? from.out[source + e] : 0.0f;
      to.in[target + e] = held ? from.in[source + e] : 0.0f;
      to.weights[target + e] = held ? from.weights[source + e] : 0.0f;
    }
  }
}

UMAPKIT_END
