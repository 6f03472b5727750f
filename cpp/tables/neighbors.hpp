// What the kernels of `neighbors` offer to the bindings: one table for every instruction set.
// Shapes and meanings stand with the kernels (cpp/include/umapkit/).
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct NeighborsTable {
  void (*direct_rows)(const float* rows, std::size_t n, std::size_t d, bool centre, float* out,
                      int n_threads);
  void (*row_squares)(const float* rows, std::size_t n, std::size_t d, float* out, int n_threads);
  void (*nearest)(int metric, const float* queries, std::size_t m, const float* table,
                  std::size_t n, std::size_t d, const std::int32_t* self, int k, bool root,
                  float scale, const float* offsets, const float* query_heights,
                  const float* table_heights, std::int32_t* ids, float* distances, int n_threads);
  std::size_t (*nearest_bounded)(const float* queries, const float* query_bounds,
                                 const float* query_squares, std::size_t m, const float* table,
                                 const float* table_bounds, const float* table_squares,
                                 std::size_t n, std::size_t d, std::size_t p,
                                 const std::int32_t* self, int k, bool root, float scale,
                                 std::int32_t* ids, float* distances, int n_threads);
  void (*principal_axes)(const float* sample, std::size_t m, std::size_t d, std::size_t p,
                         int iterations, float* axes, float* values, int n_threads);
  void (*project)(const float* rows, std::size_t n, std::size_t d, const float* mean,
                  const float* axes, std::size_t p, float* out, float* squares, int n_threads);
  void (*narrow)(const float* projected, const float* squares, std::size_t n, std::size_t p,
                 const std::int32_t* order, std::size_t width, bool products, float* out,
                 float* heights, int n_threads);
  void (*build_trees)(const float* rows, std::size_t n, std::size_t p, std::uint64_t seed,
                      int first_tree, int n_trees, int depth, std::int32_t* members,
                      float* directions, float* limits, int n_threads);
  int (*descend)(int metric, const float* rows, const float* heights, std::size_t n, std::size_t p,
                 const std::int32_t* members, int n_trees, int depth, int k, int reach, int first,
                 int rounds, std::size_t enough, std::uint64_t seed, float* keys,
                 std::uint32_t* ids, int n_threads);
  void (*rerank)(int metric, const float* table, std::size_t n, std::size_t d,
                 const std::int32_t* order, const std::uint32_t* lists, int width, int k, bool root,
                 float scale, std::int32_t* ids, float* distances, int n_threads);
  void (*search)(int metric, int narrow_metric, const float* queries, const float* narrow_queries,
                 const float* query_heights, std::size_t m, const float* table, std::size_t n,
                 std::size_t d, const float* narrow_rows, const float* heights, std::size_t p,
                 const std::int32_t* members, const float* directions, const float* limits,
                 int n_trees, int depth, const std::int32_t* order, const std::uint32_t* graph,
                 int width, int effort, int k, bool root, float scale, std::int32_t* ids,
                 float* distances, int n_threads);
  int (*tree_depth)(std::size_t n, std::size_t leaf_size);
  void (*explore)(int metric, const float* table, std::size_t n, std::size_t d,
                  const std::int32_t* lists, std::size_t width, int k, bool root, float scale,
                  std::int32_t* ids, float* distances, int n_threads);
};

const NeighborsTable& neighbors_kernels();

}  // namespace umapkit
