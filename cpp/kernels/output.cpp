#include "tables/output.hpp"

#include "umapkit/curved.hpp"
#include "umapkit/curved_settle.hpp"
#include "umapkit/inverse.hpp"
#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

namespace {

constexpr double kNoPeriod[2] = {1.0, 1.0};

CurvedOptions options_of(const CurvedArgs& args) {
  return {{args.a, args.b, args.gamma}, args.learning_rate, args.negative_rate,
          args.negative_runs,           args.seed,          args.n_epochs};
}

PaddedGraph graph_of(const CurvedGraphArgs& args) {
  return {args.n, args.vectors, args.heads, args.weights, args.degree, args.vertices};
}

void call_widths(int number, int* width, int* coordinates) {
  *width = *coordinates = 0;
  with_surface(number, kNoPeriod, [&](auto surface) {
    *width = decltype(surface)::kWidth;
    *coordinates = decltype(surface)::kCoordinates;
  });
}

void call_run(const CurvedArgs& args, const CurvedGraphArgs& graph, double* places,
              std::int64_t* state, std::int64_t until, int n_threads) {
  with_surface(args.surface.number, args.surface.period, [&](const auto& surface) {
    run_curved(surface, graph_of(graph), options_of(args), graph.order, places, state, until,
               n_threads);
  });
}

void call_losses(const CurvedArgs& args, const CurvedGraphArgs& graph, const double* places,
                 std::int64_t epoch, double* losses, int n_threads) {
  with_surface(args.surface.number, args.surface.period, [&](const auto& surface) {
    curved_losses(surface, graph_of(graph), options_of(args), graph.order, places, epoch, losses,
                  n_threads);
  });
}

void call_settle(const CurvedArgs& args, const float* map, std::size_t n, const std::int32_t* order,
                 const std::int32_t* neighbors, const float* weights, std::size_t m, std::size_t k,
                 const std::uint64_t* row_keys, float* out, int n_threads) {
  with_surface(args.surface.number, args.surface.period, [&](const auto& surface) {
    settle_curved(surface, map, n, order, neighbors, weights, m, k, row_keys, options_of(args), out,
                  n_threads);
  });
}

void call_nearest(const SurfaceArgs& args, const float* map, std::size_t n, const float* queries,
                  std::size_t m, std::size_t k, std::int32_t* indices, double* distances,
                  int n_threads) {
  with_surface(args.number, args.period, [&](const auto& surface) {
    nearest_curved(surface, map, n, queries, m, k, indices, distances, n_threads);
  });
}

void call_to_places(const SurfaceArgs& args, const float* coordinates, std::size_t n,
                    double* places) {
  with_surface(args.number, args.period, [&](auto surface) {
    using S = decltype(surface);
    for (std::size_t i = 0; i < n; ++i)
      surface.from_coordinates(coordinates + i * S::kCoordinates, places + i * S::kWidth);
  });
}

void call_to_coordinates(const SurfaceArgs& args, const double* places, std::size_t n,
                         float* coordinates) {
  with_surface(args.number, args.period, [&](auto surface) {
    using S = decltype(surface);
    for (std::size_t i = 0; i < n; ++i)
      surface.to_coordinates(places + i * S::kWidth, coordinates + i * S::kCoordinates);
  });
}

}  // namespace

extern const OutputTable output_table;
const OutputTable output_table = {
    call_widths,   call_run,        call_losses,         call_settle,
    call_nearest,  call_to_places,  call_to_coordinates, inverse_weights,
    weighted_rows, weighted_median,
};

UMAPKIT_END
