// Approximate neighbours of every row: leaves of trees, then nearest-neighbour descent.
//
// Descent (Dong, Moses, Li: Efficient k-nearest neighbor graph construction for generic similarity
// measures, WWW 2011): the neighbours of a row are likely neighbours of each other. In a round,
// every row gathers up to `reach` new and `reach` old candidates, forward and reverse, chosen by
// the hash of the pair; all pairs of candidates with a new one in them meet, and each is offered
// to the other's list. It ends when few entries are new.
//
// Here the candidates are copied into transposed panels, so that a round is small dense blocks
// (block_keys) and one comparison of 16 keys with the lists' worst. A list ends a round as the k
// smallest of all that was offered (lists.hpp), whoever came first; candidates are chosen from the
// state at the round's start: no result depends on the threads.
//
// key(u, v) = M(row_u, row_v) + h_u + h_v with heights h (project.hpp; null: none).
// About O(n^1.1) pairs in practice, O(n k) memory. Approximate: recall below 1.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "umapkit/distance.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/lists.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"
#include "umapkit/tree.hpp"

UMAPKIT_BEGIN

struct Lists {
  float* keys;
  std::uint32_t* ids;
  int k;
  UMAPKIT_INLINE float* key(std::size_t v) const { return keys + v * static_cast<std::size_t>(k); }
  UMAPKIT_INLINE std::uint32_t* id(std::size_t v) const {
    return ids + v * static_cast<std::size_t>(k);
  }
  UMAPKIT_INLINE void prefetch(std::size_t v) const {
    for (int j = 0; j < k; j += kLanes) {
      __builtin_prefetch(key(v) + j, 1);
      __builtin_prefetch(id(v) + j, 1);
    }
  }
};

struct Table {
  const float* rows;
  const float* heights;
  std::size_t n, p;
  UMAPKIT_INLINE float height(std::size_t v) const {
    return heights == nullptr ? 0.0f : heights[v];
  }
  UMAPKIT_INLINE void prefetch(std::size_t v) const {
    const std::size_t lanes = p < 128 ? p : 128;
    for (std::size_t k = 0; k < lanes; k += kLanes) __builtin_prefetch(rows + v * p + k);
  }
};

// One set of rows that shall meet: gathered once, all pairs in dense blocks.
class Meeting {
 public:
  explicit Meeting(std::size_t p) : p_(p) {}

  void gather(const Table& table, const std::int32_t* ids, int m) {
    m_ = m;
    panels_ = (m + kPanel - 1) / kPanel;
    panel_.resize(static_cast<std::size_t>(panels_) * kPanel * p_);
    heights_.assign(static_cast<std::size_t>(panels_) * kPanel, 0.0f);
    limits_.assign(static_cast<std::size_t>(panels_) * kPanel,
                   -std::numeric_limits<float>::infinity());
    rows_.resize(static_cast<std::size_t>(m));
    for (int i = 0; i < m; ++i) {
      rows_[i] = table.rows + static_cast<std::size_t>(ids[i]) * p_;
      heights_[i] = table.height(ids[i]);
    }
    for (int q = 0; q < panels_; ++q)
      fill_panel(table.rows, p_, p_, ids + q * kPanel, std::min(kPanel, m - q * kPanel),
                 &panel_[static_cast<std::size_t>(q) * kPanel * p_]);
  }

  float& limit(int j) { return limits_[j]; }

  // Calls f(i, j, key) for pairs i < n_first, j > i whose key is no more than one of their limits.
  template <Metric M, class F>
  void pairs(int n_first, F&& f) {
    alignas(64) float block[8 * kPanel];
    for (int i = 0; i < n_first; i += 8) {
      const int count = std::min(8, n_first - i);
      for (int q = i / kPanel; q < panels_; ++q) {
        const int columns = m_ - q * kPanel > kLanes ? kPanel : kLanes;
        block_keys<M>(&rows_[i], count, &panel_[static_cast<std::size_t>(q) * kPanel * p_], p_,
                      columns, block);
        for (int r = 0; r < count; ++r) {
          for (int v = 0; v < columns / kLanes; ++v) {
            const int first = q * kPanel + v * kLanes;
            const F32x16 keys =
                load(block + r * kPanel + v * kLanes) + (load(&heights_[first]) + heights_[i + r]);
            const F32x16 bound = max(splat(limits_[i + r]), load(&limits_[first]));
            std::uint32_t mask = no_more_mask(keys, bound);
            const int rest = m_ - first;
            if (rest < kLanes) mask &= rest > 0 ? (1u << rest) - 1u : 0u;
            const int diagonal = i + r - first;
            if (diagonal >= kLanes - 1)
              mask = 0;
            else if (diagonal >= 0)
              mask &= ~((2u << diagonal) - 1u);
            while (mask != 0) {
              const int lane = __builtin_ctz(mask);
              mask &= mask - 1;
              f(i + r, first + lane, keys[lane]);
            }
          }
        }
      }
    }
  }

 private:
  std::size_t p_;
  int m_ = 0, panels_ = 0;
  std::vector<float> panel_, heights_, limits_;
  std::vector<const float*> rows_;
};

// Offers to every row all others of its leaf, tree after tree; the leaves of a tree are disjoint.
template <Metric M>
void join_leaves(const Table& table, const std::int32_t* members, int n_trees, int depth,
                 const Lists& lists, int n_threads) {
  for (int t = 0; t < n_trees; ++t) {
    const std::int32_t* ids = members + static_cast<std::size_t>(t) * table.n;
    for_blocks(std::size_t{1} << depth, 4, n_threads, [&](std::size_t begin, std::size_t end, int) {
      Meeting meeting(table.p);
      for (std::size_t leaf = begin; leaf < end; ++leaf) {
        const std::size_t first = node_begin(table.n, depth, leaf);
        const int m = static_cast<int>(node_begin(table.n, depth, leaf + 1) - first);
        meeting.gather(table, ids + first, m);
        for (int j = 0; j < m; ++j) meeting.limit(j) = lists.key(ids[first + j])[lists.k - 1];
        auto give = [&](int to, int what, float key) {
          if (!(key <= meeting.limit(to))) return;
          const std::size_t u = static_cast<std::size_t>(ids[first + to]);
          if (offer(lists.key(u), lists.id(u), lists.k, key,
                    static_cast<std::uint32_t>(ids[first + what])))
            meeting.limit(to) = lists.key(u)[lists.k - 1];
        };
        meeting.pairs<M>(m, [&](int i, int j, float key) {
          give(i, j, key);
          give(j, i, key);
        });
      }
    });
  }
}

// Keys that a meeting found for the lists of its members.
struct Gifts {
  struct Gift {
    float key;
    int what;
  };
  explicit Gifts(int most)
      : count(most), most_(most), gifts_(static_cast<std::size_t>(most) * most) {}
  UMAPKIT_INLINE void add(int to, int what, float key) { gift(to, count[to]++) = {key, what}; }
  UMAPKIT_INLINE Gift& gift(int to, int g) {
    return gifts_[static_cast<std::size_t>(to) * most_ + g];
  }
  std::vector<int> count;

 private:
  int most_;
  std::vector<Gift> gifts_;
};

struct Candidates {
  std::vector<std::int32_t> ids;  // n x 2 reach: the new ones, then the old ones
  std::vector<std::int32_t> n_new, n_old;
};

// Rank of u among the candidates of v: 32 random bits, then u itself.
UMAPKIT_INLINE std::uint64_t rank_of(std::uint64_t round_key, std::uint32_t v, std::uint32_t u) {
  const std::uint64_t low = u < v ? u : v, high = u < v ? v : u;
  const std::uint64_t h = (round_key + (high << 32 | low)) * kGolden;
  return ((h ^ (h >> 29)) * kGolden & 0xFFFFFFFF00000000ull) | u;
}

// The `reach` smallest of a few ranks, each once: they arrive in any order, and the same ones more
// than once. Ranks are uniform, so each has its place in a table by its top bits; a taken place
// goes to the smaller of the two, and the other moves on (Amble, Knuth: Ordered hash tables, The
// Computer Journal 1974). The table is then sorted, whatever the order of arrival.
class Smallest {
 public:
  static constexpr int kMost = 88;  // ranks, of which at least one place in three stays free

  Smallest() { clear(); }
  void clear() {
    std::fill(places_, places_ + kPlaces + kMost, kEmpty);
    many_.clear();
    count_ = 0;
  }
  UMAPKIT_INLINE void add(std::uint64_t rank) {
    if (++count_ > kMost) {
      if (many_.empty()) move_all();
      many_.push_back(rank);
      return;
    }
    std::uint64_t* place = places_ + (rank >> (64 - kBits));
    while (*place != kEmpty) {
      if (*place == rank) return;
      if (rank < *place) std::swap(rank, *place);
      ++place;
    }
    *place = rank;
  }
  // Writes the ids of the smallest; returns how many, and in `last` the largest rank among them.
  int take(int reach, std::int32_t* to, std::uint64_t& last) {
    int count = 0;
    const auto give = [&](std::uint64_t rank) {
      to[count++] = static_cast<std::int32_t>(rank & 0xFFFFFFFFu);
      last = rank;
    };
    if (count_ <= kMost) {
      for (int i = 0; i < kPlaces + kMost && count < reach; ++i)
        if (places_[i] != kEmpty) give(places_[i]);
      return count;
    }
    // A rank appears twice at most (a pair that is listed both ways): room for both.
    const std::size_t room = std::min(many_.size(), 2 * static_cast<std::size_t>(reach));
    if (room < many_.size())
      std::nth_element(many_.begin(), many_.begin() + static_cast<std::ptrdiff_t>(room),
                       many_.end());
    std::sort(many_.begin(), many_.begin() + static_cast<std::ptrdiff_t>(room));
    for (std::size_t i = 0; i < room && count < reach; ++i)
      if (i == 0 || many_[i] != many_[i - 1]) give(many_[i]);
    return count;
  }

 private:
  static constexpr int kBits = 7, kPlaces = 1 << kBits;
  static constexpr std::uint64_t kEmpty = ~std::uint64_t{0};
  void move_all() {
    for (const std::uint64_t rank : places_)
      if (rank != kEmpty) many_.push_back(rank);
  }
  std::uint64_t places_[kPlaces + kMost];
  std::vector<std::uint64_t> many_;
  int count_ = 0;
};

// Chooses every row's candidates, and marks as old what it chose from its own list.
inline void choose_candidates(const Lists& lists, std::size_t n, int reach, std::uint64_t round_key,
                              Candidates& out, int n_threads) {
  const std::size_t k = static_cast<std::size_t>(lists.k);
  // Reverse entries by counting; the order within a row depends on threads and is forgotten by
  // the choice below, which sorts by hash.
  std::vector<std::atomic<std::uint32_t>> fill(n + 1);
  for (auto& f : fill) f.store(0, std::memory_order_relaxed);
  for_blocks(n, 1024, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin * k; i < end * k; ++i) {
      const std::uint32_t v = lists.ids[i] & kIdMask;
      if (v != kNobody) fill[v + 1].fetch_add(1, std::memory_order_relaxed);
    }
  });
  std::vector<std::uint64_t> start(n + 1);
  std::uint64_t total = 0;
  for (std::size_t v = 0; v < n; ++v) {
    start[v] = total;
    total += fill[v + 1].load(std::memory_order_relaxed);
    fill[v + 1].store(0, std::memory_order_relaxed);
  }
  start[n] = total;
  std::unique_ptr<std::uint32_t[]> reverse(new std::uint32_t[total]);
  for_blocks(n, 1024, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t u = begin; u < end; ++u)
      for (std::size_t j = 0; j < k; ++j) {
        const std::uint32_t entry = lists.ids[u * k + j], v = entry & kIdMask;
        if (v == kNobody) break;
        const std::uint32_t at = fill[v + 1].fetch_add(1, std::memory_order_relaxed);
        reverse[start[v] + at] = static_cast<std::uint32_t>(u) | (entry & kOld);
      }
  });
  out.ids.resize(n * 2 * static_cast<std::size_t>(reach));
  out.n_new.resize(n);
  out.n_old.resize(n);
  for_blocks(n, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
    Smallest fresh, old;
    std::vector<std::uint64_t> own_ranks(k);
    for (std::size_t v = begin; v < end; ++v) {
      fresh.clear();
      old.clear();
      std::uint32_t* own = lists.id(v);
      const auto rank = [&](std::uint32_t entry) {
        return rank_of(round_key, static_cast<std::uint32_t>(v), entry & kIdMask);
      };
      std::size_t length = 0;
      for (; length < k && (own[length] & kIdMask) != kNobody; ++length) {
        own_ranks[length] = rank(own[length]);
        ((own[length] & kOld) != 0 ? old : fresh).add(own_ranks[length]);
      }
      for (std::uint64_t r = start[v]; r < start[v + 1]; ++r)
        ((reverse[r] & kOld) != 0 ? old : fresh).add(rank(reverse[r]));
      std::int32_t* to = &out.ids[v * 2 * static_cast<std::size_t>(reach)];
      std::uint64_t last_new = 0, last_old = 0;
      out.n_new[v] = fresh.take(reach, to, last_new);
      // An id may be new one way and old the other; it stays in both, which costs a few pairs.
      out.n_old[v] = old.take(reach, to + out.n_new[v], last_old);
      for (std::size_t j = 0; j < length && out.n_new[v] > 0; ++j)
        if ((own[j] & kOld) == 0 && own_ranks[j] <= last_new) own[j] |= kOld;
    }
  });
}

// Runs the rounds first .. rounds - 1; stops when at most `enough` entries of all lists are new.
// Returns the number of rounds done, those before `first` included.
template <Metric M>
int descend(const Table& table, const Lists& lists, int reach, int first, int rounds,
            std::size_t enough, std::uint64_t seed, int n_threads) {
  const std::size_t n = table.n;
  const int last = lists.k - 1;
  Candidates candidates;
  std::vector<std::atomic<float>> worst(n);
  std::vector<std::atomic_flag> locks(n);
  for (std::size_t v = 0; v < n; ++v) worst[v].store(lists.key(v)[last], std::memory_order_relaxed);
  for (int round = first; round < rounds; ++round) {
    std::atomic<std::size_t> fresh{0};
    for_blocks(n, 4096, n_threads, [&](std::size_t begin, std::size_t end, int) {
      std::size_t count = 0;
      for (std::size_t i = begin * lists.k; i < end * lists.k; ++i)
        count += static_cast<std::size_t>(lists.ids[i] < kNobody);
      fresh.fetch_add(count, std::memory_order_relaxed);
    });
    if (fresh.load() <= enough) return round;
    choose_candidates(lists, n, reach, key(seed, Stage::descent, round, 0), candidates, n_threads);
    for_blocks(n, 512, n_threads, [&](std::size_t begin, std::size_t end, int) {
      Meeting meeting(table.p);
      Gifts gifts(2 * reach);
      for (std::size_t v = begin; v < end; ++v) {
        const int n_new = candidates.n_new[v], m = n_new + candidates.n_old[v];
        if (n_new == 0) continue;
        const std::int32_t* ids = &candidates.ids[v * 2 * static_cast<std::size_t>(reach)];
        meeting.gather(table, ids, m);
        if (v + 1 < end) {  // the next meeting's rows travel while this one computes
          const std::int32_t* after = ids + 2 * static_cast<std::size_t>(reach);
          const int coming = candidates.n_new[v + 1] + candidates.n_old[v + 1];
          for (int j = 0; j < coming; ++j) table.prefetch(static_cast<std::size_t>(after[j]));
        }
        for (int j = 0; j < m; ++j)
          meeting.limit(j) = worst[ids[j]].load(std::memory_order_relaxed);
        // What passed is collected by target first: one lock, and one trip to memory, a target.
        for (int j = 0; j < m; ++j) gifts.count[j] = 0;
        meeting.pairs<M>(n_new, [&](int i, int j, float key) {
          if (ids[i] == ids[j]) return;
          if (key <= meeting.limit(i)) gifts.add(i, j, key);
          if (key <= meeting.limit(j)) gifts.add(j, i, key);
        });
        int next = 0;
        while (next < m && gifts.count[next] == 0) ++next;
        while (next < m) {
          const int to = next;
          for (++next; next < m && gifts.count[next] == 0; ++next) {
          }
          if (next < m) lists.prefetch(static_cast<std::size_t>(ids[next]));
          const std::size_t u = static_cast<std::size_t>(ids[to]);
          while (locks[u].test_and_set(std::memory_order_acquire)) {
          }
          for (int g = 0; g < gifts.count[to]; ++g) {
            const Gifts::Gift& gift = gifts.gift(to, g);
            offer(lists.key(u), lists.id(u), lists.k, gift.key,
                  static_cast<std::uint32_t>(ids[gift.what]));
          }
          const float now = lists.key(u)[last];
          locks[u].clear(std::memory_order_release);
          worst[u].store(now, std::memory_order_relaxed);
        }
      }
    });
  }
  return rounds;
}

UMAPKIT_END
