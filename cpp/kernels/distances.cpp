#include "tables/distances.hpp"

#include "umapkit/bits.hpp"
#include "umapkit/transport.hpp"
#include "umapkit/warp.hpp"

UMAPKIT_BEGIN

namespace {

void nearest_bits_of(int formula, const std::uint64_t* queries, std::size_t m,
                     const std::uint64_t* table, std::size_t n, std::size_t words, double d,
                     const std::int32_t* self, int k, std::int32_t* ids, float* distances,
                     int n_threads) {
  with_count_metric(formula, [&]<CountMetric M>() {
    nearest_bits<M>(queries, m, table, n, words, d, self, k, ids, distances, n_threads);
  });
}

}  // namespace

extern const DistancesTable distances_table;
const DistancesTable distances_table = {warp_rows, nearest_bits_of, transport_rows, sinkhorn_rows};

UMAPKIT_END
