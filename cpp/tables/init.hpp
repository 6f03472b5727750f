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
  void (*rotate)(std::size_t n, std::size_t m, const float* x, const double* c, float* y,
                 int n_threads);
  void (*fill_uniform)(std::size_t n, std::size_t m, std::uint64_t seed, std::uint64_t epoch,
                       float* x, int n_threads);
  std::int32_t (*find_components)(std::size_t n, const std::int64_t* indptr,
                                  const std::int32_t* indices, std::int32_t* labels);
  void (*weighted_mean)(std::size_t rows, std::size_t dim, const std::int64_t* indptr,
                        const std::int32_t* indices, const float* weights, const float* embedding,
                        float* out, int n_threads);
};

const InitTable& init_kernels();

}  // namespace umapkit
