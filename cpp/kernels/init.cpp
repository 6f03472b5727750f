#include "tables/init.hpp"

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

std::int32_t aggregate_graph(std::size_t n, const std::int64_t* indptr, const std::int32_t* indices,
                             const float* values, std::int32_t* home, int n_threads) {
  return aggregate({n, indptr, indices, values, nullptr}, home, n_threads);
}

}  // namespace

extern const InitTable init_table;
const InitTable init_table = {
    &normalise<float>,   &filter_step<float>,  &inner_products<float, float>,
    &project_out<float>, &fill_uniform<float>, &solve_ritz,
    &smooth_graph,       &smooth_islands,      &aggregate_graph,
    &find_components,    &weighted_mean,       &fill_normal,
    &column_sums,        &label_sums,          &whole_axes,
    &iterated_axes,      &axis_scores,
};

UMAPKIT_END
