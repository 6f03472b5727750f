// What the kernels of `layout` offer to the bindings: one table for every instruction set.
// The fields mean what the headers of the same names say (sampled.hpp, literal.hpp,
// settle.hpp, density_step.hpp, density_settle.hpp, density_radii.hpp).
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

// The part of the schedule in which the steps of sampled.hpp rise; `tol` does not judge in it.
constexpr float kRise = 0.5f;

struct CurveArgs {
  float a, b, gamma;
};

struct SampledArgs {
  std::size_t n;
  int dim;
  const std::int64_t* vectors;
  const std::int32_t* heads;
  const float* weights;
  const float* degree;
  const std::int32_t* vertices;
  const std::int32_t* order;
  CurveArgs curve;
  float learning_rate;
  float negative_rate;
  std::int32_t negative_runs;
  std::uint64_t seed;
  std::int64_t n_epochs;
};

struct LiteralArgs {
  std::size_t n;
  int dim;
  std::size_t edges;
  const std::int32_t* heads;
  const std::int32_t* tails;
  const float* weights;
  CurveArgs curve;
  float learning_rate;
  float negative_rate;
  std::uint64_t seed;
  std::int64_t n_epochs;
  bool bernoulli;
  bool push_tail;
};

struct SettleArgs {
  std::size_t n;
  int dim;
  const float* map;
  const float* copy;
  std::size_t rows;
  std::size_t k;
  const std::int32_t* neighbors;
  const float* weights;
  const std::uint64_t* row_keys;
  CurveArgs curve;
  float learning_rate;
  float negative_rate;
  std::int32_t negative_runs;
  std::uint64_t seed;
  std::int64_t n_epochs;
};

struct DensityArgs {
  const double* radii;
  float weight;
  float var_shift;
  std::int64_t first;
};

struct RadiusArgs {
  const double* targets;
  double weight;
};

struct InputRadiiArgs {
  std::size_t n;
  const std::int64_t* indptr;
  const std::int32_t* targets;
  const float* weights;
  const std::int32_t* indices;
  const float* distances;
  std::size_t k;
  bool both;
};

struct ListRadiiArgs {
  std::size_t rows;
  std::size_t dim;
  const float* points;
  const float* map;
  const std::int32_t* lists;
  std::size_t k;
  double a, b;
};

struct LayoutTable {
  void (*run_sampled)(const SampledArgs& args, float* positions, float* velocity,
                      std::int64_t* state, std::int64_t until, int n_threads);
  void (*observed_losses)(const SampledArgs& args, const float* positions, std::int64_t epoch,
                          double* losses, int n_threads);
  void (*run_literal)(const LiteralArgs& args, float* positions, double* next_edge,
                      double* next_negative, std::int64_t* state, std::int64_t until);
  void (*settle)(const SettleArgs& args, float* places, int n_threads);
  void (*run_density)(const SampledArgs& args, const DensityArgs& density, float* positions,
                      float* velocity, std::int64_t* state, std::int64_t until, int n_threads);
  void (*settle_density)(const SettleArgs& args, const RadiusArgs& radius, float* places,
                         int n_threads);
  void (*input_radii)(const InputRadiiArgs& args, double* radii, int n_threads);
  void (*list_radii)(const ListRadiiArgs& args, double* radii, int n_threads);
  // Sixteen-lane functions on arrays, for the tests: out[i] of x[i].
  void (*curve_values)(const CurveArgs& curve, int which, const float* s, float* out,
                       std::size_t n);
};

const LayoutTable& layout_kernels();

}  // namespace umapkit
