#include "tables/neighbors.hpp"

#include <algorithm>
#include <stdexcept>

#include "umapkit/bounded.hpp"
#include "umapkit/descent.hpp"
#include "umapkit/distance.hpp"
#include "umapkit/exact.hpp"
#include "umapkit/explore.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/project.hpp"
#include "umapkit/rerank.hpp"
#include "umapkit/search.hpp"
#include "umapkit/tree.hpp"

UMAPKIT_BEGIN

namespace {

void row_squares_of(const float* rows, std::size_t n, std::size_t d, float* out, int n_threads) {
  for_blocks(n, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i)
      out[i] = -row_key<Metric::dot>(rows + i * d, rows + i * d, d);
  });
}

void nearest_of(int metric, const float* queries, std::size_t m, const float* table, std::size_t n,
                std::size_t d, const std::int32_t* self, int k, bool root, float scale,
                const float* offsets, const float* query_heights, const float* table_heights,
                std::int32_t* ids, float* distances, int n_threads) {
  with_metric(metric, [&]<Metric M>() {
    nearest<M>(queries, m, table, n, d, self, k, Finish{root, scale, offsets},
               Heights{query_heights, table_heights}, ids, distances, n_threads);
  });
}

std::size_t nearest_bounded_of(const float* queries, const float* query_bounds,
                               const float* query_squares, std::size_t m, const float* table,
                               const float* table_bounds, const float* table_squares, std::size_t n,
                               std::size_t d, std::size_t p, const std::int32_t* self, int k,
                               bool root, float scale, std::int32_t* ids, float* distances,
                               int n_threads) {
  return nearest_bounded(queries, {query_bounds, query_squares}, m, table,
                         {table_bounds, table_squares}, n, d, p, self, k,
                         Finish{root, scale, nullptr}, ids, distances, n_threads);
}

// Approximate search is offered for the metrics in which the neighbours of neighbours are near.
template <class F>
void with_descent_metric(int metric, F&& f) {
  switch (static_cast<Metric>(metric)) {
    case Metric::square: f.template operator()<Metric::square>(); break;
    case Metric::manhattan: f.template operator()<Metric::manhattan>(); break;
    case Metric::dot: f.template operator()<Metric::dot>(); break;  // narrow rows, with heights
    default: throw std::invalid_argument("no descent for this metric");
  }
}

int descend_of(int metric, const float* rows, const float* heights, std::size_t n, std::size_t p,
               const std::int32_t* members, int n_trees, int depth, int k, int reach, int first,
               int rounds, std::size_t enough, std::uint64_t seed, float* keys, std::uint32_t* ids,
               int n_threads) {
  int done = 0;
  with_descent_metric(metric, [&]<Metric M>() {
    const Table table{rows, heights, n, p};
    const Lists lists{keys, ids, k};
    if (first == 0) {
      for_blocks(n, 1024, n_threads, [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t v = begin; v < end; ++v) clear_list(lists.key(v), lists.id(v), k);
      });
      join_leaves<M>(table, members, n_trees, depth, lists, n_threads);
    }
    done = descend<M>(table, lists, reach, first, rounds, enough, seed, n_threads);
  });
  return done;
}

void rerank_of(int metric, const float* table, std::size_t n, std::size_t d,
               const std::int32_t* order, const std::uint32_t* lists, int width, int k, bool root,
               float scale, std::int32_t* ids, float* distances, int n_threads) {
  with_descent_metric(metric, [&]<Metric M>() {
    rerank<M>(table, n, d, order, lists, width, k, Finish{root, scale, nullptr}, ids, distances,
              n_threads);
  });
}

void explore_of(int metric, const float* table, std::size_t n, std::size_t d,
                const std::int32_t* lists, std::size_t width, int k, bool root, float scale,
                std::int32_t* ids, float* distances, int n_threads) {
  with_descent_metric(metric, [&]<Metric M>() {
    explore<M>(table, n, d, lists, width, k, Finish{root, scale, nullptr}, ids, distances,
               n_threads);
  });
}

void search_of(int metric, int narrow_metric, const float* queries, const float* narrow_queries,
               const float* query_heights, std::size_t m, const float* table, std::size_t n,
               std::size_t d, const float* narrow_rows, const float* heights, std::size_t p,
               const std::int32_t* members, const float* directions, const float* limits,
               int n_trees, int depth, const std::int32_t* order, const std::uint32_t* graph,
               int width, int effort, int k, bool root, float scale, std::int32_t* ids,
               float* distances, int n_threads) {
  with_descent_metric(metric, [&]<Metric M>() {
    with_descent_metric(narrow_metric, [&]<Metric Narrow>() {
      search<M, Narrow>(queries, narrow_queries, query_heights, m, table, d,
                        Table{narrow_rows, heights, n, p},
                        Forest{members, directions, limits, n_trees, depth}, order, graph, width,
                        effort, k, Finish{root, scale, nullptr}, ids, distances, n_threads);
    });
  });
}

}  // namespace

extern const NeighborsTable neighbors_table;
const NeighborsTable neighbors_table = {
    direct_rows, row_squares_of, nearest_of, nearest_bounded_of, principal_axes, project,    narrow,
    build_trees, descend_of,     rerank_of,  search_of,          tree_depth,     explore_of,
};

UMAPKIT_END
