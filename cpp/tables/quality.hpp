// What the kernels of `quality` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct QualityTable {
  using Nearest = void (*)(const float* data, std::size_t n, std::size_t d, const float* queries,
                           std::size_t m, const std::int64_t* self, std::size_t k,
                           std::int32_t* indices, double* distances, int n_threads);
  Nearest nearest_rows;
  Nearest nearest_points;
  void (*rank_rows)(const float* data, std::size_t n, std::size_t d, const float* queries,
                    std::size_t m, const std::int64_t* self, const std::int32_t* listed,
                    std::size_t k, std::int32_t* ranks, int n_threads);
  void (*listed_distances)(const float* data, std::size_t d, const float* queries, std::size_t m,
                           const std::int32_t* listed, std::size_t k, double* distances,
                           int n_threads);
  void (*silhouette_rows)(const float* points, std::size_t n, std::size_t d,
                          const std::int64_t* starts, std::size_t n_clusters,
                          const std::int64_t* queries, std::size_t m, double* out, int n_threads);
  void (*pair_repulsion)(const double* points, std::size_t n, std::size_t d, double a, double b,
                         double floor, bool after, double* sums, std::int64_t* coincident,
                         int n_threads);
  void (*distance_rows)(int far, const float* data, std::size_t n, std::size_t d,
                        const float* queries, std::size_t m, double* out, int n_threads);
};

const QualityTable& quality_kernels();

}  // namespace umapkit
