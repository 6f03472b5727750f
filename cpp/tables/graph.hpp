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
  void (*transpose)(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                    const float* data, std::int64_t* t_indptr, std::int32_t* t_indices,
                    float* t_data, int n_threads);
  void (*count_union)(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                      const float* data, const std::int64_t* t_indptr,
                      const std::int32_t* t_indices, const float* t_data, double ratio,
                      std::int64_t* u_indptr, int n_threads);
  void (*fill_union)(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                     const float* data, const std::int64_t* t_indptr, const std::int32_t* t_indices,
                     const float* t_data, double ratio, const std::int64_t* u_indptr,
                     std::int32_t* u_indices, float* u_data, int n_threads);
  void (*count_padded)(std::size_t n, const std::int64_t* indptr, const float* data, float top,
                       float least, std::int64_t* vectors, float* degree, int n_threads);
  void (*fill_padded)(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                      const float* data, float top, float least, const std::int64_t* vectors,
                      std::int32_t* heads, float* weights, int n_threads);
};

const GraphTable& graph_kernels();

}  // namespace umapkit
