// The graph as the layout of t-SNE reads it, and the places of its edges' ends.
#pragma once
#include <cstddef>
#include <cstdint>

#include "umapkit/grid_field.hpp"
#include "umapkit/simd.hpp"
#include "umapkit/student.hpp"

UMAPKIT_BEGIN
namespace tsne {

// Rows padded to whole vectors, as in sampled.hpp; weights are p.
struct Affinities {
  std::size_t n;
  const std::int64_t* vectors;
  const std::int32_t* heads;
  const float* weights;
  const std::int32_t* vertices;  // place i of this table is vertex vertices[i]
};

// Places of sixteen points, one vector an axis.
template <int D>
UMAPKIT_INLINE void gather(const float* places, const std::int32_t* ids, F32x16* out) {
  if constexpr (D == 3) {
    F32x16 four[4];
    turned_rows(places, 4, ids, four);
    for (int d = 0; d < 3; ++d) out[d] = four[d];
  } else if constexpr (D == 2) {
    turned_pairs(places, ids, out[0], out[1]);
  } else {
    out[0] = pick<float, kLanes>([&](int l) { return places[ids[l]]; });
  }
}

}  // namespace tsne
UMAPKIT_END
