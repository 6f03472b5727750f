// Neighbours by cells and lists: linking new rows, searching old lists again, asking for others.
//
// A row looks at the members of the cells with the nearest hubs, cell after cell until it has seen
// `scan` members, then at the lists of the `hops` nearest of its pool: neighbours of neighbours,
// best first (search.hpp). The pool is ranked by true distances. On the way every member whose list
// may be open to the row, key <= limit, is noted:
//
//   limit_u = slack * key of u's last neighbour,
//
// `slack` for narrow keys that only estimate the true ones (project.hpp). The true distance then
// decides, and the row is offered. So one search serves both ends of every edge.
//
// Where rows are wide a true distance is a long way to memory, so fine rows, of more axes than the
// narrow ones, have a look first: of those noted, only whose fine key is at most its slack times
// the limit is measured; and the pool is measured in order of fine keys, until the next of them is
// above slack times the true key of the last neighbour found.
//
// All rows of a call search the same frozen lists, side by side, grouped by cell: up to eight of
// them meet a panel of members at a time (distance.hpp). Then lists are written, then offers made,
// under locks: a list ends as the k nearest of all that was offered, whoever came first
// (lists.hpp), so no result depends on threads. A row's own answer depends on no other row.
//
// About (n / kCell + scan + hops k) p + 2 pool d operations a row: bounded but for the look at the
// hubs. Approximate: cells beyond `scan`, the narrow space, the pool.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "tables/growing.hpp"
#include "umapkit/cells.hpp"
#include "umapkit/distance.hpp"
#include "umapkit/exact.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/lists.hpp"
#include "umapkit/offers.hpp"
#include "umapkit/panel_keys.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/search.hpp"

UMAPKIT_BEGIN

// Rows that search: narrow, whole and fine row, heights and, for rows of the table, the slot (else
// -1).
struct Seeker {
  const float* narrow;
  const float* whole;
  const float* fine;
  float height, fine_height;
  std::int32_t slot;
};

// A slot and what is thought of how far it is.
struct Guess {
  float key;
  std::uint32_t slot;
};

// Hubs turned over, once for all groups of a call.
struct HubPanels {
  std::vector<float> panels;
  std::size_t n;

  HubPanels(const Cells& cells, int n_threads) : n(static_cast<std::size_t>(*cells.n_cells)) {
    const std::size_t count = (n + kPanel - 1) / kPanel;
    panels.resize(count * kPanel * cells.p);
    for_blocks(count, 8, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t q = begin; q < end; ++q) {
        std::int32_t ids[kPanel];
        const int size = static_cast<int>(std::min<std::size_t>(kPanel, n - q * kPanel));
        for (int j = 0; j < size; ++j) ids[j] = static_cast<std::int32_t>(q * kPanel) + j;
        fill_panel(cells.hubs, cells.p, cells.p, ids, size, &panels[q * kPanel * cells.p]);
      }
    });
  }
};

// Rows that search together; scratch of one thread.
template <Metric M>
class CellSearch {
 public:
  CellSearch(const Cells& cells, const SlotLists& lists, const float* rows, std::size_t d,
             const HubPanels& hubs, CellEffort effort, Finish how, int k)
      : cells_(cells),
        lists_(lists),
        rows_(rows),
        d_(d),
        hubs_(hubs),
        effort_(effort),
        how_(how),
        k_(k),
        met_(static_cast<std::size_t>(effort.hops * lists.k) + 16),
        best_keys_(static_cast<std::size_t>(k) + 2),
        best_ids_(best_keys_.size()) {}

  std::size_t compared = 0;  // pairs of rows, hubs left out

  // Calls found(i) for each row of the group, which may then be ranked and decided.
  template <class F>
  void run(const Seeker* seekers, std::size_t m, bool note, F&& found) {
    seekers_ = seekers;
    const auto pool = static_cast<std::size_t>(effort_.pool);
    keys_.assign(m * pool, std::numeric_limits<float>::infinity());
    ids_.assign(m * pool, kNobody);
    if (notes_.size() < m) notes_.resize(m), probed_.resize(m);
    for (std::size_t i = 0; i < m; ++i) notes_[i].clear();
    choose_cells(m);
    for (std::size_t at = 0; at < visits_.size();) {
      std::size_t stop = at;
      while (stop < visits_.size() && stop < at + 8 && visits_[stop].order == visits_[at].order)
        ++stop;
      if (note)
        scan<true>(at, stop);
      else
        scan<false>(at, stop);
      at = stop;
    }
    for (std::size_t i = 0; i < m; ++i) {
      hop(i, note);
      found(i);
    }
  }

  // Calls near(slot, distance) for each slot noted by row i, but those of `known`, that is at most
  // as far as its last neighbour.
  template <class F>
  void decide(std::size_t i, const std::int32_t* known, int n_known, F&& near) {
    constexpr std::size_t kAhead = 8;
    const Seeker& me = seekers_[i];
    const std::vector<std::uint32_t>& notes = notes_[i];
    guesses_.clear();
    for (std::size_t j = 0; j < notes.size(); ++j) {
      if (j + kAhead < notes.size()) {
        prefetch_fine(notes[j + kAhead]);
        __builtin_prefetch(
            lists_.distances +
            (notes[j + kAhead] + std::size_t{1}) * static_cast<std::size_t>(lists_.k) - 1);
      }
      const auto slot = static_cast<std::int32_t>(notes[j]);
      if (std::find(known, known + n_known, slot) != known + n_known) continue;
      const float bound = limit_of(lists_, notes[j], how_.root, how_.scale, 1.0001f);
      if (cells_.fine.q > 0 && !(fine_key(me, notes[j]) <= bound * cells_.fine.slack)) continue;
      guesses_.push_back({bound, notes[j]});
    }
    for (std::size_t j = 0; j < guesses_.size(); ++j) {
      if (j + 2 < guesses_.size()) prefetch_whole(guesses_[j + 2].slot);
      const auto [bound, slot] = guesses_[j];
      const float key = row_key<M>(me.whole, rows_ + std::size_t{slot} * d_, d_, bound);
      ++compared;
      const float distance = how_(key, 0);
      if (key <= bound && distance <= last_distance(lists_, slot))
        near(static_cast<std::int32_t>(slot), distance);
    }
  }

  // Ranks row i's pool, and the `extra` slots, by true distance; writes the k nearest.
  void rank(std::size_t i, const std::int32_t* extra, int n_extra, std::int32_t* ids,
            float* distances) {
    const std::uint32_t* const pool = pool_ids(i);
    const Seeker& me = seekers_[i];
    guesses_.clear();
    for (int j = 0; j < effort_.pool && (pool[j] & kIdMask) != kNobody; ++j)
      guesses_.push_back({0.0f, pool[j] & kIdMask});
    for (int j = 0; j < n_extra; ++j)
      guesses_.push_back({0.0f, static_cast<std::uint32_t>(extra[j])});
    const std::size_t n = guesses_.size();
    if (cells_.fine.q > 0) {
      for (const Guess& guess : guesses_) prefetch_fine(guess.slot);
      for (Guess& guess : guesses_) guess.key = fine_key(me, guess.slot);
      std::sort(guesses_.begin(), guesses_.end(), [](const Guess& a, const Guess& b) {
        return a.key != b.key ? a.key < b.key : a.slot < b.slot;
      });
    }
    const int keep = static_cast<int>(best_keys_.size());  // ties are broken by distances
    const float& last = best_keys_[static_cast<std::size_t>(k_ - 1)];
    clear_list(best_keys_.data(), best_ids_.data(), keep);
    for (std::size_t j = 0; j < n; ++j) {
      if (j + 4 < n) prefetch_whole(guesses_[j + 4].slot);
      if (cells_.fine.q > 0 && guesses_[j].key > cells_.fine.slack * last) break;
      ++compared;
      const std::uint32_t slot = guesses_[j].slot;
      const float key = row_key<M>(me.whole, rows_ + std::size_t{slot} * d_, d_, best_keys_.back());
      offer(best_keys_.data(), best_ids_.data(), keep, key, slot);
    }
    found_.clear();
    for (int j = 0; j < keep && best_ids_[static_cast<std::size_t>(j)] != kNobody; ++j)
      found_.emplace_back(how_(best_keys_[static_cast<std::size_t>(j)], 0),
                          static_cast<std::int32_t>(best_ids_[static_cast<std::size_t>(j)]));
    write_best(found_, k_, ids, distances);
  }

 private:
  struct Visit {
    std::uint64_t order;  // first visits first, then by cell
    std::uint32_t cell, row;
  };

  float* pool_keys(std::size_t i) { return &keys_[i * static_cast<std::size_t>(effort_.pool)]; }
  std::uint32_t* pool_ids(std::size_t i) {
    return &ids_[i * static_cast<std::size_t>(effort_.pool)];
  }

  UMAPKIT_INLINE float fine_key(const Seeker& me, std::uint32_t slot) const {
    const FineRows& fine = cells_.fine;
    return row_key<M>(me.fine, fine.rows + slot * fine.q, fine.q) +
           (me.fine_height + fine.heights[slot]);
  }

  UMAPKIT_INLINE void prefetch_fine(std::uint32_t slot) const {
    const FineRows& fine = cells_.fine;
    for (std::size_t k = 0; k < fine.q; k += kLanes)
      __builtin_prefetch(fine.rows + slot * fine.q + k);
    if (fine.q > 0) __builtin_prefetch(fine.heights + slot);
  }

  UMAPKIT_INLINE void prefetch_whole(std::uint32_t slot) const {
    for (std::size_t k = 0; k < std::min<std::size_t>(d_, 256); k += kLanes)
      __builtin_prefetch(rows_ + std::size_t{slot} * d_ + k);
  }

  // Cells of every row, nearest hub first, until they hold `scan` members.
  void choose_cells(std::size_t m) {
    visits_.clear();
    const std::size_t n = hubs_.n, p = cells_.p;
    hub_keys_.resize(8 * ((n + kPanel - 1) / kPanel) * kPanel);
    alignas(64) float block[8 * kPanel];
    const std::size_t wide = hub_keys_.size() / 8;
    for (std::size_t begin = 0; begin < m; begin += 8) {
      const int count = static_cast<int>(std::min<std::size_t>(8, m - begin));
      const float* rows[8];
      for (int r = 0; r < count; ++r) rows[r] = seekers_[begin + r].narrow;
      for (std::size_t first = 0; first < n; first += kPanel) {
        block_keys<M>(rows, count, &hubs_.panels[first * p], p, kPanel, block);
        for (int r = 0; r < count; ++r)
          std::copy_n(block + r * kPanel, kPanel, &hub_keys_[r * wide + first]);
      }
      for (int r = 0; r < count; ++r) visit_nearest(begin + r, &hub_keys_[r * wide]);
    }
    std::sort(visits_.begin(), visits_.end(), [](const Visit& a, const Visit& b) {
      return a.order != b.order ? a.order < b.order : a.row < b.row;
    });
  }

  void visit_nearest(std::size_t i, const float* keys) {
    near_.clear();
    for (std::size_t c = 0; c < hubs_.n; ++c)
      if (cells_.counts[c] > 0) near_.emplace_back(keys[c], static_cast<std::uint32_t>(c));
    std::vector<char>& probed = probed_[i];
    probed.assign(hubs_.n, 0);
    std::size_t sorted = 0;
    int seen = 0;
    for (std::size_t j = 0; j < near_.size() && seen < effort_.scan; ++j) {
      if (j == sorted) {  // a few at a time
        sorted = std::min(near_.size(), std::max<std::size_t>(2 * sorted, 32));
        const auto from = near_.begin() + static_cast<std::ptrdiff_t>(j);
        const auto to = near_.begin() + static_cast<std::ptrdiff_t>(sorted);
        if (to != near_.end()) std::nth_element(from, to, near_.end());
        std::sort(from, to);
      }
      const std::uint32_t cell = near_[j].second;
      probed[cell] = 1;
      seen += cells_.counts[cell];
      visits_.push_back({std::uint64_t{j > 0} << 32 | cell, cell, static_cast<std::uint32_t>(i)});
    }
  }

  // One cell against up to eight rows.
  template <bool Note>
  void scan(std::size_t at, std::size_t stop) {
    const std::size_t cell = visits_[at].cell, p = cells_.p;
    const int size = cells_.counts[cell], count = static_cast<int>(stop - at);
    const float* rows[8];
    for (int r = 0; r < count; ++r) rows[r] = seekers_[visits_[at + r].row].narrow;
    compared += static_cast<std::size_t>(size * count);
    alignas(64) float block[8 * kPanel];
    for (int first = 0; first < size; first += kPanel) {
      const int columns = size - first > kLanes ? kPanel : kLanes;
      some_keys<M>(rows, count, panel_of(cells_, cell, first), p, columns, block);
      const std::size_t place = cell * kCell + static_cast<std::size_t>(first);
      for (int r = 0; r < count; ++r) {
        const std::size_t i = visits_[at + r].row;
        for (int v = 0; v < columns && first + v < size; v += kLanes) {
          const F32x16 keys =
              load(block + r * kPanel + v) + (load(cells_.tall + place + v) + seekers_[i].height);
          F32x16 bound = splat(pool_keys(i)[effort_.pool - 1]);
          if constexpr (Note) bound = max(bound, load(cells_.limits + place + v));
          std::uint32_t mask = no_more_mask(keys, bound);
          const int rest = size - first - v;
          if (rest < kLanes) mask &= (1u << rest) - 1u;
          if (mask == 0) continue;
          float all[kLanes];
          store(all, keys);
          for (; mask != 0; mask &= mask - 1) {
            const int lane = __builtin_ctz(mask);
            meet<Note>(i, cells_.members[place + v + lane], all[lane],
                       cells_.limits[place + v + lane]);
          }
        }
      }
    }
  }

  template <bool Note>
  UMAPKIT_INLINE void meet(std::size_t i, std::int32_t slot, float key, float limit) {
    if (slot == seekers_[i].slot) return;
    offer(pool_keys(i), pool_ids(i), effort_.pool, key, static_cast<std::uint32_t>(slot));
    if constexpr (Note)
      if (key <= limit) notes_[i].push_back(static_cast<std::uint32_t>(slot));
  }

  // The lists of the nearest of the pool, where they lead out of the cells that were scanned.
  void hop(std::size_t i, bool note) {
    float* const keys = pool_keys(i);
    std::uint32_t* const ids = pool_ids(i);
    met_.clear();
    for (int next = 0; next < std::min(effort_.hops, effort_.pool);) {
      if ((ids[next] & kIdMask) == kNobody) break;
      if ((ids[next] & kOld) != 0) {
        ++next;
        continue;
      }
      const auto of = static_cast<std::size_t>(ids[next]);
      ids[next] |= kOld;
      const std::int32_t* const list = lists_.indices + of * static_cast<std::size_t>(lists_.k);
      float nearest = std::numeric_limits<float>::infinity();
      for (int j = 1; j < lists_.k && list[j] >= 0; ++j) {
        const std::int32_t at = cells_.where[list[j]];
        if (at < 0 || probed_[i][static_cast<std::size_t>(at / kCell)] != 0) continue;
        if (!met_.add(static_cast<std::uint32_t>(list[j]))) continue;
        const auto slot = static_cast<std::size_t>(list[j]);
        const float height =
            seekers_[i].height + (cells_.heights == nullptr ? 0.0f : cells_.heights[slot]);
        const float key =
            row_key<M>(seekers_[i].narrow, cells_.narrow + slot * cells_.p, cells_.p) + height;
        ++compared;
        if (list[j] == seekers_[i].slot) continue;
        if (offer(keys, ids, effort_.pool, key, static_cast<std::uint32_t>(slot)))
          nearest = std::min(nearest, key);
        if (note && key <= cells_.limits[at]) notes_[i].push_back(static_cast<std::uint32_t>(slot));
      }
      while (next > 0 && keys[next - 1] >= nearest) --next;
    }
  }

  const Cells& cells_;
  const SlotLists& lists_;
  const float* rows_;
  std::size_t d_;
  const HubPanels& hubs_;
  CellEffort effort_;
  Finish how_;
  int k_;
  Met met_;
  std::vector<float> best_keys_;
  std::vector<std::uint32_t> best_ids_;
  std::vector<std::pair<float, std::int32_t>> found_;
  std::vector<Guess> guesses_;
  const Seeker* seekers_ = nullptr;
  std::vector<float> keys_, hub_keys_;
  std::vector<std::uint32_t> ids_;
  std::vector<std::vector<std::uint32_t>> notes_;
  std::vector<std::vector<char>> probed_;
  std::vector<Visit> visits_;
  std::vector<std::pair<float, std::uint32_t>> near_;
};

// Rows that search together: enough to share panels, few enough for all threads to have some. A row
// finds the same whoever is beside it.
inline std::size_t group_size(std::size_t m, int n_threads) {
  const auto threads = static_cast<std::size_t>(std::max(n_threads, 1));
  return std::clamp<std::size_t>(m / (2 * threads), 32, 256);
}

// Links slots whose rows are in the cells, and searches the lists of others again: their lists are
// the nearest of what they hold and what is found. Returns the pairs of rows compared.
template <Metric M>
std::size_t link_slots(const Cells& cells, const SlotLists& lists, const float* rows, std::size_t d,
                       Finish how, float slack, CellEffort effort, const std::int32_t* slots,
                       std::size_t m, int n_threads) {
  const int k = lists.k - 1;
  const auto wide = static_cast<std::size_t>(lists.k);
  std::vector<std::int32_t> order(slots, slots + m);
  std::sort(order.begin(), order.end(),
            [&](std::int32_t a, std::int32_t b) { return cells.where[a] < cells.where[b]; });
  std::vector<Seeker> seekers(m);
  for (std::size_t i = 0; i < m; ++i) {
    const auto slot = static_cast<std::size_t>(order[i]);
    const bool fine = cells.fine.q > 0;
    seekers[i] = {cells.narrow + slot * cells.p,
                  rows + slot * d,
                  fine ? cells.fine.rows + slot * cells.fine.q : nullptr,
                  cells.heights == nullptr ? 0.0f : cells.heights[slot],
                  fine ? cells.fine.heights[slot] : 0.0f,
                  order[i]};
  }
  const HubPanels hubs(cells, n_threads);
  std::vector<std::int32_t> ids(m * static_cast<std::size_t>(k));
  std::vector<float> distances(ids.size());
  const std::size_t group = group_size(m, n_threads);
  std::vector<std::vector<Offer>> offers((m + group - 1) / group);
  std::atomic<std::size_t> compared{0};
  for_blocks(m, group, n_threads, [&](std::size_t begin, std::size_t end, int) {
    CellSearch<M> search(cells, lists, rows, d, hubs, effort, how, k);
    std::vector<Offer>& out = offers[begin / group];
    search.run(&seekers[begin], end - begin, true, [&](std::size_t i) {
      const Seeker& me = seekers[begin + i];
      const std::int32_t* const own = lists.indices + static_cast<std::size_t>(me.slot) * wide + 1;
      int n_own = 0;
      while (n_own < k && own[n_own] >= 0) ++n_own;
      std::int32_t* const to = &ids[(begin + i) * static_cast<std::size_t>(k)];
      float* const far = &distances[(begin + i) * static_cast<std::size_t>(k)];
      search.rank(i, own, n_own, to, far);
      const auto last = [&](std::int32_t slot) {
        return last_distance(lists, static_cast<std::size_t>(slot));
      };
      for (int j = 0; j < k && to[j] >= 0; ++j)
        if (far[j] <= last(to[j])) out.push_back({to[j], me.slot, far[j]});
      search.decide(i, to, k, [&](std::int32_t slot, float distance) {
        out.push_back({slot, me.slot, distance});
      });
    });
    compared.fetch_add(search.compared, std::memory_order_relaxed);
  });
  write_down(
      lists, order.data(), m, ids.data(), distances.data(), offers, n_threads, [](std::size_t) {},
      [&](std::size_t to, float) {
        cells.limits[cells.where[to]] = limit_of(lists, to, how.root, how.scale, slack);
      });
  close_lists(cells, lists, how.root, how.scale, slack, slots, m, n_threads);
  return compared.load();
}

// The k nearest slots of rows that need not be in the table. Returns the pairs compared.
template <Metric M>
std::size_t search_cells(const Cells& cells, const SlotLists& lists, const float* rows,
                         std::size_t d, Finish how, CellEffort effort, const Queries& queries,
                         std::size_t m, int k, std::int32_t* ids, float* distances, int n_threads) {
  std::vector<Seeker> seekers(m);
  for (std::size_t i = 0; i < m; ++i)
    seekers[i] = {queries.narrow + i * cells.p,
                  queries.rows + i * d,
                  queries.fine == nullptr ? nullptr : queries.fine + i * cells.fine.q,
                  queries.heights == nullptr ? 0.0f : queries.heights[i],
                  queries.fine == nullptr ? 0.0f : queries.fine_heights[i],
                  -1};
  const HubPanels hubs(cells, n_threads);
  std::atomic<std::size_t> compared{0};
  for_blocks(m, group_size(m, n_threads), n_threads, [&](std::size_t begin, std::size_t end, int) {
    CellSearch<M> search(cells, lists, rows, d, hubs, effort, how, k);
    search.run(&seekers[begin], end - begin, false, [&](std::size_t i) {
      const std::size_t at = (begin + i) * static_cast<std::size_t>(k);
      search.rank(i, nullptr, 0, ids + at, distances + at);
    });
    compared.fetch_add(search.compared, std::memory_order_relaxed);
  });
  return compared.load();
}

UMAPKIT_END
