#include "tables/graph.hpp"

#include "umapkit/bandwidth.hpp"
#include "umapkit/fuzzy.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/pad.hpp"
#include "umapkit/perplexity.hpp"

UMAPKIT_BEGIN

namespace {

void unite_lists(std::size_t n, const std::int64_t* begins, const std::int32_t* counts,
                 const std::int32_t* targets, const float* values, double ratio,
                 std::int64_t* indptr, std::int32_t* columns, float* united, int n_threads) {
  unite(Directed{n, begins, counts, targets, values}, ratio, indptr, columns, united, n_threads);
}

}  // namespace

extern const GraphTable graph_table;
const GraphTable graph_table = {
    &find_bandwidths, &find_memberships, &unite_lists,
    &count_padded,    &fill_padded,      &conditional_affinities,
};

UMAPKIT_END
