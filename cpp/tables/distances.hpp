// What the kernels of `distances` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct DistancesTable {
  void (*warp_rows)(const float* queries, std::size_t m, const float* table, std::size_t n,
                    std::size_t steps, std::size_t width, bool path_mean, double* costs);
  void (*nearest_bits)(int formula, const std::uint64_t* queries, std::size_t m,
                       const std::uint64_t* table, std::size_t n, std::size_t words, double d,
                       const std::int32_t* self, int k, std::int32_t* ids, float* distances,
                       int n_threads);
  void (*transport_rows)(const float* queries, std::size_t m, const float* table, std::size_t n,
                         std::size_t d, const double* cost, double* costs);
  void (*sinkhorn_rows)(const float* queries, std::size_t m, const float* table, std::size_t n,
                        std::size_t d, const double* kernel, const double* cost, std::size_t rounds,
                        double tolerance, double* costs);
};

const DistancesTable& distances_kernels();

}  // namespace umapkit
