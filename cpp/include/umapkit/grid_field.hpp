// The repulsion of all points of a map through a grid.
//
//   phi(y) = sum_j w(|y - y_j|^2),   R_i = -1/2 grad phi(y_i) = sum_j w e (y_i - y_j),
//   Z = sum_i phi(y_i) - n
//
// w, e: the similarity of two places (student.hpp). Repulsion is the gradient of one potential, so
// one charge a point and one convolution do, where the products of the kernel's square with 1, y
// and |y|^2 take row (Linderman, Rachh, Hoskins, Steinerberger, Kluger: Fast interpolation-based
// t-SNE, Nature Methods 2019). The potential is interpolated by quintic B-splines b on nodes h
// apart,
//
//   w(|x - y|^2) ~ sum_gh b(x/h - g) K(|g - h|) b(y/h - h),   hat K = hat w / prod_d beta_d^2,
//   beta_d = (33 + 26 cos theta_d + cos 2 theta_d) / 60
//
// exact where x and y are nodes, with a continuous gradient between them: the forces are the
// gradient of the approximate cost. beta is the transform of b at the nodes (Essmann et al.: A
// smooth particle mesh Ewald method, J. Chem. Phys. 1995, deconvolve likewise).
//
// Approximated: nodes are `spacing` apart, or closer where the map is small (its longer side then
// has 48 to 96 of them), or farther where it has more than kMostNodes; the error falls with the
// fifth power of h (docs/notes/tsne.md). While the map is small 1 is taken off the kernel, which is
// close to it everywhere: what is left is of the size of the differences that make the force.
//
// Points are sorted by the first axis' cells; slabs of rows are filled by one thread each, first
// the even, then the odd ones, because a point reaches five rows beyond its own. Within a slab
// points come by row and number: the order of every sum is fixed. O(n 6^D + N log N) for N padded
// nodes; memory: 4 (D + 2) bytes a point, and about 16 bytes a padded node.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "umapkit/convolve.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/simd.hpp"
#include "umapkit/student.hpp"

UMAPKIT_BEGIN
namespace tsne {

constexpr std::size_t kPointBlock = 2048;

// Places lie in rows of this many floats: two axes in one load of 8 bytes, three in one of 16.
UMAPKIT_INLINE constexpr std::size_t place_width(int dim) { return dim == 3 ? 4 : dim; }

// Lowest and highest coordinate of an axis.
struct Range {
  float low[3], high[3];
};

template <int D>
Range range_of(const float* places, std::size_t n, int n_threads) {
  constexpr std::size_t kWidth = place_width(D);
  std::vector<Range> parts((n + kPointBlock - 1) / kPointBlock);
  for_blocks(n, kPointBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    Range range;
    for (int d = 0; d < D; ++d) range.low[d] = range.high[d] = places[begin * kWidth + d];
    for (std::size_t i = begin; i < end; ++i)
      for (int d = 0; d < D; ++d) {
        range.low[d] = std::min(range.low[d], places[i * kWidth + d]);
        range.high[d] = std::max(range.high[d], places[i * kWidth + d]);
      }
    parts[begin / kPointBlock] = range;
  });
  Range whole = parts[0];
  for (const Range& part : parts)
    for (int d = 0; d < D; ++d) {
      whole.low[d] = std::min(whole.low[d], part.low[d]);
      whole.high[d] = std::max(whole.high[d], part.high[d]);
    }
  return whole;
}

// Weights of the six nodes around a place, and their derivatives by the place; the last two lanes
// are 0.
using F32x8 = Pack<float, 8>;

struct Spline {
  static constexpr std::size_t kNodes = 6;  // that a place meets on an axis
  static constexpr std::size_t kReach = 8;  // that are read

  UMAPKIT_INLINE static F32x8 values(float t) { return polynomial(kValues, 6, t); }
  UMAPKIT_INLINE static F32x8 slopes(float t) { return polynomial(kSlopes, 5, t); }
  // Transform of the spline at the nodes.
  static double spectrum(double turn) {
    return (66.0 + 52.0 * plain_turn(2.0 * kPi * turn).cosine +
            2.0 * plain_turn(4.0 * kPi * turn).cosine) /
           120.0;
  }

 private:
  // Coefficients by power of t, for each node.
  static constexpr float kValues[6][8] = {
      {1.0f / 120, 26.0f / 120, 66.0f / 120, 26.0f / 120, 1.0f / 120, 0, 0, 0},
      {-5.0f / 120, -50.0f / 120, 0, 50.0f / 120, 5.0f / 120, 0, 0, 0},
      {10.0f / 120, 20.0f / 120, -60.0f / 120, 20.0f / 120, 10.0f / 120, 0, 0, 0},
      {-10.0f / 120, 20.0f / 120, 0, -20.0f / 120, 10.0f / 120, 0, 0, 0},
      {5.0f / 120, -20.0f / 120, 30.0f / 120, -20.0f / 120, 5.0f / 120, 0, 0, 0},
      {-1.0f / 120, 5.0f / 120, -10.0f / 120, 10.0f / 120, -5.0f / 120, 1.0f / 120, 0, 0}};
  static constexpr float kSlopes[5][8] = {
      {-5.0f / 120, -50.0f / 120, 0, 50.0f / 120, 5.0f / 120, 0, 0, 0},
      {20.0f / 120, 40.0f / 120, -120.0f / 120, 40.0f / 120, 20.0f / 120, 0, 0, 0},
      {-30.0f / 120, 60.0f / 120, 0, -60.0f / 120, 30.0f / 120, 0, 0, 0},
      {20.0f / 120, -80.0f / 120, 120.0f / 120, -80.0f / 120, 20.0f / 120, 0, 0, 0},
      {-5.0f / 120, 25.0f / 120, -50.0f / 120, 50.0f / 120, -25.0f / 120, 5.0f / 120, 0, 0}};

  UMAPKIT_INLINE static F32x8 polynomial(const float (*powers)[8], int count, float t) {
    F32x8 v = load_pack<float, 8>(powers[count - 1]);
    for (int k = count - 2; k >= 0; --k) v = v * t + load_pack<float, 8>(powers[k]);
    return v;
  }
};

UMAPKIT_INLINE float sum8(const F32x8& v) {
  float lanes[8];
  store(lanes, v);
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) +
         ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

UMAPKIT_INLINE F32x8 load8(const float* p) { return load_pack<float, 8>(p); }

template <int D>
class GridField {
 public:
  static constexpr std::size_t kMostNodes = D == 1 ? 1u << 20 : D == 2 ? 3000 : 128;
  static constexpr float kFewest =
      D == 3 ? 20.0f : 48.0f;              // cells along the longer side of a small map
  static constexpr std::size_t kSlab = 8;  // rows of cells; more than a point reaches

  // A finished potential as plain numbers, so that it can be kept elsewhere.
  struct Parts {
    fourier::Shape nodes;
    float low[3], spacing, shift;
    const float* numbers;
  };

  GridField(const Student& student, float spacing) : student_(student), spacing_(spacing) {}

  explicit GridField(const Parts& parts)
      : student_(1.0f), spacing_(parts.spacing), nodes_(parts.nodes), numbers_(parts.numbers) {
    for (int d = 0; d < D; ++d) low_[d] = parts.low[d];
    h_ = parts.spacing;
    inverse_ = 1.0f / h_;
    shift_ = parts.shift;
  }

  Parts parts() const {
    Parts all{nodes_, {}, h_, shift_, grid_.data()};
    for (int d = 0; d < D; ++d) all.low[d] = low_[d];
    return all;
  }

  // Makes the potential of n places; `margin` is room around them where it is known, too.
  void build(const float* places, std::size_t n, float margin, int n_threads) {
    n_ = n;
    choose_box(range_of<D>(places, n, n_threads), margin, n_threads);
    sort(places, n_threads);
    spread(n_threads);
    convolution_->run(grid_.data(), grid_.data(), n_threads);
    numbers_ = grid_.data();
  }

  // Repulsion of every point on itself and the others, in rows of place_width; returns Z.
  double forces(float* force, int n_threads) const {
    constexpr std::size_t kWidth = place_width(D);
    std::vector<double> parts((n_ + kPointBlock - 1) / kPointBlock);
    for_blocks(n_, kPointBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
      double total = 0.0;
      for (std::size_t i = begin; i < end; ++i) {
        float gradient[D];
        total += static_cast<double>(at(sorted_.data() + i * D, gradient));
        float* out = force + static_cast<std::size_t>(ids_[i]) * kWidth;
        for (int d = 0; d < D; ++d) out[d] = -0.5f * gradient[d];
      }
      parts[begin / kPointBlock] = total;
    });
    double z = 0.0;
    for (const double part : parts) z += part;
    const auto n = static_cast<double>(n_);
    return z + n * (static_cast<double>(shift_) * n - 1.0);
  }

  // The potential (without shift() for every point) and its gradient at a place inside the box.
  UMAPKIT_INLINE float at(const float* place, float* gradient) const {
    std::size_t cell[D];
    F32x8 value[D], slope[D];
    float values[D][8], slopes[D][8];
    for (int d = 0; d < D; ++d) {
      const float u = (place[d] - low_[d]) * inverse_;
      cell[d] = cell_of(u, d);
      const float t = u - static_cast<float>(cell[d]);
      value[d] = Spline::values(t);
      slope[d] = Spline::slopes(t);
      store(values[d], value[d]);
      store(slopes[d], slope[d]);
    }
    if constexpr (D == 1) {
      const F32x8 row = load8(numbers_ + cell[0]);
      gradient[0] = sum8(row * slope[0]) * inverse_;
      return sum8(row * value[0]);
    } else if constexpr (D == 2) {
      F32x8 along, across;
      plane(numbers_, cell[0], cell[1], values[0], slopes[0], along, across);
      gradient[0] = sum8(across * value[1]) * inverse_;
      gradient[1] = sum8(along * slope[1]) * inverse_;
      return sum8(along * value[1]);
    } else {
      const std::size_t size = nodes_[1] * nodes_[2];
      const F32x8 zero = splat_pack<float, 8>(0.0f);
      F32x8 along = zero, across = zero, deep = zero;
      for (std::size_t r = 0; r < Spline::kNodes; ++r) {
        F32x8 a, b;
        plane(numbers_ + (cell[0] + r) * size, cell[1], cell[2], values[1], slopes[1], a, b);
        along = along + a * values[0][r];
        across = across + b * values[0][r];
        deep = deep + a * slopes[0][r];
      }
      gradient[0] = sum8(deep * value[2]) * inverse_;
      gradient[1] = sum8(across * value[2]) * inverse_;
      gradient[2] = sum8(along * slope[2]) * inverse_;
      return sum8(along * value[2]);
    }
  }

  bool inside(const float* place) const {
    for (int d = 0; d < D; ++d) {
      const float u = (place[d] - low_[d]) * inverse_;
      if (!(u >= 0.0f && u < static_cast<float>(nodes_[axis(d)] - Spline::kReach + 1)))
        return false;
    }
    return true;
  }

  float shift() const { return shift_; }
  float spacing() const { return h_; }
  std::size_t size() const { return grid_.size(); }

 private:
  // Axis d of the map is this one of the grid, whose last axis is always used.
  static constexpr std::size_t axis(int d) {
    return D == 1 ? 2 : D == 2 ? 2 * static_cast<std::size_t>(d) : static_cast<std::size_t>(d);
  }

  UMAPKIT_INLINE std::size_t cell_of(float u, int d) const {
    const auto last = static_cast<std::int32_t>(nodes_[axis(d)] - Spline::kReach);
    return static_cast<std::size_t>(std::clamp(static_cast<std::int32_t>(u), 0, last));
  }

  // Six rows of a plane, weighted: by value along it and by slope across it.
  UMAPKIT_INLINE void plane(const float* first, std::size_t line, std::size_t column,
                            const float* value, const float* slope, F32x8& along,
                            F32x8& across) const {
    const float* p = first + line * nodes_[2] + column;
    along = across = splat_pack<float, 8>(0.0f);
    for (std::size_t r = 0; r < Spline::kNodes; ++r, p += nodes_[2]) {
      const F32x8 row = load8(p);
      along = along + row * value[r];
      across = across + row * slope[r];
    }
  }

  void choose_box(const Range& range, float margin, int n_threads) {
    float longest = 0.0f;
    for (int d = 0; d < D; ++d) longest = std::max(longest, range.high[d] - range.low[d]);
    longest += 2.0f * margin;
    float h = spacing_;
    while (longest > 0.0f && longest < kFewest * h && h > 1e-30f) h *= 0.5f;
    const auto most = static_cast<float>(kMostNodes - Spline::kReach);
    while (longest > most * h) h *= 1.25f;
    fourier::Shape nodes{1, 1, 1};
    double reach = 0.0;
    for (int d = 0; d < D; ++d) {
      const float side = range.high[d] - range.low[d] + 2.0f * margin;
      const auto cells = static_cast<std::size_t>(side / h) + 1 + Spline::kReach;
      // In steps of a twentieth or so, lest the kernel be transformed anew whenever the map grows.
      std::size_t unit = 1;
      while (unit * 32 < cells) unit *= 2;
      nodes[axis(d)] = fourier::Convolution::padded((cells + unit - 1) / unit * unit) / 2;
      low_[d] = range.low[d] - margin;
      reach += static_cast<double>(side) * side;
    }
    inverse_ = 1.0f / h;
    const float shift = reach < 1.0 ? 1.0f : 0.0f;
    if (convolution_ && nodes == nodes_ && h == h_ && shift == shift_) return;
    nodes_ = nodes;
    h_ = h;
    shift_ = shift;
    convolution_ = std::make_unique<fourier::Convolution>(nodes);
    grid_.assign(nodes[0] * nodes[1] * nodes[2], 0.0f);
    const double size = static_cast<double>(h) * h, inverse = 1.0 / student_.a;
    convolution_->prepare(
        [&](std::size_t i, std::size_t j, std::size_t l) {
          const auto s = size * static_cast<double>(i * i + j * j + l * l) * inverse;
          if (student_.plain)
            return static_cast<float>(shift > 0.0f ? -s / (1.0 + s) : 1.0 / (1.0 + s));
          // Beyond float32's resolution of 1 + s the difference to 1 is its first term.
          const auto w = student_.similarity(splat(static_cast<float>(1.0 / (1.0 + s))))[0];
          if (shift <= 0.0f) return w;
          return s < 1e-3
                     ? static_cast<float>(-student_.a * s * (1.0 - 0.5 * (student_.a + 1.0) * s))
                     : w - 1.0f;
        },
        [](double turn) { return beta_squared(turn); }, n_threads);
  }

  // The spline is met twice: where a point spreads its charge, and where it reads the potential.
  static double beta_squared(double turn) {
    const double beta = Spline::spectrum(turn);
    return beta * beta;
  }

  // Points by the row of their cell on the first axis, within it by number.
  void sort(const float* places, int n_threads) {
    constexpr std::size_t kWidth = place_width(D);
    const std::size_t rows = nodes_[axis(0)];
    const std::size_t blocks = (n_ + kPointBlock - 1) / kPointBlock;
    sorted_.resize(n_ * D);
    ids_.resize(n_);
    starts_.assign(blocks * rows, 0);
    const auto row_of = [&](std::size_t i) {
      return cell_of((places[i * kWidth] - low_[0]) * inverse_, 0);
    };
    for_blocks(n_, kPointBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
      std::uint32_t* counts = starts_.data() + begin / kPointBlock * rows;
      for (std::size_t i = begin; i < end; ++i) ++counts[row_of(i)];
    });
    row_begins_.assign(rows + 1, 0);
    std::uint32_t at = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      row_begins_[r] = at;
      for (std::size_t b = 0; b < blocks; ++b) {
        const std::uint32_t count = starts_[b * rows + r];
        starts_[b * rows + r] = at;
        at += count;
      }
    }
    row_begins_[rows] = at;
    for_blocks(n_, kPointBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
      std::uint32_t* next = starts_.data() + begin / kPointBlock * rows;
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t to = next[row_of(i)]++;
        for (int d = 0; d < D; ++d)
          sorted_[to * D + static_cast<std::size_t>(d)] = places[i * kWidth + d];
        ids_[to] = static_cast<std::int32_t>(i);
      }
    });
  }

  void spread(int n_threads) {
    const std::size_t rows = nodes_[axis(0)];
    const std::size_t size = D == 1 ? 1 : nodes_[1] * nodes_[2];  // numbers of a row
    const std::size_t slabs = (rows + kSlab - 1) / kSlab;
    for_blocks(rows, 32, n_threads, [&](std::size_t begin, std::size_t end, int) {
      std::fill(grid_.begin() + static_cast<std::ptrdiff_t>(begin * size),
                grid_.begin() + static_cast<std::ptrdiff_t>(end * size), 0.0f);
    });
    for (std::size_t odd = 0; odd < 2; ++odd)
      for_blocks((slabs + 1 - odd) / 2, 1, n_threads, [&](std::size_t half, std::size_t, int) {
        const std::size_t slab = 2 * half + odd;
        const std::size_t end = row_begins_[std::min(rows, (slab + 1) * kSlab)];
        for (std::size_t i = row_begins_[slab * kSlab]; i < end; ++i) add(sorted_.data() + i * D);
      });
  }

  UMAPKIT_INLINE void add(const float* place) {
    std::size_t cell[D];
    F32x8 value[D];
    float values[D][8];
    for (int d = 0; d < D; ++d) {
      const float u = (place[d] - low_[d]) * inverse_;
      cell[d] = cell_of(u, d);
      value[d] = Spline::values(u - static_cast<float>(cell[d]));
      store(values[d], value[d]);
    }
    const auto add_row = [&](float* p, const F32x8& weights) { store(p, load8(p) + weights); };
    if constexpr (D == 1) {
      add_row(grid_.data() + cell[0], value[0]);
    } else if constexpr (D == 2) {
      float* p = grid_.data() + cell[0] * nodes_[2] + cell[1];
      for (std::size_t r = 0; r < Spline::kNodes; ++r, p += nodes_[2])
        add_row(p, value[1] * values[0][r]);
    } else {
      for (std::size_t q = 0; q < Spline::kNodes; ++q) {
        float* p = grid_.data() + ((cell[0] + q) * nodes_[1] + cell[1]) * nodes_[2] + cell[2];
        for (std::size_t r = 0; r < Spline::kNodes; ++r, p += nodes_[2])
          add_row(p, value[2] * (values[0][q] * values[1][r]));
      }
    }
  }

  Student student_;
  float spacing_;
  std::size_t n_ = 0;
  fourier::Shape nodes_{1, 1, 1};
  float low_[D] = {}, inverse_ = 1.0f, h_ = 0.0f, shift_ = 0.0f;
  std::unique_ptr<fourier::Convolution> convolution_;
  std::vector<float> grid_, sorted_;
  const float* numbers_ = nullptr;
  std::vector<std::int32_t> ids_;
  std::vector<std::uint32_t> starts_, row_begins_;
};

}  // namespace tsne
UMAPKIT_END
