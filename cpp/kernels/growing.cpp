#include "tables/growing.hpp"

#include <stdexcept>

#include "umapkit/cells.hpp"
#include "umapkit/cells_search.hpp"
#include "umapkit/distance.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/kd_forest.hpp"
#include "umapkit/kd_search.hpp"
#include "umapkit/store_rows.hpp"

UMAPKIT_BEGIN

namespace {

template <class F>
void with_served_metric(int metric, F&& f) {
  switch (static_cast<Metric>(metric)) {
    case Metric::square: f.template operator()<Metric::square>(); break;
    case Metric::manhattan: f.template operator()<Metric::manhattan>(); break;
    default: throw std::invalid_argument("no growing table for this metric");
  }
}

void add_to_cells_of(int metric, const Cells& cells, const std::int32_t* slots, std::size_t m,
                     int n_threads) {
  with_served_metric(metric, [&]<Metric M>() { add_to_cells<M>(cells, slots, m, n_threads); });
}

std::size_t link_slots_of(int metric, const Cells& cells, const SlotLists& lists, const float* rows,
                          std::size_t d, bool root, float scale, float slack, CellEffort effort,
                          const std::int32_t* slots, std::size_t m, int n_threads) {
  std::size_t compared = 0;
  with_served_metric(metric, [&]<Metric M>() {
    compared = link_slots<M>(cells, lists, rows, d, Finish{root, scale, nullptr}, slack, effort,
                             slots, m, n_threads);
  });
  return compared;
}

std::size_t search_cells_of(int metric, const Cells& cells, const SlotLists& lists,
                            const float* rows, std::size_t d, bool root, float scale,
                            CellEffort effort, const Queries& queries, std::size_t m, int k,
                            std::int32_t* ids, float* distances, int n_threads) {
  std::size_t compared = 0;
  with_served_metric(metric, [&]<Metric M>() {
    compared = search_cells<M>(cells, lists, rows, d, Finish{root, scale, nullptr}, effort, queries,
                               m, k, ids, distances, n_threads);
  });
  return compared;
}

void link_in_trees_of(int metric, const KdForest& forest, const std::int32_t* trees,
                      std::size_t n_trees, const SlotLists& lists, float* urgency, bool root,
                      float scale, int checks, const std::int32_t* slots, std::size_t m,
                      std::uint8_t* searched, int n_threads) {
  with_served_metric(metric, [&]<Metric M>() {
    link_in_trees<M>(forest, trees, n_trees, lists, urgency, Finish{root, scale, nullptr}, checks,
                     slots, m, searched, n_threads);
  });
}

void search_trees_of(int metric, const KdForest& forest, const std::int32_t* trees,
                     std::size_t n_trees, bool root, float scale, int checks, const float* queries,
                     std::size_t m, int k, std::int32_t* ids, float* distances, int n_threads) {
  with_served_metric(metric, [&]<Metric M>() {
    search_trees<M>(forest, trees, n_trees, Finish{root, scale, nullptr}, checks, queries, m, k,
                    ids, distances, n_threads);
  });
}

}  // namespace

extern const GrowingTable growing_table;
const GrowingTable growing_table = {
    store_rows,      drop_entries,      add_to_cells_of,  take_from_cells,
    close_lists,     link_slots_of,     search_cells_of,  build_kd_tree,
    insert_in_trees, remove_from_trees, link_in_trees_of, search_trees_of,
};

UMAPKIT_END
