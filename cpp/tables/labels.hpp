// What the kernels of labels on the map offer to the bindings: one table for every instruction set.
// The fields mean what classify.hpp and triplet.hpp say.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct HeadArgs {
  const double* weights;  // (classes, dim + 1)
  std::size_t classes;
  std::size_t dim;
};

struct TripletArgs {
  std::size_t dim;
  const std::int32_t* rows;
  const std::int32_t* codes;
  const std::int64_t* starts;
  std::size_t m;
  float margin;
  float step;
  std::int32_t triplets;
  std::uint64_t seed;
  std::uint64_t epoch;
};

struct LabelsTable {
  void (*pull_classes)(const HeadArgs& head, const float* points, const std::int32_t* rows,
                       const std::int32_t* codes, std::size_t m, float step, float* moves,
                       double* sums, int n_threads);
  void (*class_probabilities)(const HeadArgs& head, const float* points, std::size_t m, double* out,
                              int n_threads);
  void (*push_triplets)(const TripletArgs& args, const float* points, float* moves, double* cost,
                        int n_threads);
};

const LabelsTable& labels_kernels();

}  // namespace umapkit
