// What the kernels of t-SNE offer to the bindings: one table for every instruction set.
// The fields mean what the headers of the same names say (tsne_step.hpp, tsne_density.hpp,
// tsne_settle.hpp).
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct TsneArgs {
  std::size_t n;
  int dim;  // 1, 2 or 3
  const std::int64_t* vectors;
  const std::int32_t* heads;
  const float* weights;
  const std::int32_t* vertices;
  float freedom;
  int method;  // 0 exact, 1 tree, 2 grid
  float theta, spacing;
};

struct DescentArgs {
  float exaggeration, rate, momentum;
  std::int64_t steps;
};

struct TsneDensityArgs {
  const double* radii;  // of every vertex, mean 0 and variance 1; null: densities do not count
  double weight, shift;
};

struct FieldArgs {
  std::size_t nodes[3];
  float low[3], spacing, shift;
  const float* numbers;
};

struct TsneSettleArgs {
  int dim;
  const float* map;
  std::size_t n;
  float freedom;
  const std::int32_t* neighbors;
  const float* weights;
  std::size_t rows, k;
  DescentArgs descent;
  float steepest;
};

struct TsneTable {
  void (*descend)(const TsneArgs& args, const DescentArgs& descent, const TsneDensityArgs& density,
                  float* positions, float* velocity, float* gains, int n_threads);
  void (*measure)(const TsneArgs& args, const float* positions, float* attraction, float* repulsion,
                  double* totals, int n_threads);
  // The potential of a map; `keep` receives it with its size while it lives.
  void (*make_field)(int dim, const float* map, std::size_t n, float freedom, float spacing,
                     float margin, void* context,
                     void (*keep)(void* context, const FieldArgs& field, std::size_t size),
                     int n_threads);
  void (*settle)(const FieldArgs& field, const TsneSettleArgs& args, float* places, int n_threads);
  // (m, 2 * length) numbers as pairs, each row transformed; for the tests.
  void (*transform_rows)(float* rows, std::size_t m, std::size_t length, bool back);
};

const TsneTable& tsne_kernels();

}  // namespace umapkit
