// Weighted mean of the neighbours' places.
//
//   y_i = sum_j w_ij y_j / sum_j w_ij   over the columns j of row i
//
// w: CSR of `rows` rows; y_j: n x dim float32. Sums in double precision in the order of the
// columns, one row by one thread, so a row's place depends on its own entries only. A row whose
// weights sum to 0 gets NaN. O(nnz dim). Exact up to rounding.
#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

inline void weighted_mean(std::size_t rows, std::size_t dim, const std::int64_t* indptr,
                          const std::int32_t* indices, const float* weights, const float* embedding,
                          float* out, int n_threads) {
  for_blocks(rows, 512, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<double> total(dim);
    for (std::size_t i = begin; i < end; ++i) {
      double mass = 0.0;
      for (double& t : total) t = 0.0;
      for (std::int64_t e = indptr[i]; e < indptr[i + 1]; ++e) {
        const double w = weights[e];
        const float* place = embedding + static_cast<std::size_t>(indices[e]) * dim;
        mass += w;
        for (std::size_t c = 0; c < dim; ++c) total[c] += w * place[c];
      }
      for (std::size_t c = 0; c < dim; ++c)
        out[i * dim + c] = mass > 0.0 ? static_cast<float>(total[c] / mass)
                                      : std::numeric_limits<float>::quiet_NaN();
    }
  });
}

UMAPKIT_END
