// Neighbours by randomised k-d trees: best bin first over all trees.
//
// A row goes down every tree; the branches passed by wait in one queue, nearest first, at
//
//   bound(branch) = bound(node) + term(x_c - cut),   term = square or modulus,
//
// and the next is gone down until `checks` rows have been looked at (Muja, Lowe: FLANN, VISAPP
// 2009; Jo, Seo, Fekete: PANENE, IEEE TVCG 2020). A row is looked at once, whatever the trees.
// Mended here: what a row finds is joined to the list it holds, the lists of the nearest are looked
// at, too, and both ends of every pair that was looked at are offered the other; as published, each
// search starts from nothing and serves one row.
//
// Leaf visits and their depths are counted, tree by tree: their mean over log2 n is how far a tree
// is out of balance. About checks (d + log n) a row. Approximate: recall below 1.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "tables/growing.hpp"
#include "umapkit/distance.hpp"
#include "umapkit/exact.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/kd_forest.hpp"
#include "umapkit/lists.hpp"
#include "umapkit/offers.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/search.hpp"

UMAPKIT_BEGIN

constexpr int kHops = 4;  // rows whose lists are looked at

// Visits of leaves and the sum of their depths, for up to eight trees.
struct LeafVisits {
  std::array<std::int64_t, 8> count{}, depth{};
};

// Scratch of one thread.
template <Metric M>
class KdSearch {
 public:
  KdSearch(const KdForest& forest, const std::int32_t* trees, std::size_t n_trees, int checks)
      : checks_(checks), met_(static_cast<std::size_t>(checks) + 16) {
    for (std::size_t t = 0; t < n_trees; ++t) trees_.emplace_back(forest, trees[t]);
  }

  LeafVisits visits;

  // Calls looked(slot, key) for every row looked at, `self` left out.
  template <class F>
  void run(const float* x, std::int32_t self, F&& looked) {
    met_.clear();
    heap_.clear();
    number_ = 0;
    left_ = checks_;
    for (std::uint32_t t = 0; t < trees_.size(); ++t)
      if (*trees_[t].size > 0) descend(t, 0, 0.0f, x, self, looked);
    while (left_ > 0 && !heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), later);
      const Branch next = heap_.back();
      heap_.pop_back();
      descend(next.tree, next.node, next.bound, x, self, looked);
    }
  }

  // Looks at one row, unless it was looked at before.
  template <class F>
  bool look(std::int32_t slot, const float* x, std::int32_t self, F&& looked) {
    if (slot == self || !met_.add(static_cast<std::uint32_t>(slot))) return false;
    looked(slot, row_key<M>(x, trees_[0].row(slot), trees_[0].d));
    return true;
  }

 private:
  struct Branch {
    float bound;
    std::uint32_t number, tree;
    std::int32_t node;
  };
  static bool later(const Branch& a, const Branch& b) {
    return a.bound != b.bound ? a.bound > b.bound : a.number > b.number;
  }

  template <class F>
  void descend(std::uint32_t t, std::int32_t node, float bound, const float* x, std::int32_t self,
               F&& looked) {
    const KdTree& tree = trees_[t];
    while (!tree.is_leaf(node)) {
      const float apart = x[tree.coordinates[node]] - tree.cuts[node];
      const bool left = apart < 0.0f;
      const float term = M == Metric::square ? apart * apart : (left ? -apart : apart);
      heap_.push_back({bound + term, number_++, t, tree.children[2 * node + (left ? 1 : 0)]});
      std::push_heap(heap_.begin(), heap_.end(), later);
      node = tree.children[2 * node + (left ? 0 : 1)];
    }
    ++visits.count[t];
    visits.depth[t] += tree.depths[node];
    for (std::int32_t slot = tree.children[2 * node + 1]; slot >= 0; slot = tree.same[slot]) {
      if (left_ <= 0) return;
      if (look(slot, x, self, looked)) --left_;
    }
  }

  int checks_, left_ = 0;
  std::uint32_t number_ = 0;
  Met met_;
  std::vector<KdTree> trees_;
  std::vector<Branch> heap_;
};

// Adds the visits of a thread to those of the trees: sums of integers, in any order.
inline void add_visits(const LeafVisits& some, const std::int32_t* trees, std::size_t n_trees,
                       std::vector<std::atomic<std::int64_t>>& all) {
  for (std::size_t t = 0; t < n_trees; ++t) {
    all[2 * static_cast<std::size_t>(trees[t])].fetch_add(some.count[t]);
    all[2 * static_cast<std::size_t>(trees[t]) + 1].fetch_add(some.depth[t]);
  }
}

// Searches the lists of slots, new or old, that are in the trees. urgency[u]: the smallest distance
// of what entered the list of u by an offer. searched[i]: whether the list of slots[i] changed.
template <Metric M>
void link_in_trees(const KdForest& forest, const std::int32_t* trees, std::size_t n_trees,
                   const SlotLists& lists, float* urgency, Finish how, int checks,
                   const std::int32_t* slots, std::size_t m, std::uint8_t* searched,
                   int n_threads) {
  const int k = lists.k - 1;
  const auto wide = static_cast<std::size_t>(lists.k), many = static_cast<std::size_t>(k);
  std::vector<std::int32_t> ids(m * many);
  std::vector<float> distances(m * many);
  constexpr std::size_t kGroup = 16;
  std::vector<std::vector<Offer>> offers((m + kGroup - 1) / kGroup);
  std::vector<std::atomic<std::int64_t>> visits(2 * static_cast<std::size_t>(forest.n_trees));
  for_blocks(m, kGroup, n_threads, [&](std::size_t begin, std::size_t end, int) {
    KdSearch<M> search(forest, trees, n_trees, checks);
    std::vector<std::int32_t> via(many);
    for (std::size_t i = begin; i < end; ++i) {
      const auto slot = static_cast<std::size_t>(slots[i]);
      std::int32_t* const own = &ids[i * many];
      float* const far = &distances[i * many];
      std::copy_n(lists.indices + slot * wide + 1, many, own);
      std::copy_n(lists.distances + slot * wide + 1, many, far);
      const float* const x = forest.rows + slot * forest.d;
      const auto looked = [&](std::int32_t other, float key) {
        const float distance = how(key, 0);
        offer(far, reinterpret_cast<std::uint32_t*>(own), k, distance,
              static_cast<std::uint32_t>(other));
        if (distance <= last_distance(lists, static_cast<std::size_t>(other)))
          offers[begin / kGroup].push_back({other, slots[i], distance});
      };
      search.run(x, slots[i], looked);
      std::copy_n(own, many, via.data());  // the lists of the nearest are looked at, as they were
      for (int j = 0; j < std::min(k, kHops) && via[j] >= 0; ++j) {
        const std::int32_t* const list =
            lists.indices + static_cast<std::size_t>(via[j]) * wide + 1;
        for (int h = 0; h < k && list[h] >= 0; ++h) search.look(list[h], x, slots[i], looked);
      }
      searched[i] =
          static_cast<std::uint8_t>(!std::equal(own, own + many, lists.indices + slot * wide + 1));
    }
    add_visits(search.visits, trees, n_trees, visits);
  });
  write_down(
      lists, slots, m, ids.data(), distances.data(), offers, n_threads, [](std::size_t) {},
      [&](std::size_t to, float distance) { urgency[to] = std::min(urgency[to], distance); });
  for (std::size_t t = 0; t < visits.size(); ++t) forest.visits[t] += visits[t].load();
}

// The k nearest slots of rows that need not be in the trees.
template <Metric M>
void search_trees(const KdForest& forest, const std::int32_t* trees, std::size_t n_trees,
                  Finish how, int checks, const float* queries, std::size_t m, int k,
                  std::int32_t* ids, float* distances, int n_threads) {
  const auto many = static_cast<std::size_t>(k);
  for_blocks(m, 16, n_threads, [&](std::size_t begin, std::size_t end, int) {
    KdSearch<M> search(forest, trees, n_trees, checks);
    for (std::size_t i = begin; i < end; ++i) {
      std::fill_n(ids + i * many, many, -1);
      std::fill_n(distances + i * many, many, std::numeric_limits<float>::infinity());
      search.run(queries + i * forest.d, -1, [&](std::int32_t other, float key) {
        offer(distances + i * many, reinterpret_cast<std::uint32_t*>(ids + i * many), k,
              how(key, 0), static_cast<std::uint32_t>(other));
      });
    }
  });
}

UMAPKIT_END
