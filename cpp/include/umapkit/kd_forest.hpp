// Randomised k-d trees that grow: insertion, removal, and building by small steps.
//
// A node cuts one coordinate, x_c < cut to the left; a leaf holds one row and those equal to it.
//
// Building (Muja, Lowe: FLANN, VISAPP 2009): the coordinate is drawn among the 5 of largest
// variance, the cut is the mean, both estimated on at most 100 rows of the node. One step makes one
// node, breadth first, so that a tree can be built behind the back of those that serve (Jo, Seo,
// Fekete: PANENE, IEEE TVCG 2020). Insertion: down to a leaf, which splits halfway along the
// coordinate in which the two rows differ most. Removal empties the leaf; the next row that comes
// there takes it over.
//
// Mended here: equal rows share a leaf in a chain instead of a path as long as they are many; a
// removed row leaves at once, so its slot may be given to another. O(depth) to insert, O(1) to
// remove (O(chain) where rows are equal). Trees do not depend on threads: each has one writer.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tables/growing.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kVarianceRows = 100;
constexpr std::size_t kVariedCoordinates = 5;

// One tree of a forest.
struct KdTree {
  std::int32_t* children;  // nodes x 2; of a leaf: -1 and its first slot, or -1
  std::int32_t* coordinates;
  float* cuts;
  std::int32_t* depths;
  std::int32_t* leaves;  // by slot: its node, or -1
  std::int32_t* same;    // by slot: the next of its chain, or -1
  std::int64_t* size;    // nodes in use
  const float* rows;
  std::size_t d;

  KdTree(const KdForest& f, int t)
      : children(f.children + static_cast<std::size_t>(t) * f.nodes * 2),
        coordinates(f.coordinates + static_cast<std::size_t>(t) * f.nodes),
        cuts(f.cuts + static_cast<std::size_t>(t) * f.nodes),
        depths(f.depths + static_cast<std::size_t>(t) * f.nodes),
        leaves(f.leaves + static_cast<std::size_t>(t) * f.capacity),
        same(f.same + static_cast<std::size_t>(t) * f.capacity),
        size(f.sizes + t),
        rows(f.rows),
        d(f.d) {}

  const float* row(std::int32_t slot) const { return rows + static_cast<std::size_t>(slot) * d; }
  bool is_leaf(std::int32_t node) const { return children[2 * node] < 0; }

  std::int32_t new_leaf(int depth) {
    const auto node = static_cast<std::int32_t>((*size)++);
    children[2 * node] = children[2 * node + 1] = -1;
    coordinates[node] = 0;
    cuts[node] = 0.0f;
    depths[node] = depth;
    return node;
  }

  // Hangs a chain of equal rows into a leaf.
  void fill(std::int32_t leaf, std::int32_t first) {
    children[2 * leaf + 1] = first;
    for (std::int32_t slot = first; slot >= 0; slot = same[slot]) leaves[slot] = leaf;
  }

  std::int32_t step_down(std::int32_t node, const float* x) const {
    return children[2 * node + (x[coordinates[node]] < cuts[node] ? 0 : 1)];
  }

  void insert(std::int32_t slot) {
    same[slot] = -1;
    if (*size == 0) new_leaf(0);
    std::int32_t node = 0;
    const float* const x = row(slot);
    while (!is_leaf(node)) node = step_down(node, x);
    const std::int32_t other = children[2 * node + 1];
    if (other < 0) return fill(node, slot);
    const float* const y = row(other);
    std::size_t widest = 0;
    float span = 0.0f;
    for (std::size_t c = 0; c < d; ++c) {
      const float apart = x[c] < y[c] ? y[c] - x[c] : x[c] - y[c];
      if (apart > span) span = apart, widest = c;
    }
    if (span == 0.0f) {  // equal: behind the first of the chain
      same[slot] = same[other];
      same[other] = slot;
      leaves[slot] = node;
      return;
    }
    cut(node, widest, std::min(x[widest], y[widest]), std::max(x[widest], y[widest]));
    const bool left = x[widest] < cuts[node];
    fill(children[2 * node + (left ? 0 : 1)], slot);
    fill(children[2 * node + (left ? 1 : 0)], other);
  }

  void remove(std::int32_t slot) {
    const std::int32_t leaf = leaves[slot];
    if (leaf < 0) return;
    leaves[slot] = -1;
    std::int32_t* link = children + 2 * leaf + 1;
    while (*link != slot) link = same + *link;
    *link = same[slot];
    same[slot] = -1;
  }

  // Makes a leaf an inner node, with two empty leaves, cut halfway between two values.
  void cut(std::int32_t node, std::size_t coordinate, float low, float high) {
    const float middle = 0.5f * low + 0.5f * high;
    cut_at(node, coordinate, middle > low ? middle : high);
  }
  void cut_at(std::int32_t node, std::size_t coordinate, float at) {
    const std::int32_t left = new_leaf(depths[node] + 1), right = new_leaf(depths[node] + 1);
    coordinates[node] = static_cast<std::int32_t>(coordinate);
    cuts[node] = at;
    children[2 * node] = left;
    children[2 * node + 1] = right;
  }
};

// The coordinate and the cut of a node over some rows.
inline std::pair<std::size_t, float> choose_cut(const KdTree& tree, const std::int32_t* ids,
                                                std::size_t size, std::uint64_t bits) {
  const std::size_t m = std::min(size, kVarianceRows), d = tree.d;
  std::vector<double> mean(d, 0.0), variance(d, 0.0);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t c = 0; c < d; ++c) mean[c] += static_cast<double>(tree.row(ids[i])[c]);
  for (double& v : mean) v /= static_cast<double>(m);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t c = 0; c < d; ++c) {
      const double apart = static_cast<double>(tree.row(ids[i])[c]) - mean[c];
      variance[c] += apart * apart;
    }
  std::vector<std::size_t> order(d);
  for (std::size_t c = 0; c < d; ++c) order[c] = c;
  const std::size_t top = std::min(d, kVariedCoordinates);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(top), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return variance[a] != variance[b] ? variance[a] > variance[b] : a < b;
                    });
  const std::size_t coordinate = order[below(bits, static_cast<std::uint32_t>(top))];
  return {coordinate, static_cast<float>(mean[coordinate])};
}

// Makes at most `steps` nodes of a tree under construction. ids: its slots, -1 for those that left
// meanwhile; tasks: 3 numbers each (node, begin, end), a queue whose ends are queue[0], queue[1].
// Returns the steps done.
inline std::size_t build_kd_tree(const KdForest& forest, int t, std::uint64_t seed,
                                 std::uint64_t number, std::int32_t* ids, std::int64_t* tasks,
                                 std::int64_t* queue, std::size_t steps) {
  KdTree tree(forest, t);
  if (*tree.size == 0) tree.new_leaf(0);
  std::size_t done = 0;
  for (; done < steps && queue[0] < queue[1]; ++done) {
    const std::int64_t* const task = tasks + 3 * queue[0]++;
    const auto node = static_cast<std::int32_t>(task[0]);
    std::int32_t* const begin = ids + task[1];
    std::int32_t* end = std::remove(begin, ids + task[2], -1);
    if (begin == end) continue;
    const auto size = static_cast<std::size_t>(end - begin);
    const std::uint64_t bits = draw(key(seed, Stage::tree, number, task[0]), 0);
    auto [c, at] = choose_cut(tree, begin, size, bits);
    const auto goes_left = [&](std::int32_t slot) { return tree.row(slot)[c] < at; };
    std::int32_t* middle = std::stable_partition(begin, end, goes_left);
    if (middle == begin || middle == end) {  // the sampled rows agree: look at all
      float span = 0.0f, low = 0.0f, high = 0.0f;
      for (std::size_t f = 0; f < tree.d; ++f) {
        float least = tree.row(*begin)[f], most = least;
        for (const std::int32_t* id = begin; id < end; ++id) {
          least = std::min(least, tree.row(*id)[f]);
          most = std::max(most, tree.row(*id)[f]);
        }
        if (most - least > span) span = most - least, c = f, low = least, high = most;
      }
      if (span == 0.0f) {
        for (std::size_t i = 0; i < size; ++i)
          tree.same[begin[i]] = i + 1 < size ? begin[i + 1] : -1;
        tree.fill(node, *begin);
        continue;
      }
      const float half = 0.5f * low + 0.5f * high;
      at = half > low ? half : high;
      middle = std::stable_partition(begin, end, goes_left);
    }
    tree.cut_at(node, c, at);
    const std::int64_t first = begin - ids, cut = middle - ids, last = end - ids;
    for (const auto& [child, from, to] :
         {std::array<std::int64_t, 3>{tree.children[2 * node], first, cut},
          std::array<std::int64_t, 3>{tree.children[2 * node + 1], cut, last}}) {
      std::int64_t* const next = tasks + 3 * queue[1]++;
      next[0] = child;
      next[1] = from;
      next[2] = to;
    }
  }
  return done;
}

// Inserts slots, in order, into some trees; each tree has one thread.
inline void insert_in_trees(const KdForest& forest, const std::int32_t* trees, std::size_t n_trees,
                            const std::int32_t* slots, std::size_t m, int n_threads) {
  for_blocks(n_trees, 1, n_threads, [&](std::size_t t, std::size_t, int) {
    KdTree tree(forest, trees[t]);
    for (std::size_t i = 0; i < m; ++i) tree.insert(slots[i]);
  });
}

inline void remove_from_trees(const KdForest& forest, const std::int32_t* slots, std::size_t m) {
  for (int t = 0; t < forest.n_trees; ++t) {
    KdTree tree(forest, t);
    for (std::size_t i = 0; i < m; ++i) tree.remove(slots[i]);
  }
}

UMAPKIT_END
