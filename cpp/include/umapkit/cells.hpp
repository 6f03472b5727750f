// Cells of near rows that grow, split and shrink.
//
//   hub_c = mean of the rows that came to cell c,   cell(x) = argmin_c (M(x, hub_c), c)
//
// A row goes to the cell whose hub is nearest. A cell holds at most kCell members; before the next
// one comes it splits: two centres, each as far as can be from the other, move to the means of
// their sides three times over, and the side with fewer than a quarter of the members takes the
// nearest ones of the other (so many equal rows split too). Both hubs become means. Removal puts
// the last member in the place of the one that goes; hubs stay.
//
// Members' rows are kept turned over, 32 to a panel (distance.hpp), so a cell is searched at the
// speed of memory. Rows come one after the other, in the order given: only the search for the
// nearest hub is shared among threads, in runs of 256 rows against the hubs as they stand, so
// results do not depend on threads. O(n / kCell p) to add a row, and kCell p a split, of which
// there is one in kCell / 4 rows at most. Like the leaves of a B-tree; with Voronoi cells instead
// of intervals (Xu et al.: SPFresh, SOSP 2023, keeps an index of clusters in this way). Exact: it
// only sorts rows.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "tables/growing.hpp"
#include "umapkit/distance.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/offers.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kAddRun = 256;  // rows that look for their hubs side by side
constexpr int kSplitRounds = 3;

UMAPKIT_INLINE float* panel_of(const Cells& cells, std::size_t cell, int place) {
  const std::size_t panels = kCell / kPanel;
  return cells.panels +
         (cell * panels + static_cast<std::size_t>(place / kPanel)) * cells.p * kPanel;
}

// Writes one member into its place.
inline void put_member(const Cells& cells, std::size_t cell, int place, std::int32_t slot,
                       float limit) {
  const float* const row = cells.narrow + static_cast<std::size_t>(slot) * cells.p;
  float* const column = panel_of(cells, cell, place) + place % kPanel;
  for (std::size_t k = 0; k < cells.p; ++k) column[k * kPanel] = row[k];
  const std::size_t at = cell * kCell + static_cast<std::size_t>(place);
  cells.members[at] = slot;
  cells.limits[at] = limit;
  cells.tall[at] = cells.heights == nullptr ? 0.0f : cells.heights[slot];
  cells.where[slot] = static_cast<std::int32_t>(at);
}

// Means of two groups of rows, summed in double in the order of the members.
inline void two_means(const Cells& cells, const std::vector<std::int32_t>& slots,
                      const std::vector<char>& right, float* a, float* b) {
  std::vector<double> sums(2 * cells.p, 0.0);
  std::size_t counts[2] = {};
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::size_t side = right[i] != 0 ? 1 : 0;
    const float* const row = cells.narrow + static_cast<std::size_t>(slots[i]) * cells.p;
    ++counts[side];
    for (std::size_t k = 0; k < cells.p; ++k)
      sums[side * cells.p + k] += static_cast<double>(row[k]);
  }
  for (std::size_t k = 0; k < cells.p; ++k) {
    a[k] = static_cast<float>(sums[k] / static_cast<double>(counts[0]));
    b[k] = static_cast<float>(sums[cells.p + k] / static_cast<double>(counts[1]));
  }
}

// Splits a full cell; the right half goes to a new cell, whose number is returned.
template <Metric M>
std::size_t split_cell(const Cells& cells, std::size_t cell) {
  const std::size_t p = cells.p, first = cell * kCell;
  const auto fresh = static_cast<std::size_t>((*cells.n_cells)++);
  const std::vector<std::int32_t> slots(cells.members + first, cells.members + first + kCell);
  const std::vector<float> limits(cells.limits + first, cells.limits + first + kCell);
  const auto row = [&](std::size_t i) {
    return cells.narrow + static_cast<std::size_t>(slots[i]) * p;
  };
  float* const a = cells.hubs + cell * p;
  float* const b = cells.hubs + fresh * p;
  for (float* const to : {a, b}) {  // the farthest from the hub, then the farthest from that
    std::size_t far = 0;
    float most = -1.0f;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const float key = row_key<M>(row(i), a, p);
      if (key > most) most = key, far = i;
    }
    std::memcpy(to, row(far), p * sizeof(float));
  }
  std::vector<std::pair<float, std::size_t>> order(slots.size());
  std::vector<char> right(slots.size());
  constexpr std::size_t least = kCell / 4;
  for (int round = 0; round <= kSplitRounds; ++round) {
    std::size_t left = 0;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const float nearer = row_key<M>(row(i), a, p) - row_key<M>(row(i), b, p);
      order[i] = {nearer == nearer ? nearer : 0.0f, i};
      left += static_cast<std::size_t>(order[i].first < 0.0f);
    }
    std::sort(order.begin(), order.end());
    left = std::clamp<std::size_t>(left, least, slots.size() - least);
    for (std::size_t i = 0; i < slots.size(); ++i)
      right[order[i].second] = static_cast<char>(i >= left);
    two_means(cells, slots, right, a, b);
  }
  cells.counts[cell] = cells.counts[fresh] = 0;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const std::size_t to = right[i] != 0 ? fresh : cell;
    put_member(cells, to, cells.counts[to]++, slots[i], limits[i]);
  }
  return fresh;
}

// Adds rows, in order. Their lists are open to nobody (limit -inf) until close_lists.
template <Metric M>
void add_to_cells(const Cells& cells, const std::int32_t* slots, std::size_t m, int n_threads) {
  const std::size_t p = cells.p;
  std::vector<std::size_t> chosen(kAddRun);
  for (std::size_t begin = 0; begin < m; begin += kAddRun) {
    const std::size_t size = std::min(kAddRun, m - begin);
    const auto row = [&](std::size_t i) {
      return cells.narrow + static_cast<std::size_t>(slots[begin + i]) * p;
    };
    if (*cells.n_cells == 0) {
      *cells.n_cells = 1;
      cells.counts[0] = 0;
      std::memcpy(cells.hubs, row(0), p * sizeof(float));
    }
    const auto n_cells = static_cast<std::size_t>(*cells.n_cells);
    for_blocks(size, 32, n_threads, [&](std::size_t from, std::size_t to, int) {
      for (std::size_t i = from; i < to; ++i) {
        float best = std::numeric_limits<float>::infinity();
        chosen[i] = 0;
        for (std::size_t c = 0; c < n_cells; ++c) {
          const float key = row_key<M>(row(i), cells.hubs + c * p, p, best);
          if (key < best) best = key, chosen[i] = c;
        }
      }
    });
    for (std::size_t i = 0; i < size; ++i) {
      std::size_t cell = chosen[i];
      if (cells.counts[cell] == kCell) {
        const std::size_t other = split_cell<M>(cells, cell);
        // Rows of this run that were on their way here take the nearer half, too.
        for (std::size_t j = i; j < size; ++j)
          if (chosen[j] == cell && row_key<M>(row(j), cells.hubs + other * p, p) <
                                       row_key<M>(row(j), cells.hubs + cell * p, p))
            chosen[j] = other;
        cell = chosen[i];
      }
      const int place = cells.counts[cell]++;
      put_member(cells, cell, place, slots[begin + i], -std::numeric_limits<float>::infinity());
      float* const hub = cells.hubs + cell * p;
      const float share = 1.0f / static_cast<float>(place + 1);
      for (std::size_t k = 0; k < p; ++k) hub[k] += (row(i)[k] - hub[k]) * share;
    }
  }
}

// Takes rows out, one after the other.
inline void take_from_cells(const Cells& cells, const std::int32_t* slots, std::size_t m) {
  for (std::size_t i = 0; i < m; ++i) {
    const std::int32_t at = cells.where[slots[i]];
    if (at < 0) continue;
    cells.where[slots[i]] = -1;
    const auto cell = static_cast<std::size_t>(at / kCell);
    const int place = at % kCell, last = --cells.counts[cell];
    if (place == last) continue;
    const std::size_t from = cell * kCell + static_cast<std::size_t>(last);
    put_member(cells, cell, place, cells.members[from], cells.limits[from]);
  }
}

// The key from which on the list of a slot is closed: that of its last neighbour, with some slack
// where narrow keys only estimate the true ones.
UMAPKIT_INLINE float limit_of(const SlotLists& lists, std::size_t slot, bool root, float scale,
                              float slack) {
  const float last = last_distance(lists, slot);
  return (root ? last * last : last / scale) * slack;
}

inline void close_lists(const Cells& cells, const SlotLists& lists, bool root, float scale,
                        float slack, const std::int32_t* slots, std::size_t m, int n_threads) {
  for_blocks(m, 1024, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i)
      cells.limits[cells.where[slots[i]]] =
          limit_of(lists, static_cast<std::size_t>(slots[i]), root, scale, slack);
  });
}

UMAPKIT_END
