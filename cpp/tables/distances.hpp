// What the kernels of `distances` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>

namespace umapkit {

struct DistancesTable {
  void (*warp_rows)(const float* queries, std::size_t m, const float* table, std::size_t n,
                    std::size_t steps, std::size_t width, bool path_mean, double* costs);
  void (*transport_rows)(const float* queries, std::size_t m, const float* table, std::size_t n,
                         std::size_t d, const double* cost, double* costs);
  void (*sinkhorn_rows)(const float* queries, std::size_t m, const float* table, std::size_t n,
                        std::size_t d, const double* kernel, const double* cost, std::size_t rounds,
                        double tolerance, double* costs);
};

const DistancesTable& distances_kernels();

}  // namespace umapkit
