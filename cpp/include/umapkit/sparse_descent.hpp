// Nearest-neighbour descent on sparse rows, with true distances.
//
// The lists begin with candidates from elsewhere (a narrow space, neighbors/sparse/_descent.py),
// measured by pair_distance. Rounds are those of descent.hpp: every row gathers new and old
// candidates by hash, all pairs with a new one in them meet, and each is offered to the other's
// list (Dong, Moses, Li, WWW 2011). Here a meeting measures its pairs one by one. pair_distance is
// the same to the bit whichever row comes first, lists end as the k smallest of what was offered
// (lists.hpp), and candidates are chosen from the state at the round's start: no result depends on
// the threads. Keys are the distances themselves.
//
// O(n reach^2 entries of a row) a round. Approximate: recall below 1.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "umapkit/descent.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/lists.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"
#include "umapkit/sparse_distance.hpp"

UMAPKIT_BEGIN

// Fills lists with the nearest of the candidates: places `candidates` (n x width, kNobody ends a
// list) in the order of `order`; list order[i] belongs to place i.
template <SparseMetric M>
void sparse_rank(const Measure& how, const CsrRows& rows, const std::int32_t* order,
                 const std::uint32_t* candidates, int width, const Lists& lists, int n_threads) {
  for_blocks(rows.n, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t row = static_cast<std::size_t>(order[i]);
      clear_list(lists.key(row), lists.id(row), lists.k);
      const std::uint32_t* from = candidates + i * static_cast<std::size_t>(width);
      for (int j = 0; j < width && (from[j] & kIdMask) != kNobody; ++j) {
        const std::size_t other = static_cast<std::size_t>(order[from[j] & kIdMask]);
        if (other == row) continue;
        offer(lists.key(row), lists.id(row), lists.k, pair_distance<M>(how, rows, row, rows, other),
              static_cast<std::uint32_t>(other));
      }
    }
  });
}

// Runs the rounds first .. rounds - 1; stops when at most `enough` entries of all lists are new.
// Returns the number of rounds done, those before `first` included.
template <SparseMetric M>
int sparse_descend(const Measure& how, const CsrRows& rows, const Lists& lists, int reach,
                   int first, int rounds, std::size_t enough, std::uint64_t seed, int n_threads) {
  const std::size_t n = rows.n;
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
    for_blocks(n, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
      Gifts gifts(2 * reach);
      for (std::size_t v = begin; v < end; ++v) {
        const int n_new = candidates.n_new[v], m = n_new + candidates.n_old[v];
        const std::int32_t* ids = &candidates.ids[v * 2 * static_cast<std::size_t>(reach)];
        for (int j = 0; j < m; ++j) gifts.count[static_cast<std::size_t>(j)] = 0;
        for (int i = 0; i < n_new; ++i) {
          const std::size_t a = static_cast<std::size_t>(ids[i]);
          const float limit = worst[a].load(std::memory_order_relaxed);
          for (int j = i + 1; j < m; ++j) {
            const std::size_t b = static_cast<std::size_t>(ids[j]);
            if (a == b) continue;
            const float far = pair_distance<M>(how, rows, a, rows, b);
            if (far <= limit) gifts.add(i, j, far);
            if (far <= worst[b].load(std::memory_order_relaxed)) gifts.add(j, i, far);
          }
        }
        for (int to = 0; to < m; ++to) {
          if (gifts.count[static_cast<std::size_t>(to)] == 0) continue;
          const std::size_t u = static_cast<std::size_t>(ids[to]);
          while (locks[u].test_and_set(std::memory_order_acquire)) {
          }
          for (int g = 0; g < gifts.count[static_cast<std::size_t>(to)]; ++g) {
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
