// What the kernels of `init` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct InitTable {
  void (*normalise)(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                    const float* weights, double* roots, float* values, int n_threads);
  void (*filter_step)(std::size_t n, std::size_t m, const std::int64_t* indptr,
                      const std::int32_t* indices, const float* values, const float* x,
                      const float* z, float* y, float alpha, float beta, float gamma,
                      int n_threads);
  void (*inner_products)(std::size_t n, std::size_t a, std::size_t b, const float* x,
                         const float* y, double* out, int n_threads);
  void (*project_out)(std::size_t n, std::size_t m, float* x, const double* v, int n_threads);
  void (*fill_uniform)(std::size_t n, std::size_t m, std::uint64_t seed, std::uint64_t epoch,
                       float* x, int n_threads);
  std::size_t (*solve_ritz)(std::size_t m, const double* sums, double* turn, double* theta,
                            double* residuals);
  void (*smooth_graph)(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                       const float* weights, std::size_t count, std::uint64_t seed,
                       std::uint64_t epoch, float* out, int n_threads);
  void (*smooth_islands)(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                         const float* weights, const std::int32_t* labels, std::size_t islands,
                         std::size_t tiny, std::size_t count, std::uint64_t seed,
                         std::uint64_t epoch, float* out, int n_threads);
  std::size_t (*coarsen)(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                         const float* values, const double* roots, std::int32_t* home,
                         double* coarse_roots, std::int64_t* coarse_indptr,
                         std::int32_t* coarse_indices, float* coarse_values, int n_threads);
  std::int32_t (*find_components)(std::size_t n, const std::int64_t* indptr,
                                  const std::int32_t* indices, std::int32_t* labels);
  void (*weighted_mean)(std::size_t rows, std::size_t dim, const std::int64_t* indptr,
                        const std::int32_t* indices, const float* weights, const float* embedding,
                        float* out, int n_threads);
  void (*fill_normal)(std::size_t n, std::size_t d, std::uint64_t seed, std::uint64_t epoch,
                      const std::int64_t* vertices, double* out, int n_threads);
  void (*column_sums)(const float* rows, std::size_t n, std::size_t d, double* out, int n_threads);
  void (*label_sums)(const float* rows, std::size_t n, std::size_t d, const std::int32_t* labels,
                     std::size_t count, double* out);
  void (*whole_axes)(const float* rows, std::size_t n, std::size_t d, const float* mean,
                     double* axes, double* variances, int n_threads);
  void (*iterated_axes)(const float* rows, std::size_t n, std::size_t d, const float* mean,
                        std::size_t p, int iterations, float* axes, double* variances,
                        int n_threads);
  void (*axis_scores)(const float* rows, std::size_t n, std::size_t d, const float* mean,
                      const float* axes, std::size_t p, std::size_t count, float* out,
                      int n_threads);
};

const InitTable& init_kernels();

}  // namespace umapkit
