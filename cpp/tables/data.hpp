// What the kernels of `data` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct DataTable {
  // report: flat position of the first offending value or -1, count of NaN, count of infinities.
  void (*find_not_finite)(const float* x, std::size_t n, std::int64_t* report, int n_threads);
  void (*hash_rows)(const float* x, std::size_t n, std::size_t d, std::uint64_t* hashes,
                    int n_threads);
  void (*fill_table)(const float* x, std::size_t n, std::size_t d, const std::uint64_t* hashes,
                     std::int64_t* table, std::size_t capacity, std::int64_t* first);
  void (*find_rows)(const float* queries, std::size_t m, const float* x, std::size_t d,
                    const std::uint64_t* hashes, const std::int64_t* table, std::size_t capacity,
                    std::int64_t* found, int n_threads);
};

const DataTable& data_kernels();

}  // namespace umapkit
