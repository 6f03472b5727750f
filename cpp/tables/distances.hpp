// What the kernels of `distances` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>

namespace umapkit {

struct DistancesTable {
  void (*warp_rows)(const float* queries, std::size_t m, const float* table, std::size_t n,
                    std::size_t steps, std::size_t width, bool path_mean, double* costs);
};

const DistancesTable& distances_kernels();

}  // namespace umapkit
