#include "tables/sparse.hpp"

#include "umapkit/isa.hpp"
#include "umapkit/sparse_axes.hpp"
#include "umapkit/sparse_descent.hpp"
#include "umapkit/sparse_distance.hpp"
#include "umapkit/sparse_exact.hpp"
#include "umapkit/sparse_hash.hpp"

UMAPKIT_BEGIN

namespace {

void row_sums_of(int metric, double order, const CsrRows& rows, double* out, int n_threads) {
  with_sparse_metric(metric, [&]<SparseMetric M>() { row_sums<M>(rows, order, out, n_threads); });
}

void nearest_of(const Measure& how, const CsrRows& queries, const CsrRows& table,
                const Postings& postings, const std::int32_t* self, int k, std::int32_t* ids,
                float* distances, int n_threads) {
  with_sparse_metric(how.metric, [&]<SparseMetric M>() {
    sparse_nearest<M>(how, queries, table, postings, self, k, ids, distances, n_threads);
  });
}

void rank_of(const Measure& how, const CsrRows& rows, const std::int32_t* order,
             const std::uint32_t* candidates, int width, int k, float* keys, std::uint32_t* ids,
             int n_threads) {
  with_sparse_metric(how.metric, [&]<SparseMetric M>() {
    sparse_rank<M>(how, rows, order, candidates, width, Lists{keys, ids, k}, n_threads);
  });
}

int descend_of(const Measure& how, const CsrRows& rows, int k, int reach, int first, int rounds,
               std::size_t enough, std::uint64_t seed, float* keys, std::uint32_t* ids,
               int n_threads) {
  int done = 0;
  with_sparse_metric(how.metric, [&]<SparseMetric M>() {
    done = sparse_descend<M>(how, rows, Lists{keys, ids, k}, reach, first, rounds, enough, seed,
                             n_threads);
  });
  return done;
}

}  // namespace

extern const SparseTable sparse_table;
const SparseTable sparse_table = {
    sparse_hash_rows, sparse_fill_table, sparse_find_rows, row_sums_of,
    nearest_of,       rank_of,           descend_of,       sparse_scores,
};

UMAPKIT_END
