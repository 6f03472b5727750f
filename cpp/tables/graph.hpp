// What the kernels of `graph` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct GraphTable {
  double (*find_bandwidths)(const float* distances, std::size_t n, std::size_t k, std::size_t first,
                            double connectivity, double target, double mean_distance, float* sigmas,
                            float* rhos, int n_threads);
  void (*find_memberships)(const std::int32_t* indices, const float* distances, const float* sigmas,
                           const float* rhos, std::size_t n, std::size_t k, bool bipartite,
                           std::int32_t* targets, float* values, std::int32_t* counts,
                           int n_threads);
  void (*unite)(std::size_t n, const std::int64_t* begins, const std::int32_t* counts,
                const std::int32_t* targets, const float* values, double ratio,
                std::int64_t* indptr, std::int32_t* columns, float* united, int n_threads);
  void (*count_padded)(std::size_t n, const std::int64_t* indptr, const float* data, float top,
                       float least, const std::int32_t* vertices, std::int64_t* vectors,
                       float* degree, int n_threads);
  void (*fill_padded)(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                      const float* data, float top, float least, const std::int32_t* vertices,
                      const std::int32_t* places, const std::int64_t* vectors, std::int32_t* heads,
                      float* weights, int n_threads);
  void (*conditional_affinities)(const std::int32_t* indices, const float* distances, std::size_t n,
                                 std::size_t k, bool own, const double* log_perplexities,
                                 std::size_t scales, std::int32_t* targets, float* values,
                                 std::int32_t* counts, int n_threads);
};

const GraphTable& graph_kernels();

}  // namespace umapkit
