// What the kernels of the growing neighbour table offer to the bindings: one table for every
// instruction set. Shapes and meanings stand with the kernels (cpp/include/umapkit/).
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

constexpr int kCell = 256;  // most members of a cell

// Rows of more axes than the narrow ones, which decide whose true distance is worth a look:
// cells_search.hpp. None where q is 0.
struct FineRows {
  const float* rows;     // capacity x q
  const float* heights;  // capacity
  std::size_t q;
  float slack;  // how much larger than a true key the fine key of a neighbour may well be
};

// Cells of near rows: cells.hpp. `most` cells have memory, `n_cells[0]` are in use.
struct Cells {
  const float* narrow;    // capacity x p: the rows in which cells are searched, by slot
  const float* heights;   // capacity, or null
  std::int32_t* where;    // capacity: cell * kCell + place, or -1
  float* panels;          // most x kCell/32 x p x 32: the members' rows, turned over
  float* tall;            // most x kCell: their heights
  float* limits;          // most x kCell: keys from which on a member's list is closed
  std::int32_t* members;  // most x kCell: their slots
  std::int32_t* counts;   // most
  float* hubs;            // most x p: means of the members
  std::int64_t* n_cells;
  std::size_t capacity, p, most;
  FineRows fine;
};

// Lists of k entries a slot, the first of which is the slot itself.
struct SlotLists {
  std::int32_t* indices;
  float* distances;
  std::uint8_t* changed;
  std::size_t capacity;
  int k;
};

// How cells are searched.
struct CellEffort {
  int scan;  // members looked at, at least, cell after cell
  int pool;  // places of the pool that is ranked by true distances; a multiple of 16
  int hops;  // rows of the pool whose lists are looked at too
};

// Rows that ask, as the cells see rows; null where those have none.
struct Queries {
  const float* rows;  // m x d
  const float* narrow;
  const float* heights;
  const float* fine;
  const float* fine_heights;
};

// Randomised k-d trees side by side: kd_forest.hpp.
struct KdForest {
  const float* rows;          // capacity x d
  std::int32_t* children;     // trees x nodes x 2
  std::int32_t* coordinates;  // trees x nodes
  float* cuts;                // trees x nodes
  std::int32_t* depths;       // trees x nodes
  std::int32_t* leaves;       // trees x capacity
  std::int32_t* same;         // trees x capacity
  std::int64_t* sizes;        // trees: nodes in use
  std::int64_t* visits;       // trees x 2: leaf visits, and the sum of their depths
  std::size_t capacity, d, nodes;
  int n_trees;
};

struct GrowingTable {
  void (*store_rows)(const float* rows, const std::int32_t* slots, std::size_t m, std::size_t d,
                     float* table, int n_threads);
  void (*drop_entries)(const SlotLists& lists, const std::uint8_t* gone, float* urgency,
                       int n_threads);
  void (*add_to_cells)(int metric, const Cells& cells, const std::int32_t* slots, std::size_t m,
                       int n_threads);
  void (*take_from_cells)(const Cells& cells, const std::int32_t* slots, std::size_t m);
  void (*close_lists)(const Cells& cells, const SlotLists& lists, bool root, float scale,
                      float slack, const std::int32_t* slots, std::size_t m, int n_threads);
  std::size_t (*link_slots)(int metric, const Cells& cells, const SlotLists& lists,
                            const float* rows, std::size_t d, bool root, float scale, float slack,
                            CellEffort effort, const std::int32_t* slots, std::size_t m,
                            int n_threads);
  std::size_t (*search_cells)(int metric, const Cells& cells, const SlotLists& lists,
                              const float* rows, std::size_t d, bool root, float scale,
                              CellEffort effort, const Queries& queries, std::size_t m, int k,
                              std::int32_t* ids, float* distances, int n_threads);
  std::size_t (*build_kd_tree)(const KdForest& forest, int tree, std::uint64_t seed,
                               std::uint64_t number, std::int32_t* ids, std::int64_t* tasks,
                               std::int64_t* queue, std::size_t steps);
  void (*insert_in_trees)(const KdForest& forest, const std::int32_t* trees, std::size_t n_trees,
                          const std::int32_t* slots, std::size_t m, int n_threads);
  void (*remove_from_trees)(const KdForest& forest, const std::int32_t* slots, std::size_t m);
  void (*link_in_trees)(int metric, const KdForest& forest, const std::int32_t* trees,
                        std::size_t n_trees, const SlotLists& lists, float* urgency, bool root,
                        float scale, int checks, const std::int32_t* slots, std::size_t m,
                        std::uint8_t* searched, int n_threads);
  void (*search_trees)(int metric, const KdForest& forest, const std::int32_t* trees,
                       std::size_t n_trees, bool root, float scale, int checks,
                       const float* queries, std::size_t m, int k, std::int32_t* ids,
                       float* distances, int n_threads);
};

const GrowingTable& growing_kernels();

}  // namespace umapkit
