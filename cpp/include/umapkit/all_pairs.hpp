// The repulsion of all pairs of points, nothing approximated.
//
//   R_i = sum_j w e (y_i - y_j),   Z = sum_{i != j} w
//
// w, e: student.hpp. Sixteen j at a time; the sums of a point run in float32 over 1,024 others at
// most, in double beyond. O(n^2 D). A point writes its own row only.
#pragma once
#include <cstddef>
#include <vector>

#include "umapkit/grid_field.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/simd.hpp"
#include "umapkit/student.hpp"

UMAPKIT_BEGIN
namespace tsne {

// The places as one array an axis, padded to whole vectors by points far away, whose similarity,
// not 0 where tails are heavy, is taken out.
template <int D>
struct Columns {
  std::size_t vectors = 0;
  std::vector<float> axis[D];
  F32x16 real;  // of the last vector: 1 where there is a point, 0 where there is none

  void read(const float* places, std::size_t n) {
    constexpr float kFar = 1e15f;
    vectors = (n + kLanes - 1) / kLanes;
    for (int d = 0; d < D; ++d) {
      axis[d].assign(vectors * kLanes, kFar);
      for (std::size_t i = 0; i < n; ++i) axis[d][i] = places[i * place_width(D) + d];
    }
    float lanes[kLanes];
    for (std::size_t l = 0; l < kLanes; ++l)
      lanes[l] = n - (vectors - 1) * kLanes > l ? 1.0f : 0.0f;
    real = load(lanes);
  }

  // The sums of one place over all points: into `force` (D), returns sum_j w.
  double sums(const Student& student, const float* place, double* force) const {
    constexpr std::size_t kBlock = 64;
    double total = 0.0;
    for (int d = 0; d < D; ++d) force[d] = 0.0;
    for (std::size_t begin = 0; begin < vectors; begin += kBlock) {
      const std::size_t end = std::min(vectors, begin + kBlock);
      F32x16 z = splat(0.0f), f[D];
      for (int d = 0; d < D; ++d) f[d] = splat(0.0f);
      for (std::size_t v = begin; v < end; ++v) {
        F32x16 delta[D], s = splat(0.0f);
        for (int d = 0; d < D; ++d) {
          delta[d] = splat(place[d]) - load(axis[d].data() + v * kLanes);
          s = s + delta[d] * delta[d];
        }
        const F32x16 e = student.closeness(s);
        F32x16 w = student.similarity(e);
        if (v + 1 == vectors) w = w * real;
        z = z + w;
        for (int d = 0; d < D; ++d) f[d] = f[d] + (w * e) * delta[d];
      }
      total += static_cast<double>(sum(z));
      for (int d = 0; d < D; ++d) force[d] += static_cast<double>(sum(f[d]));
    }
    return total;
  }
};

template <int D>
class AllPairs {
 public:
  explicit AllPairs(const Student& student) : student_(student) {}

  void build(const float* places, std::size_t n, float, int) {
    n_ = n;
    places_ = places;
    columns_.read(places, n);
  }

  double forces(float* force, int n_threads) const {
    constexpr std::size_t kWidth = place_width(D);
    std::vector<double> sums(n_);
    for_blocks(n_, 32, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        double f[D];
        sums[i] = columns_.sums(student_, places_ + i * kWidth, f) - 1.0;
        for (int d = 0; d < D; ++d) force[i * kWidth + d] = static_cast<float>(f[d]);
      }
    });
    double z = 0.0;
    for (const double s : sums) z += s;
    return z;
  }

 private:
  Student student_;
  std::size_t n_ = 0;
  const float* places_ = nullptr;
  Columns<D> columns_;
};

}  // namespace tsne
UMAPKIT_END
