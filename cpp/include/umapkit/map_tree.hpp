// The k nearest points of a map with few dimensions: a k-d tree.
//
//   N_k(q) = the k smallest pairs (|q - y_l|^2, l), l != self(q)
//
// Bentley: Multidimensional binary search trees used for associative searching, CACM 1975. Nodes
// are split at the median of the widest axis, ties by index, and know their box and their lowest
// index; so equal points are told apart by index and a map that collapsed to one place is still
// searched in logarithmic time. O(n log n) to build; a query is O(k + log n) for 1 to 3
// dimensions and degrades towards O(n d) in many. Exact: distances in double, and rounding is
// monotone, so a box is never farther than a point inside it.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "umapkit/nearest_rows.hpp"

UMAPKIT_BEGIN
namespace quality {

class MapTree {
 public:
  MapTree(const float* points, std::size_t n, std::size_t d) : d_(d), order_(n) {
    std::iota(order_.begin(), order_.end(), 0);
    nodes_.reserve(2 * n / kLeaf + 2);
    split(points, 0, n);
    points_.resize(n * d);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t f = 0; f < d; ++f)
        points_[i * d + f] = points[static_cast<std::size_t>(order_[i]) * d + f];
  }

  void query(const float* q, std::int64_t self, std::size_t k, std::vector<Near>& list) const {
    list.clear();
    visit(0, box_distance(0, q), q, self, k, list);
  }

 private:
  static constexpr std::size_t kLeaf = 16;

  struct Node {
    std::size_t begin, end;
    std::size_t left = 0, right = 0;  // 0: a leaf
    std::int32_t lowest = 0;
  };

  std::size_t split(const float* points, std::size_t begin, std::size_t end) {
    const std::size_t id = nodes_.size();
    nodes_.push_back({begin, end});
    std::vector<float> low(d_, std::numeric_limits<float>::infinity());
    std::vector<float> high(d_, -std::numeric_limits<float>::infinity());
    std::int32_t lowest = order_[begin];
    for (std::size_t i = begin; i < end; ++i) {
      lowest = std::min(lowest, order_[i]);
      const float* y = points + static_cast<std::size_t>(order_[i]) * d_;
      for (std::size_t f = 0; f < d_; ++f) {
        low[f] = std::min(low[f], y[f]);
        high[f] = std::max(high[f], y[f]);
      }
    }
    nodes_[id].lowest = lowest;
    boxes_.insert(boxes_.end(), low.begin(), low.end());
    boxes_.insert(boxes_.end(), high.begin(), high.end());
    if (end - begin <= kLeaf) return id;
    std::size_t axis = 0;
    for (std::size_t f = 1; f < d_; ++f)
      if (static_cast<double>(high[f]) - low[f] > static_cast<double>(high[axis]) - low[axis])
        axis = f;
    const std::size_t middle = begin + (end - begin) / 2;
    const auto at = [&](std::size_t i) { return order_.begin() + static_cast<std::ptrdiff_t>(i); };
    std::nth_element(at(begin), at(middle), at(end), [&](std::int32_t i, std::int32_t j) {
      const float x = points[static_cast<std::size_t>(i) * d_ + axis];
      const float y = points[static_cast<std::size_t>(j) * d_ + axis];
      return x < y || (x == y && i < j);
    });
    const std::size_t left = split(points, begin, middle);
    const std::size_t right = split(points, middle, end);
    nodes_[id].left = left;
    nodes_[id].right = right;
    return id;
  }

  double box_distance(std::size_t id, const float* q) const {
    const float* low = boxes_.data() + id * 2 * d_;
    const float* high = low + d_;
    double total = 0.0;
    for (std::size_t f = 0; f < d_; ++f) {
      const double x = q[f];
      const double t = std::max(std::max(low[f] - x, x - high[f]), 0.0);
      total += t * t;
    }
    return total;
  }

  void visit(std::size_t id, double box, const float* q, std::int64_t self, std::size_t k,
             std::vector<Near>& list) const {
    const Node& node = nodes_[id];
    if (list.size() == k && !(Near{box, node.lowest} < list.back())) return;
    if (node.left == 0) {
      for (std::size_t i = node.begin; i < node.end; ++i) {
        if (order_[i] == self) continue;
        const float* y = points_.data() + i * d_;
        double total = 0.0;
        for (std::size_t f = 0; f < d_; ++f) {
          const double t = static_cast<double>(q[f]) - static_cast<double>(y[f]);
          total += t * t;
        }
        keep_nearest(list, k, {total, order_[i]});
      }
      return;
    }
    const double left = box_distance(node.left, q), right = box_distance(node.right, q);
    const bool left_first =
        left < right || (left == right && nodes_[node.left].lowest < nodes_[node.right].lowest);
    if (left_first) {
      visit(node.left, left, q, self, k, list);
      visit(node.right, right, q, self, k, list);
    } else {
      visit(node.right, right, q, self, k, list);
      visit(node.left, left, q, self, k, list);
    }
  }

  std::size_t d_;
  std::vector<std::int32_t> order_;
  std::vector<Node> nodes_;
  std::vector<float> boxes_, points_;
};

// As nearest_rows, for points (n, d) with small d.
inline void nearest_points(const float* points, std::size_t n, std::size_t d, const float* queries,
                           std::size_t m, const std::int64_t* self, std::size_t k,
                           std::int32_t* indices, double* distances, int n_threads) {
  const MapTree tree(points, n, d);
  for_blocks(m, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<Near> list;
    list.reserve(k + 1);
    for (std::size_t q = begin; q < end; ++q) {
      tree.query(queries + q * d, self[q], k, list);
      for (std::size_t j = 0; j < k; ++j) {
        indices[q * k + j] = list[j].second;
        distances[q * k + j] = list[j].first;
      }
    }
  });
}

}  // namespace quality
UMAPKIT_END
