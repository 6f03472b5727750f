#include "tables/output.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <utility>

namespace nb = nanobind;
using namespace nb::literals;

namespace umapkit {

namespace {

template <class T>
using Vector = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void need(bool holds, const char* what) {
  if (!holds) throw nb::value_error(what);
}

// Numbers of a place and of a point's coordinates.
std::pair<std::size_t, std::size_t> widths(int surface) {
  int width = 0, coordinates = 0;
  output_kernels().widths(surface, &width, &coordinates);
  need(width > 0, "there is no surface of this number");
  return {static_cast<std::size_t>(width), static_cast<std::size_t>(coordinates)};
}

SurfaceArgs surface_args(int surface, double period_0, double period_1) {
  need(period_0 > 0.0 && period_1 > 0.0, "periods must be positive");
  return {surface, {period_0, period_1}};
}

CurvedGraphArgs graph_args(const Vector<const std::int64_t>& vectors,
                           const Vector<const std::int32_t>& heads,
                           const Vector<const float>& weights, const Vector<const float>& degree,
                           const Vector<const std::int32_t>& vertices,
                           const Vector<const std::int32_t>& order, std::size_t n) {
  need(n >= 1 && vectors.shape(0) == n + 1 && vectors.data()[0] == 0 && degree.shape(0) == n &&
           vertices.shape(0) == n && order.shape(0) == n && heads.shape(0) == weights.shape(0) &&
           heads.shape(0) == static_cast<std::size_t>(vectors.data()[n]) * 16,
       "the arrays do not belong to one graph");
  return {n,           vectors.data(), heads.data(), weights.data(), degree.data(), vertices.data(),
          order.data()};
}

void run_curved(Vector<const std::int64_t> vectors, Vector<const std::int32_t> heads,
                Vector<const float> weights, Vector<const float> degree,
                Vector<const std::int32_t> vertices, Vector<const std::int32_t> order,
                Matrix<double> places, Vector<std::int64_t> state, std::int64_t until,
                std::int64_t n_epochs, double a, double b, double gamma, double learning_rate,
                float negative_rate, std::int32_t negative_runs, std::uint64_t seed, int surface,
                double period_0, double period_1, int n_threads) {
  const auto graph = graph_args(vectors, heads, weights, degree, vertices, order, places.shape(0));
  const std::size_t width = widths(surface).first;
  need(places.shape(1) == width && state.shape(0) >= 1, "places do not fit the surface");
  const CurvedArgs args{surface_args(surface, period_0, period_1),
                        a,
                        b,
                        gamma,
                        learning_rate,
                        negative_rate,
                        negative_runs,
                        seed,
                        n_epochs};
  const nb::gil_scoped_release release;
  output_kernels().run_curved(args, graph, places.data(), state.data(), until, n_threads);
}

void curved_losses(Vector<const std::int64_t> vectors, Vector<const std::int32_t> heads,
                   Vector<const float> weights, Vector<const float> degree,
                   Vector<const std::int32_t> vertices, Vector<const std::int32_t> order,
                   Matrix<const double> places, Vector<double> losses, std::int64_t epoch, double a,
                   double b, double gamma, float negative_rate, std::int32_t negative_runs,
                   std::uint64_t seed, int surface, double period_0, double period_1,
                   int n_threads) {
  const auto graph = graph_args(vectors, heads, weights, degree, vertices, order, places.shape(0));
  need(places.shape(1) == widths(surface).first, "places do not fit the surface");
  need(losses.shape(0) == 2 * graph.n, "losses must hold two numbers per vertex");
  const CurvedArgs args{surface_args(surface, period_0, period_1),
                        a,
                        b,
                        gamma,
                        0.0,
                        negative_rate,
                        negative_runs,
                        seed,
                        1};
  const nb::gil_scoped_release release;
  output_kernels().curved_losses(args, graph, places.data(), epoch, losses.data(), n_threads);
}

void settle_curved(Matrix<const float> map, Vector<const std::int32_t> order,
                   Matrix<const std::int32_t> neighbors, Matrix<const float> weights,
                   Vector<const std::uint64_t> row_keys, Matrix<float> out, std::int64_t n_epochs,
                   double a, double b, double gamma, double learning_rate, float negative_rate,
                   std::int32_t negative_runs, std::uint64_t seed, int surface, double period_0,
                   double period_1, int n_threads) {
  const std::size_t n = map.shape(0), m = out.shape(0), k = neighbors.shape(1);
  const std::size_t coordinates = widths(surface).second;
  need(n >= 1 && map.shape(1) == coordinates && out.shape(1) == coordinates &&
           order.shape(0) == n && neighbors.shape(0) == m && weights.shape(0) == m &&
           weights.shape(1) == k && row_keys.shape(0) == m,
       "the arrays do not belong to one set of rows");
  for (std::size_t i = 0; i < m * k; ++i)
    need(!(weights.data()[i] > 0.0f) ||
             (neighbors.data()[i] >= 0 && static_cast<std::size_t>(neighbors.data()[i]) < n),
         "a neighbour does not exist");
  const CurvedArgs args{surface_args(surface, period_0, period_1),
                        a,
                        b,
                        gamma,
                        learning_rate,
                        negative_rate,
                        negative_runs,
                        seed,
                        n_epochs};
  const nb::gil_scoped_release release;
  output_kernels().settle_curved(args, map.data(), n, order.data(), neighbors.data(),
                                 weights.data(), m, k, row_keys.data(), out.data(), n_threads);
}

void nearest_curved(Matrix<const float> map, Matrix<const float> queries,
                    Matrix<std::int32_t> indices, Matrix<double> distances, int surface,
                    double period_0, double period_1, int n_threads) {
  const std::size_t n = map.shape(0), m = queries.shape(0), k = indices.shape(1);
  const std::size_t coordinates = widths(surface).second;
  need(map.shape(1) == coordinates && queries.shape(1) == coordinates,
       "map and queries must have the coordinates of the surface");
  need(indices.shape(0) == m && distances.shape(0) == m && distances.shape(1) == k && k <= n,
       "indices and distances must have a row for each query and at most n columns");
  const SurfaceArgs args = surface_args(surface, period_0, period_1);
  const nb::gil_scoped_release release;
  output_kernels().nearest_curved(args, map.data(), n, queries.data(), m, k, indices.data(),
                                  distances.data(), n_threads);
}

void to_places(Matrix<const float> coordinates, Matrix<double> places, int surface, double period_0,
               double period_1) {
  const auto [width, count] = widths(surface);
  need(coordinates.shape(1) == count && places.shape(1) == width &&
           coordinates.shape(0) == places.shape(0),
       "coordinates and places do not fit the surface");
  output_kernels().to_places(surface_args(surface, period_0, period_1), coordinates.data(),
                             places.shape(0), places.data());
}

void to_coordinates(Matrix<const double> places, Matrix<float> coordinates, int surface,
                    double period_0, double period_1) {
  const auto [width, count] = widths(surface);
  need(coordinates.shape(1) == count && places.shape(1) == width &&
           coordinates.shape(0) == places.shape(0),
       "coordinates and places do not fit the surface");
  output_kernels().to_coordinates(surface_args(surface, period_0, period_1), places.data(),
                                  places.shape(0), coordinates.data());
}

void inverse_weights(Matrix<const double> distances, Matrix<const double> counts,
                     Matrix<double> weights, double a, double b, int n_threads) {
  const std::size_t m = distances.shape(0), k = distances.shape(1);
  need(counts.shape(0) == m && counts.shape(1) == k && weights.shape(0) == m &&
           weights.shape(1) == k,
       "distances, counts and weights must have one shape");
  const nb::gil_scoped_release release;
  output_kernels().inverse_weights(distances.data(), counts.data(), m, k, a, b, weights.data(),
                                   n_threads);
}

template <auto Kernel, class T>
void weighted(Matrix<const float> rows, Matrix<const std::int32_t> neighbors,
              Matrix<const double> weights, Matrix<T> out, int n_threads) {
  const std::size_t m = neighbors.shape(0), k = neighbors.shape(1);
  need(weights.shape(0) == m && weights.shape(1) == k && k >= 1 && out.shape(0) == m &&
           out.shape(1) == rows.shape(1),
       "the arrays do not belong to one set of rows");
  for (std::size_t i = 0; i < m * k; ++i)
    need(neighbors.data()[i] >= 0 && static_cast<std::size_t>(neighbors.data()[i]) < rows.shape(0),
         "a neighbour does not exist");
  const nb::gil_scoped_release release;
  (output_kernels().*Kernel)(rows.data(), rows.shape(1), neighbors.data(), weights.data(), m, k,
                             out.data(), n_threads);
}

}  // namespace

void bind_output(nb::module_& m) {
  m.def("run_curved", &run_curved, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "degree"_a.noconvert(), "vertices"_a.noconvert(),
        "order"_a.noconvert(), "places"_a.noconvert(), "state"_a.noconvert(), nb::kw_only(),
        "until"_a, "n_epochs"_a, "a"_a, "b"_a, "gamma"_a, "learning_rate"_a, "negative_rate"_a,
        "negative_runs"_a, "seed"_a, "surface"_a, "period_0"_a, "period_1"_a, "n_threads"_a,
        "Run epochs state[0] .. until - 1 of a layout on a surface in place; see curved.hpp.");
  m.def("curved_losses", &curved_losses, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "degree"_a.noconvert(), "vertices"_a.noconvert(),
        "order"_a.noconvert(), "places"_a.noconvert(), "losses"_a.noconvert(), nb::kw_only(),
        "epoch"_a, "a"_a, "b"_a, "gamma"_a, "negative_rate"_a, "negative_runs"_a, "seed"_a,
        "surface"_a, "period_0"_a, "period_1"_a, "n_threads"_a,
        "Effective loss of every vertex on a surface, (attraction, repulsion); see curved.hpp.");
  m.def("settle_curved", &settle_curved, "map"_a.noconvert(), "order"_a.noconvert(),
        "neighbors"_a.noconvert(), "weights"_a.noconvert(), "row_keys"_a.noconvert(),
        "out"_a.noconvert(), nb::kw_only(), "n_epochs"_a, "a"_a, "b"_a, "gamma"_a,
        "learning_rate"_a, "negative_rate"_a, "negative_runs"_a, "seed"_a, "surface"_a,
        "period_0"_a, "period_1"_a, "n_threads"_a,
        "Start and settle new rows on a frozen map on a surface; see curved_settle.hpp.");
  m.def("nearest_curved", &nearest_curved, "map"_a.noconvert(), "queries"_a.noconvert(),
        "indices"_a.noconvert(), "distances"_a.noconvert(), nb::kw_only(), "surface"_a,
        "period_0"_a, "period_1"_a, "n_threads"_a,
        "k nearest points of a map on a surface; see curved_settle.hpp.");
  m.def("to_places", &to_places, "coordinates"_a.noconvert(), "places"_a.noconvert(), nb::kw_only(),
        "surface"_a, "period_0"_a, "period_1"_a, "Places on a surface out of coordinates.");
  m.def("to_coordinates", &to_coordinates, "places"_a.noconvert(), "coordinates"_a.noconvert(),
        nb::kw_only(), "surface"_a, "period_0"_a, "period_1"_a,
        "Coordinates of places on a surface.");
  m.def("inverse_weights", &inverse_weights, "distances"_a.noconvert(), "counts"_a.noconvert(),
        "weights"_a.noconvert(), nb::kw_only(), "a"_a, "b"_a, "n_threads"_a,
        "Memberships in the map of the points near a place; see inverse.hpp.");
  m.def("weighted_rows", &weighted<&OutputTable::weighted_rows, double>, "rows"_a.noconvert(),
        "neighbors"_a.noconvert(), "weights"_a.noconvert(), "out"_a.noconvert(), nb::kw_only(),
        "n_threads"_a, "Mean of listed rows; see inverse.hpp.");
  m.def("weighted_median", &weighted<&OutputTable::weighted_median, float>, "rows"_a.noconvert(),
        "neighbors"_a.noconvert(), "weights"_a.noconvert(), "out"_a.noconvert(), nb::kw_only(),
        "n_threads"_a, "Median of listed rows, number by number; see inverse.hpp.");
}

}  // namespace umapkit
