// Sparse rows as the kernels see them: plain pointers, the same for every instruction set.
//
// Row i holds the values[indptr[i] .. indptr[i + 1]) at the columns indices[...], which ascend
// strictly; no value is 0. Every coordinate of row i is meant to be shifts[i] larger (null: 0):
// that is how a centred row stays sparse. `sums` are two numbers a row, first all n of the one
// kind, then all n of the other (sparse_distance.hpp, row_sums).
//
// Postings are the same table by columns: column names[c] holds values[starts[c] ..
// starts[c + 1]) in the rows[...], ascending. Columns without entries are left out, so that the
// number of columns d costs nothing.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct CsrRows {
  std::size_t n, d;
  const std::int64_t* indptr;
  const std::int32_t* indices;
  const float* values;
  const double* shifts;
  const double* sums;
};

struct Postings {
  std::size_t columns;
  const std::int32_t* names;
  const std::int64_t* starts;
  const std::int32_t* rows;
  const float* values;
};

// Which distance: a kind of sum (SparseMetric), for counts a formula of them (CountMetric), for
// minkowski its order; the distance is `scale` times the sum, or its square root.
struct Measure {
  int metric, formula;
  bool root;
  double scale, order;
};

}  // namespace umapkit
