// What the kernels of `layout/contrast` offer to the bindings: one table for every instruction set.
// The fields mean what the headers of the same names say (weighted.hpp, infonc.hpp, largevis.hpp,
// alias.hpp, weighted_repulsion.hpp).
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct ContrastCurve {
  float a, b, gamma, shift, clip;
};

struct ContrastGraph {
  std::size_t n;
  int dim;
  const std::int64_t* vectors;
  const std::int32_t* heads;
  const float* weights;
  const float* degree;
  const std::int32_t* vertices;
  const std::int32_t* order;
};

struct ContrastShares {
  const float* ratio;
  const float* shares;
  const float* degrees;
};

struct ContrastSchedule {
  float learning_rate;
  float negative_rate;
  std::int32_t negative_runs;
  std::uint64_t seed;
  std::int64_t n_epochs;
};

struct InfoncArgs {
  float exaggeration;
  std::int32_t negatives;
};

struct LargeVisArgs {
  int dim;
  std::size_t edges;
  const std::int32_t* heads;
  const std::int32_t* tails;
  const float* edge_accept;
  const std::int32_t* edge_other;
  std::size_t n;
  const float* vertex_accept;
  const std::int32_t* vertex_other;
  float learning_rate;
  std::int32_t negatives;
  std::uint64_t seed;
  std::int64_t n_epochs;
  std::int64_t samples;
};

struct ContrastRows {
  const float* map;
  const float* copy;
  std::size_t n;
  int dim;
  const std::int32_t* neighbors;
  const float* weights;
  std::size_t rows;
  std::size_t k;
  const std::uint64_t* row_keys;
};

struct ContrastTable {
  void (*run_weighted)(const ContrastGraph& graph, const ContrastCurve& curve,
                       const ContrastShares& shares, const ContrastSchedule& schedule,
                       float* positions, float* velocity, std::int64_t* state, std::int64_t until,
                       int n_threads);
  void (*weighted_losses)(const ContrastGraph& graph, const ContrastCurve& curve,
                          const ContrastShares& shares, const ContrastSchedule& schedule,
                          const float* positions, double* losses, int n_threads);
  void (*settle_weighted)(const ContrastRows& rows, const ContrastCurve& curve,
                          const ContrastShares& shares, const ContrastSchedule& schedule,
                          float* places, int n_threads);
  void (*run_infonc)(const ContrastGraph& graph, const InfoncArgs& infonc,
                     const ContrastSchedule& schedule, float* positions, float* velocity,
                     std::int64_t* state, std::int64_t until, int n_threads);
  void (*infonc_losses)(const ContrastGraph& graph, const InfoncArgs& infonc,
                        const ContrastSchedule& schedule, const float* positions, double* losses,
                        int n_threads);
  void (*settle_infonc)(const ContrastRows& rows, const InfoncArgs& infonc,
                        const ContrastSchedule& schedule, float* places, int n_threads);
  void (*run_largevis)(const LargeVisArgs& args, const ContrastCurve& curve, float* positions,
                       std::int64_t* state, std::int64_t until);
  void (*make_alias)(const float* weights, std::size_t size, float* accept, std::int32_t* other);
  void (*weighted_repulsion)(const double* points, const double* weights, std::size_t n,
                             std::size_t dim, double a, double shift, double* sums, int n_threads);
};

const ContrastTable& contrast_kernels();

}  // namespace umapkit
