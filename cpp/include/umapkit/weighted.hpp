// Negatives in proportion to a share, pushed as well: the parallel step of LargeVis and its kin.
//
// An edge sampler draws edge (i, j) in proportion to w_ij, moves both ends, then draws m negatives
// l in proportion to s_l (LargeVis: d_l^0.75; NEG-t-SNE: all alike) and moves i and l. On average
// it follows the gradient of
//
//   L = sum_ij w_ij c_a(i, j) + m sum_i d_i mean_l s_l c_r(i, l),   d_i = sum_j w_ij, mean_l s_l =
//   1
//
// (costs as in force.hpp; the factor n / (n - 1) for l = i is left out), whose push on vertex i is
//
//   m mean_l (d_i s_l + s_i d_l) f_r(i, l) = m d_i mean_l (s_l + (s_i / d_i) d_l) f_r(i, l)
//
// The step is that of sampled.hpp, negatives uniform in runs of 16 out of the shuffled copy, each
// weighted by the bracket: the expectation is exact, every vertex still writes its own place only,
// so the bits do not depend on threads. A degree of 0 draws no negatives. Tang, Liu, Zhang, Mei:
// Visualizing large-scale and high-dimensional data, WWW 2016; Damrich, Böhm, Hamprecht, Kobak:
// From t-SNE to UMAP with contrastive learning, ICLR 2023. O(edges + negatives) an epoch.
#pragma once
#include <cstdint>
#include <utility>

#include "umapkit/sampled.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

struct Shared {
  static constexpr bool kAny = true;
  const float* ratio;    // s_i / d_i of places, or of new rows
  const float* shares;   // s_l in the order of the shuffled copy, the first 16 again at the end
  const float* degrees;  // d_l likewise

  template <class At>
  UMAPKIT_INLINE F32x16 weight(std::size_t i, At at) const {
    return load(shares + at) + load(degrees + at) * splat(ratio[i]);
  }
  UMAPKIT_INLINE F32x16 share(std::size_t at) const { return load(shares + at); }
};

struct WeightedMover {
  Shared far;

  static float step(std::int64_t epoch, float begin, float end) {
    return PlainMover::step(epoch, begin, end);
  }
  void prepare(const PaddedGraph&, const SampledOptions&, std::size_t, const Epoch&, int) {}
  template <int D>
  void move(const PaddedGraph& graph, const SampledOptions& options, std::size_t dim,
            const Epoch& now, std::size_t begin, std::size_t end, Bench& bench, float* to) const {
    move_vertices<D>(graph, options, dim, now, begin, end, bench, to, far);
  }
};

UMAPKIT_END
