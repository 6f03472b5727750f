// A graph as the layout reads it: rows padded to whole vectors of sixteen edges.
//
//   w_ij = p_ij / max p,  edges with w_ij < least left out,  d_i = sum_j w_ij
//
// p: CSR with sorted columns, n rows. Rows are written in any order: place i holds vertex
// vertices[i], and places is the inverse; heads are places. Place i owns the vectors
// v_i .. v_(i+1) - 1; the padding points at i itself with weight 0. Every row is counted, then
// written, by one thread; d_i is summed in double in the order of the columns. O(nnz) time, no
// memory beside the result.
#pragma once
#include <cstddef>
#include <cstdint>

#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kPadBlock = 2048;

// Fills vectors (n + 1) and degree (n).
inline void count_padded(std::size_t n, const std::int64_t* indptr, const float* data, float top,
                         float least, const std::int32_t* vertices, std::int64_t* vectors,
                         float* degree, int n_threads) {
  for_blocks(n, kPadBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      std::int64_t count = 0;
      double total = 0.0;
      const std::int32_t v = vertices[i];
      for (std::int64_t e = indptr[v]; e < indptr[v + 1]; ++e) {
        const float w = data[e] / top;
        if (!(w >= least)) continue;
        ++count;
        total += static_cast<double>(w);
      }
      vectors[i + 1] = (count + kLanes - 1) / kLanes;
      degree[i] = static_cast<float>(total);
    }
  });
  vectors[0] = 0;
  for (std::size_t i = 0; i < n; ++i) vectors[i + 1] += vectors[i];
}

// Fills heads and weights (16 vectors[n]).
inline void fill_padded(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                        const float* data, float top, float least, const std::int32_t* vertices,
                        const std::int32_t* places, const std::int64_t* vectors,
                        std::int32_t* heads, float* weights, int n_threads) {
  for_blocks(n, kPadBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      std::int64_t at = vectors[i] * kLanes;
      const std::int32_t v = vertices[i];
      for (std::int64_t e = indptr[v]; e < indptr[v + 1]; ++e) {
        const float w = data[e] / top;
        if (!(w >= least)) continue;
        heads[at] = places[indices[e]];
        weights[at++] = w;
      }
      for (const std::int64_t stop = vectors[i + 1] * kLanes; at < stop; ++at) {
        heads[at] = static_cast<std::int32_t>(i);
        weights[at] = 0.0f;
      }
    }
  });
}

UMAPKIT_END
