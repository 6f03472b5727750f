// Edges of a table of neighbours that never stops changing: only what a change touches is done.
//
//   w_ij = p_{j|i} + p_{i|j} - p_{j|i} p_{i|j}
//
// (tutorial, Eq. 4; Algorithm 3, lines 9 to 11.) Every slot s owns a block of whole vectors of 16
// entries (head j, out = p_{j|s}, in = p_{s|j}, w): the two directions lie side by side, so a slot
// whose list changed tells each slot that it lists, or did until now, one number, and both form
// their new weights alone. Nothing else is read: no union of the whole graph, no transpose.
//
// `relink` takes new lists of some slots. A message (owner, other, value) goes to the other end of
// every edge that is new, other than before, or gone, and one to the slot itself; they are sorted
// by owner, first by groups of owners, each of which then belongs to one thread, and every owner
// applies its own, in the order of the senders: the bits do not depend on threads. Blocks that
// overflow move to the end of the pool, in order of their owners. Time and memory: O(k) a changed
// slot, times the length of the blocks it meets.
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
#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

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

// To its owner: "p_{other|owner} is `value`"; "p_{owner|other} is" where ~other stands for other;
// or, where the value is kOwnList, "row `other` of the new lists is yours".
struct EdgeMessage {
  std::int32_t owner, other;
  float value;
};

constexpr float kOwnList = -1.0f;

// Bit l says whether heads[l] is `other`, for sixteen heads.
UMAPKIT_INLINE std::uint32_t same_mask(const std::int32_t* heads, std::int32_t other) {
#if defined(__AVX512F__)
  return _mm512_cmpeq_epi32_mask(_mm512_loadu_si512(heads), _mm512_set1_epi32(other));
#elif defined(__AVX2__)
  const __m256i all = _mm256_set1_epi32(other);
  const auto half = [&](const std::int32_t* from) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    return static_cast<std::uint32_t>(
        _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(v, all))));
  };
  return half(heads) | half(heads + 8) << 8;
#else
  std::uint32_t mask = 0;
  for (int l = 0; l < kLanes; ++l) mask |= static_cast<std::uint32_t>(heads[l] == other) << l;
  return mask;
#endif
}

// Where `other` stands in the block of a slot, or -1.
inline std::int32_t find_head(const EdgePool& pool, std::size_t owner, std::int32_t other) {
  const std::int32_t* const heads = pool.heads + pool.first[owner] * kLanes;
  const std::int32_t count = pool.count[owner];
  for (std::int32_t e = 0; e < count; e += kLanes) {
    std::uint32_t mask = same_mask(heads + e, other);
    if (count - e < kLanes) mask &= (1u << (count - e)) - 1u;
    if (mask != 0) return e + __builtin_ctz(mask);
  }
  return -1;
}

// Vectors of a block for so many entries: a quarter of them is left free.
inline std::int32_t block_room(std::int64_t entries) {
  return static_cast<std::int32_t>((entries + entries / 4 + kLanes) / kLanes);
}

UMAPKIT_INLINE void prefetch_block(const EdgePool& pool, std::size_t slot) {
  const std::int64_t at = pool.first[slot] * kLanes;
  for (std::int32_t e = 0; e < pool.count[slot]; e += kLanes) {
    __builtin_prefetch(pool.heads + at + e);
    __builtin_prefetch(pool.out + at + e);
    __builtin_prefetch(pool.in + at + e);
    __builtin_prefetch(pool.weights + at + e);
  }
}

// A block while it changes.
class OpenBlock {
 public:
  OpenBlock(const EdgePool& pool, std::size_t owner)
      : pool_(pool), owner_(owner), at_(pool.first[owner] * kLanes) {}

  // Writes one direction of the edge to `other`.
  UMAPKIT_INLINE void set(bool outward, std::int32_t other, float value) {
    std::int32_t e = find_head(pool_, owner_, other);
    if (e < 0) {
      if (!(value > 0.0f)) return;
      e = pool_.count[owner_]++;
      pool_.heads[at_ + e] = other;
    }
    set_at(outward, e, value);
  }

  UMAPKIT_INLINE void set_at(bool outward, std::int32_t e, float value) {
    (outward ? pool_.out : pool_.in)[at_ + e] = value;
    const float a = pool_.out[at_ + e], b = pool_.in[at_ + e];
    pool_.weights[at_ + e] = a + b - a * b;
    lost_ = lost_ || !(pool_.weights[at_ + e] > 0.0f);
  }

  // Entries without weight go, the others close ranks.
  void close() {
    std::int32_t* const heads = pool_.heads + at_;
    float *const out = pool_.out + at_, *const in = pool_.in + at_,
                 *const weights = pool_.weights + at_;
    std::int32_t& count = pool_.count[owner_];
    if (lost_) {
      std::int32_t kept = 0;
      for (std::int32_t e = 0; e < count; ++e) {
        if (!(weights[e] > 0.0f)) continue;
        heads[kept] = heads[e];
        out[kept] = out[e];
        in[kept] = in[e];
        weights[kept++] = weights[e];
      }
      for (std::int32_t e = kept; e < count; ++e) {
        heads[e] = static_cast<std::int32_t>(owner_);
        out[e] = in[e] = weights[e] = 0.0f;
      }
      count = kept;
    }
    F32x16 degree = {};  // what follows the entries is 0
    for (std::int32_t e = 0; e < count; e += kLanes) degree += load(weights + e);
    pool_.degree[owner_] = sum(degree);
  }

 private:
  const EdgePool& pool_;
  std::size_t owner_;
  std::int64_t at_;
  bool lost_ = false;
};

// Compares the new list of row r with what its slot has told: calls told(e, target, value), e = -1
// for a new target, for each membership that is other than before, those that are gone as 0.
// `listed` is scratch.
template <class F>
UMAPKIT_INLINE void compare_list(const EdgePool& pool, const NewLists& lists, std::size_t r,
                                 std::vector<char>& listed, F&& tell) {
  const auto slot = static_cast<std::size_t>(lists.slots[r]);
  const std::int64_t at = pool.first[slot] * kLanes;
  const std::int32_t* const targets = lists.targets + r * lists.k;
  const float* const values = lists.values + r * lists.k;
  const std::int32_t count = pool.count[slot];
  listed.assign(static_cast<std::size_t>(count), 0);
  for (std::int32_t c = 0; c < lists.counts[r]; ++c) {
    const std::int32_t e = find_head(pool, slot, targets[c]);
    if (e >= 0) {
      listed[static_cast<std::size_t>(e)] = 1;
      const float told = pool.out[at + e];
      if (told > 0.0f && values[c] > 0.0f && std::fabs(told - values[c]) <= kSameMembership)
        continue;
    }
    tell(e, targets[c], values[c]);
  }
  for (std::int32_t e = 0; e < count; ++e)
    if (listed[static_cast<std::size_t>(e)] == 0 && pool.out[at + e] > 0.0f)
      tell(e, pool.heads[at + e], 0.0f);
}

inline void apply_messages(const EdgePool& pool, const NewLists& lists, std::size_t owner,
                           const EdgeMessage* begin, const EdgeMessage* end,
                           std::vector<char>& listed) {
  OpenBlock block(pool, owner);
  for (const EdgeMessage* m = begin; m != end; ++m) {
    if (m->value == kOwnList) {
      compare_list(pool, lists, static_cast<std::size_t>(m->other), listed,
                   [&](std::int32_t e, std::int32_t target, float value) {
                     if (e >= 0)
                       block.set_at(true, e, value);
                     else
                       block.set(true, target, value);
                   });
    } else {
      const bool outward = m->other >= 0;
      block.set(outward, outward ? m->other : ~m->other, m->value);
    }
  }
  block.close();
}

// What one sender has to say; `listed` is scratch.
inline void write_messages(const EdgePool& pool, const NewLists& lists, std::size_t r,
                           std::vector<char>& listed, std::vector<EdgeMessage>& to) {
  const std::int32_t slot = lists.slots[r];
  if (lists.counts[r] < 0) {
    const std::int32_t* const heads = pool.heads + pool.first[slot] * kLanes;
    for (std::int32_t e = 0; e < pool.count[slot]; ++e)
      for (const std::int32_t inward : {0, -1}) {
        to.push_back({slot, heads[e] ^ inward, 0.0f});
        to.push_back({heads[e], slot ^ inward, 0.0f});
      }
    return;
  }
  const std::size_t before = to.size();
  to.push_back({slot, static_cast<std::int32_t>(r), kOwnList});
  compare_list(pool, lists, r, listed, [&](std::int32_t, std::int32_t target, float value) {
    to.push_back({target, ~slot, value});
  });
  if (to.size() == before + 1) to.pop_back();  // nothing has changed
}

// Messages sorted by the groups of owners that they go to; within one in the order of writing.
// Those to group g begin at ends[g].
struct Mail {
  std::vector<EdgeMessage> messages;
  std::vector<std::uint32_t> ends;

  template <class GroupOf>
  void sort(const std::vector<EdgeMessage>& written, std::size_t groups, GroupOf&& group_of) {
    ends.assign(groups + 1, 0);
    for (const EdgeMessage& m : written) ++ends[group_of(m) + 1];
    for (std::size_t g = 0; g < groups; ++g) ends[g + 1] += ends[g];
    messages.resize(written.size());
    for (const EdgeMessage& m : written) messages[ends[group_of(m)]++] = m;
    for (std::size_t g = groups; g > 0; --g) ends[g] = ends[g - 1];
    ends[0] = 0;
  }
};

// A block that is too short for what comes.
struct Growth {
  std::int32_t owner, entries;
};

// Moves a block to the end of the pool, with room for so many entries.
inline void move_block(EdgePool& pool, const Growth& growth) {
  const auto owner = static_cast<std::size_t>(growth.owner);
  const std::int64_t from = pool.first[owner] * kLanes, to = pool.used * kLanes;
  const std::int32_t count = pool.count[owner], room = block_room(growth.entries);
  std::copy_n(pool.heads + from, count, pool.heads + to);
  std::copy_n(pool.out + from, count, pool.out + to);
  std::copy_n(pool.in + from, count, pool.in + to);
  std::copy_n(pool.weights + from, count, pool.weights + to);
  for (std::int32_t e = count; e < room * kLanes; ++e) {
    pool.heads[to + e] = growth.owner;
    pool.out[to + e] = pool.in[to + e] = pool.weights[to + e] = 0.0f;
  }
  pool.first[owner] = pool.used;
  pool.room[owner] = room;
  pool.used += room;
}

// Returns 0 when done, else how many vectors the pool must have; nothing has been changed then.
inline std::int64_t relink(EdgePool& pool, const NewLists& lists, int n_threads) {
  constexpr std::size_t kRows = 256;     // senders of a block
  constexpr std::size_t kOwners = 2048;  // owners of a group
  constexpr std::size_t kAhead = 4;
  const std::size_t n_groups = (pool.capacity + kOwners - 1) / kOwners;
  std::vector<Mail> sent((lists.rows + kRows - 1) / kRows), got(n_groups);
  for_blocks(lists.rows, kRows, n_threads, [&](std::size_t from, std::size_t to, int) {
    std::vector<EdgeMessage> mine;
    std::vector<char> listed;
    mine.reserve((to - from) * lists.k);
    for (std::size_t r = from; r < to; ++r) {
      if (r + kAhead < to) prefetch_block(pool, static_cast<std::size_t>(lists.slots[r + kAhead]));
      write_messages(pool, lists, r, listed, mine);
    }
    sent[from / kRows].sort(mine, n_groups, [](const EdgeMessage& m) {
      return static_cast<std::size_t>(m.owner) / kOwners;
    });
  });
  // By owner, in the order of the senders.
  std::vector<std::vector<Growth>> growths(n_groups);
  for_blocks(n_groups, 1, n_threads, [&](std::size_t group, std::size_t, int) {
    const std::size_t first = group * kOwners;
    std::vector<EdgeMessage> mine;
    std::vector<char> listed;
    for (const Mail& mail : sent)
      mine.insert(mine.end(), mail.messages.begin() + mail.ends[group],
                  mail.messages.begin() + mail.ends[group + 1]);
    const std::size_t owners = std::min(kOwners, pool.capacity - first);
    got[group].sort(mine, owners, [&](const EdgeMessage& m) {
      return static_cast<std::size_t>(m.owner) - first;
    });
    const Mail& mail = got[group];
    for (std::size_t o = 0; o < owners; ++o) {
      const std::size_t owner = first + o;
      std::int32_t entries = pool.count[owner];
      const std::int32_t room = pool.room[owner] * kLanes;
      std::int32_t own = -1, most = 0;
      for (std::uint32_t m = mail.ends[o]; m < mail.ends[o + 1]; ++m) {
        const bool list = mail.messages[m].value == kOwnList;
        if (list) own = mail.messages[m].other;
        most += list ? lists.counts[own] : 1;
      }
      if (entries + most <= room) continue;
      for (std::uint32_t m = mail.ends[o]; m < mail.ends[o + 1]; ++m) {
        const EdgeMessage& one = mail.messages[m];
        const std::int32_t other = one.other >= 0 ? one.other : ~one.other;
        entries += one.value > 0.0f && find_head(pool, owner, other) < 0;
      }
      if (own >= 0)
        compare_list(
            pool, lists, static_cast<std::size_t>(own), listed,
            [&](std::int32_t e, std::int32_t, float value) { entries += e < 0 && value > 0.0f; });
      if (entries > room) growths[group].push_back({static_cast<std::int32_t>(owner), entries});
    }
  });
  std::int64_t used = pool.used;
  for (const auto& some : growths)
    for (const Growth& growth : some) used += block_room(growth.entries);
  if (used > pool.vectors) return used;
  for (const auto& some : growths)
    for (const Growth& growth : some) move_block(pool, growth);
  for_blocks(n_groups, 1, n_threads, [&](std::size_t group, std::size_t, int) {
    const Mail& mail = got[group];
    const std::size_t first = group * kOwners;
    const std::size_t owners = mail.ends.size() - 1;
    std::vector<char> listed;
    std::size_t ahead = 0;  // of the owners whose blocks are on their way from memory
    for (std::size_t o = 0, on_way = 0; o < owners; ++o) {
      if (mail.ends[o + 1] == mail.ends[o]) continue;
      for (; ahead < owners && on_way < kAhead; ++ahead) {
        if (mail.ends[ahead + 1] == mail.ends[ahead]) continue;
        prefetch_block(pool, first + ahead);
        ++on_way;
      }
      --on_way;
      apply_messages(pool, lists, first + o, mail.messages.data() + mail.ends[o],
                     mail.messages.data() + mail.ends[o + 1], listed);
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
