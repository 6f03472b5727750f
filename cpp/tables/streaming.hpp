// Kernels of the streaming room (../include/umapkit/stream_*.hpp).
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

struct ReadListsArgs {
  std::size_t k;
  const std::int32_t* indices;
  const float* distances;
  const std::uint8_t* linked;
  float cut;
  double connectivity, target, mean_distance;
  std::size_t rows;
  const std::int32_t* slots;
};

struct StreamMoveArgs {
  std::size_t n, stride;
  int dim;
  float* state;
  float* copy;
  const std::int32_t* where;
  float* homes;
  std::int32_t* ages;
  std::size_t parts;
  const std::int64_t* ends;
  const std::int32_t* slots;
  const float* steps;
  const std::uint8_t* settling;
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
  void (*sum_lists)(const ReadListsArgs& args, double* sums, std::int64_t* counts, int n_threads);
  void (*read_lists)(const ReadListsArgs& args, std::int32_t* targets, float* values,
                     std::int32_t* counts, std::uint8_t* waiting, int n_threads);
  void (*move_slots)(const EdgePoolArgs& pool, const StreamMoveArgs& args, int n_threads);
};

const StreamingTable& streaming_kernels();

}  // namespace umapkit
