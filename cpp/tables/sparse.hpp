// What the kernels for sparse rows offer to the bindings: one table for every instruction set.
// Shapes and meanings stand with the kernels (cpp/include/umapkit/sparse_*.hpp).
#pragma once
#include <cstddef>
#include <cstdint>

#include "tables/sparse_rows.hpp"

namespace umapkit {

struct SparseTable {
  void (*hash_rows)(const CsrRows& x, std::uint64_t* hashes, int n_threads);
  void (*fill_table)(const CsrRows& x, const std::uint64_t* hashes, std::int64_t* table,
                     std::size_t capacity, std::int64_t* first);
  void (*find_rows)(const CsrRows& queries, const CsrRows& x, const std::uint64_t* hashes,
                    const std::int64_t* table, std::size_t capacity, std::int64_t* found,
                    int n_threads);
  void (*row_sums)(int metric, double order, const CsrRows& rows, double* out, int n_threads);
  void (*nearest)(const Measure& how, const CsrRows& queries, const CsrRows& table,
                  const Postings& postings, const std::int32_t* self, int k, std::int32_t* ids,
                  float* distances, int n_threads);
  void (*rank)(const Measure& how, const CsrRows& rows, const std::int32_t* order,
               const std::uint32_t* candidates, int width, int k, float* keys, std::uint32_t* ids,
               int n_threads);
  int (*descend)(const Measure& how, const CsrRows& rows, int k, int reach, int first, int rounds,
                 std::size_t enough, std::uint64_t seed, float* keys, std::uint32_t* ids,
                 int n_threads);
  void (*scores)(const CsrRows& rows, const Postings& columns, const double* means, std::size_t p,
                 int iterations, float* axes, float* scores, int n_threads);
};

const SparseTable& sparse_kernels();

}  // namespace umapkit
