// The repulsion of all points by Barnes and Hut's approximation, on a binary, quad or oct tree.
//
//   Z ~ sum_i sum_c w (m_c - e tr Q_c + 2 u e q) - n
//   R_i ~ sum_c w e ((m_c - u tr Q_c + 2 (a + 2) / a u e q) d - 2 u Q_c d)
//   d = y_i - y_c,   q = d . Q_c d,   u = (a + 1) / a e,   Q_c = sum_j (y_j - y_c) (y_j - y_c)^T
//
// c: cells, of m_c points with the mean y_c, taken whole where side_c < theta |y_i - y_c|, else
// opened; points of the lowest cells one by one (Barnes, Hut: A hierarchical O(N log N)
// force-calculation algorithm, Nature 1986; van der Maaten: Accelerating t-SNE using tree-based
// algorithms, JMLR 2014). w, e, a: student.hpp. Beside the masses, which is where those two stop,
// the scatter Q_c of a cell's points counts: the second term of Taylor's series about the mean (the
// first is 0), so the error falls with the cube of theta. Half as much work a cell again, for an
// error several times smaller (docs/notes/tsne.md). Where theta^2 D > 2 the series may give a cell
// that attracts, and the masses count alone.
//
// Points are sorted along Morton's curve, and sixteen consecutive ones walk the tree together: a
// cell is taken where it is small as seen from the nearest point of their bounding box, so each of
// them is at least as exact as it would be alone. A cell with more than 2^-20 of the box's side is
// never divided further, so equal points end. O(n log n); theta = 0 gives all pairs. Groups write
// their own rows.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "umapkit/grid_field.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/simd.hpp"
#include "umapkit/student.hpp"

UMAPKIT_BEGIN
namespace tsne {

template <int D>
class SpaceTree {
 public:
  SpaceTree(const Student& student, float theta)
      : student_(student), theta_(theta), second_(theta * theta * static_cast<float>(D) <= 2.0f) {}

  void build(const float* places, std::size_t n, float, int n_threads) {
    n_ = n;
    const Range range = range_of<D>(places, n, n_threads);
    float side = 0.0f;
    for (int d = 0; d < D; ++d) side = std::max(side, range.high[d] - range.low[d]);
    side = side > 0.0f ? side * 1.0001f : 1.0f;
    order_.resize(n);
    const float scale = static_cast<float>(1 << kBits) / side;
    for_blocks(n, kPointBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        std::uint64_t code = 0;
        for (int d = 0; d < D; ++d) {
          const float u = (places[i * kWidth + d] - range.low[d]) * scale;
          code |= spread_bits(static_cast<std::uint32_t>(std::min(u, 1048575.0f))) << d;
        }
        order_[i] = {code, static_cast<std::int32_t>(i)};
      }
    });
    std::sort(order_.begin(), order_.end());
    sorted_.resize((n + kLanes) * D);
    for_blocks(n, kPointBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i)
        for (int d = 0; d < D; ++d)
          sorted_[i * D + static_cast<std::size_t>(d)] =
              places[static_cast<std::size_t>(order_[i].second) * kWidth + d];
    });
    cells_.clear();
    divide(0, n, 0, side);
  }

  double forces(float* force, int n_threads) const {
    const std::size_t groups = (n_ + kLanes - 1) / kLanes;
    std::vector<double> parts(groups);
    for_blocks(groups, 16, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t g = begin; g < end; ++g) parts[g] = walk(g, force);
    });
    double z = -static_cast<double>(n_);
    for (const double part : parts) z += part;
    return z;
  }

 private:
  static constexpr std::size_t kWidth = place_width(D);
  static constexpr int kBits = 20;  // levels
  static constexpr std::size_t kLeaf = 8;

  struct Cell {
    float mean[D], mass, side;
    float scatter[D][D], trace;
    std::uint32_t begin, end;  // of the points
    std::uint32_t next;        // the cell behind this one and all within it
    bool leaf;
  };

  static std::uint64_t spread_bits(std::uint32_t x) {
    std::uint64_t code = 0;
    for (int b = 0; b < kBits; ++b) code |= static_cast<std::uint64_t>(x >> b & 1u) << (b * D);
    return code;
  }

  void divide(std::size_t begin, std::size_t end, int level, float side) {
    const std::size_t id = cells_.size();
    cells_.push_back({});
    double mean[D] = {};
    for (std::size_t i = begin; i < end; ++i)
      for (int d = 0; d < D; ++d)
        mean[d] += static_cast<double>(sorted_[i * D + static_cast<std::size_t>(d)]);
    const bool leaf = end - begin <= kLeaf || level == kBits;
    if (!leaf) {
      const int shift = (kBits - 1 - level) * D;
      for (std::size_t from = begin; from < end;) {
        const std::uint64_t child = order_[from].first >> shift;
        const auto to =
            std::partition_point(order_.begin() + static_cast<std::ptrdiff_t>(from),
                                 order_.begin() + static_cast<std::ptrdiff_t>(end),
                                 [&](const auto& item) { return item.first >> shift == child; });
        const auto stop = static_cast<std::size_t>(to - order_.begin());
        divide(from, stop, level + 1, side * 0.5f);
        from = stop;
      }
    }
    Cell& cell = cells_[id];
    const auto mass = static_cast<double>(end - begin);
    for (int d = 0; d < D; ++d) {
      mean[d] /= mass;
      cell.mean[d] = static_cast<float>(mean[d]);
    }
    double scatter[D][D] = {};
    for (std::size_t i = begin; i < end; ++i)
      for (int d = 0; d < D; ++d)
        for (int f = 0; f <= d; ++f)
          scatter[d][f] +=
              (static_cast<double>(sorted_[i * D + static_cast<std::size_t>(d)]) - mean[d]) *
              (static_cast<double>(sorted_[i * D + static_cast<std::size_t>(f)]) - mean[f]);
    cell.trace = 0.0f;
    for (int d = 0; d < D; ++d) {
      for (int f = 0; f <= d; ++f)
        cell.scatter[d][f] = cell.scatter[f][d] = static_cast<float>(scatter[d][f]);
      cell.trace += cell.scatter[d][d];
    }
    cell.mass = static_cast<float>(mass);
    cell.side = side;
    cell.begin = static_cast<std::uint32_t>(begin);
    cell.end = static_cast<std::uint32_t>(end);
    cell.next = static_cast<std::uint32_t>(cells_.size());
    cell.leaf = leaf;
  }

  double walk(std::size_t group, float* force) const {
    const std::size_t first = group * kLanes, count = std::min<std::size_t>(kLanes, n_ - first);
    F32x16 own[D], sums[D], z = splat(0.0f);
    float low[D], high[D];
    for (int d = 0; d < D; ++d) {
      float lanes[kLanes];
      for (std::size_t l = 0; l < kLanes; ++l)
        lanes[l] = sorted_[(first + std::min(l, count - 1)) * D + static_cast<std::size_t>(d)];
      low[d] = *std::min_element(lanes, lanes + kLanes);
      high[d] = *std::max_element(lanes, lanes + kLanes);
      own[d] = load(lanes);
      sums[d] = splat(0.0f);
    }
    const auto apart = [&](const float* place, F32x16* delta) {
      F32x16 s = splat(0.0f);
      for (int d = 0; d < D; ++d) {
        delta[d] = own[d] - place[d];
        s = s + delta[d] * delta[d];
      }
      return student_.closeness(s);
    };
    const auto meet = [&](const float* place) {
      F32x16 delta[D];
      const F32x16 e = apart(place, delta), w = student_.similarity(e);
      z = z + w;
      for (int d = 0; d < D; ++d) sums[d] = sums[d] + (w * e) * delta[d];
    };
    const float first_power = 1.0f + student_.inverse,
                second_power = 2.0f + 4.0f * student_.inverse;
    const auto meet_cell = [&](const Cell& cell) {
      F32x16 delta[D], turned[D], q = splat(0.0f);
      const F32x16 e = apart(cell.mean, delta), w = student_.similarity(e);
      if (!second_) {
        z = z + w * cell.mass;
        for (int d = 0; d < D; ++d) sums[d] = sums[d] + (w * e * cell.mass) * delta[d];
        return;
      }
      for (int d = 0; d < D; ++d) {
        turned[d] = splat(0.0f);
        for (int f = 0; f < D; ++f) turned[d] = turned[d] + cell.scatter[d][f] * delta[f];
        q = q + turned[d] * delta[d];
      }
      const F32x16 u = first_power * e, bent = u * e * q;
      z = z + w * (cell.mass - e * cell.trace + 2.0f * bent);
      const F32x16 along = cell.mass - u * cell.trace + second_power * bent;
      for (int d = 0; d < D; ++d)
        sums[d] = sums[d] + (w * e) * (along * delta[d] - (2.0f * u) * turned[d]);
    };
    for (std::uint32_t id = 0; id < cells_.size();) {
      const Cell& cell = cells_[id];
      float away = 0.0f;
      for (int d = 0; d < D; ++d) {
        const float gap = std::max(std::max(low[d] - cell.mean[d], cell.mean[d] - high[d]), 0.0f);
        away += gap * gap;
      }
      if (cell.side * cell.side < theta_ * theta_ * away) {
        meet_cell(cell);
        id = cell.next;
      } else if (cell.leaf) {
        for (std::size_t i = cell.begin; i < cell.end; ++i) meet(sorted_.data() + i * D);
        id = cell.next;
      } else {
        ++id;
      }
    }
    for (int d = 0; d < D; ++d) {
      float lanes[kLanes];
      store(lanes, sums[d]);
      for (std::size_t l = 0; l < count; ++l)
        force[static_cast<std::size_t>(order_[first + l].second) * kWidth + d] = lanes[l];
    }
    float lanes[kLanes];
    store(lanes, z);
    double total = 0.0;
    for (std::size_t l = 0; l < count; ++l) total += static_cast<double>(lanes[l]);
    return total;
  }

  Student student_;
  float theta_;
  bool second_;
  std::size_t n_ = 0;
  std::vector<std::pair<std::uint64_t, std::int32_t>> order_;
  std::vector<float> sorted_;
  std::vector<Cell> cells_;
};

}  // namespace tsne
UMAPKIT_END
