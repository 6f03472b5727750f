#include "tables/init.hpp"

#include <algorithm>

#include "umapkit/coarsen.hpp"
#include "umapkit/components.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/islands.hpp"
#include "umapkit/normal.hpp"
#include "umapkit/place.hpp"
#include "umapkit/principal.hpp"
#include "umapkit/spectral.hpp"

UMAPKIT_BEGIN

namespace {

void smooth_graph(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                  const float* weights, std::size_t count, std::uint64_t seed, std::uint64_t epoch,
                  float* out, int n_threads) {
  smooth_island({n, indptr, indices, weights}, count, seed, epoch, nullptr, false, out, n_threads);
}

// The coarse graph into arrays of the fine one's size; gives the number of its vertices.
std::size_t coarsen(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                    const float* values, const double* roots, std::int32_t* home,
                    double* coarse_roots, std::int64_t* coarse_indptr, std::int32_t* coarse_indices,
                    float* coarse_values, int n_threads) {
  const Adjacency<float> s{n, indptr, indices, values, roots};
  CoarseGraph coarse;
  coarse.home.resize(n);
  const auto count = static_cast<std::size_t>(aggregate(s, coarse.home.data(), n_threads));
  build_coarse(s, count, coarse, n_threads);
  std::copy(coarse.home.begin(), coarse.home.end(), home);
  std::copy(coarse.roots.begin(), coarse.roots.end(), coarse_roots);
  std::copy(coarse.indptr.begin(), coarse.indptr.end(), coarse_indptr);
  std::copy(coarse.indices.begin(), coarse.indices.end(), coarse_indices);
  std::copy(coarse.values.begin(), coarse.values.end(), coarse_values);
  return count;
}

}  // namespace

extern const InitTable init_table;
const InitTable init_table = {
    &normalise<float>,   &filter_step<float>,  &inner_products<float, float>,
    &project_out<float>, &fill_uniform<float>, &solve_ritz,
    &smooth_graph,       &smooth_islands,      &coarsen,
    &find_components,    &weighted_mean,       &fill_normal,
    &column_sums,        &label_sums,          &whole_axes,
    &iterated_axes,      &axis_scores,
};

UMAPKIT_END
