// Kernels of the streaming room (../include/umapkit/stream_edges.hpp, stream_move.hpp).
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct EdgePoolArgs {
  std::size_t capacity;
  std::int64_t* first;
  std::int32_t* room;
  std::int32_t* count;
  float* degree;
  std::int64_t vectors;
  std::int64_t used;
  std::int32_t* heads;
  float* out;
  float* in;
  float* weights;
};

struct NewListsArgs {
  std::size_t rows, k;
  const std::int32_t* slots;
  const std::int32_t* targets;
  const float* values;
  const std::int32_t* counts;
};

struct StreamMoveArgs {
  std::size_t n, stride;
  int dim;
  float* state;
  float* copy;
  const std::int32_t* where;
  const float* homes;
  std::size_t moved;
  const std::int32_t* slots;
  const float* steps;
  float a, b, gamma;
  float negative_rate;
  float drawn;
  std::int32_t negative_runs;
  float memory;
  float anchor;
  std::uint64_t seed, stamp;
};

struct StreamingTable {
  // 0, or the vectors that the pool must have.
  std::int64_t (*relink)(EdgePoolArgs& pool, const NewListsArgs& lists, int n_threads);
  std::int64_t (*packed_vectors)(const EdgePoolArgs& pool);
  void (*repack)(const EdgePoolArgs& from, EdgePoolArgs& to);
  void (*move_slots)(const EdgePoolArgs& pool, const StreamMoveArgs& args, int n_threads);
};

const StreamingTable& streaming_kernels();

}  // namespace umapkit
