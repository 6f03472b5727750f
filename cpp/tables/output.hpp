// What the kernels for maps that are no plane, and for the way back from a map, offer to the
// bindings: one table for every instruction set. The fields mean what the headers say (curved.hpp,
// curved_settle.hpp, inverse.hpp).
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct SurfaceArgs {
  int number;
  double period[2];
};

struct CurvedArgs {
  SurfaceArgs surface;
  double a, b, gamma;
  double learning_rate;
  float negative_rate;
  std::int32_t negative_runs;
  std::uint64_t seed;
  std::int64_t n_epochs;
};

struct CurvedGraphArgs {
  std::size_t n;
  const std::int64_t* vectors;
  const std::int32_t* heads;
  const float* weights;
  const float* degree;
  const std::int32_t* vertices;
  const std::int32_t* order;
};

struct OutputTable {
  // Numbers of a place, and coordinates of a point; 0 for a surface that does not exist.
  void (*widths)(int surface, int* width, int* coordinates);
  void (*run_curved)(const CurvedArgs& args, const CurvedGraphArgs& graph, double* places,
                     std::int64_t* state, std::int64_t until, int n_threads);
  void (*curved_losses)(const CurvedArgs& args, const CurvedGraphArgs& graph, const double* places,
                        std::int64_t epoch, double* losses, int n_threads);
  void (*settle_curved)(const CurvedArgs& args, const float* map, std::size_t n,
                        const std::int32_t* order, const std::int32_t* neighbors,
                        const float* weights, std::size_t m, std::size_t k,
                        const std::uint64_t* row_keys, float* out, int n_threads);
  void (*nearest_curved)(const SurfaceArgs& surface, const float* map, std::size_t n,
                         const float* queries, std::size_t m, std::size_t k, std::int32_t* indices,
                         double* distances, int n_threads);
  void (*to_places)(const SurfaceArgs& surface, const float* coordinates, std::size_t n,
                    double* places);
  void (*to_coordinates)(const SurfaceArgs& surface, const double* places, std::size_t n,
                         float* coordinates);
  void (*inverse_weights)(const double* distances, const double* counts, std::size_t m,
                          std::size_t k, double a, double b, double* weights, int n_threads);
  void (*weighted_rows)(const float* rows, std::size_t d, const std::int32_t* neighbors,
                        const double* weights, std::size_t m, std::size_t k, double* out,
                        int n_threads);
  void (*weighted_median)(const float* rows, std::size_t d, const std::int32_t* neighbors,
                          const double* weights, std::size_t m, std::size_t k, float* out,
                          int n_threads);
};

const OutputTable& output_kernels();

}  // namespace umapkit
