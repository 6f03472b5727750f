#include "tables/contrast.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace umapkit {

namespace {

template <class T>
using Vector = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Out = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using OutMatrix = nb::ndarray<float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void require(bool holds, const char* message) {
  if (!holds) throw nb::value_error(message);
}

ContrastGraph graph_of(const Vector<std::int64_t>& vectors, const Vector<std::int32_t>& heads,
                       const Vector<float>& weights, const Vector<float>& degree,
                       const Vector<std::int32_t>& vertices, const Vector<std::int32_t>& order,
                       std::size_t n, std::size_t dim) {
  require(n >= 1 && dim >= 1, "there must be vertices and dimensions");
  require(vectors.shape(0) == n + 1 && vectors.data()[0] == 0 && degree.shape(0) == n &&
              vertices.shape(0) == n && order.shape(0) == n && heads.shape(0) == weights.shape(0) &&
              heads.shape(0) == static_cast<std::size_t>(vectors.data()[n]) * 16,
          "the arrays do not belong to one graph");
  return {n,
          static_cast<int>(dim),
          vectors.data(),
          heads.data(),
          weights.data(),
          degree.data(),
          vertices.data(),
          order.data()};
}

void require_state(const OutMatrix& positions, const OutMatrix& velocity,
                   const Out<std::int64_t>& state) {
  require(velocity.shape(0) == positions.shape(0) && velocity.shape(1) == positions.shape(1) &&
              state.shape(0) >= 1,
          "velocity and state do not fit the positions");
}

ContrastShares shares_of(const Vector<float>& ratio, const Vector<float>& shares,
                         const Vector<float>& degrees, std::size_t rows, std::size_t n) {
  require(ratio.shape(0) == rows && shares.shape(0) == n + 16 && degrees.shape(0) == n + 16,
          "shares must stand as the shuffled copy does, ratios as the rows");
  return {ratio.data(), shares.data(), degrees.data()};
}

ContrastRows rows_of(const Matrix<float>& map, const Matrix<float>& copy,
                     const Matrix<std::int32_t>& neighbors, const Matrix<float>& weights,
                     const Vector<std::uint64_t>& row_keys, const OutMatrix& places) {
  const std::size_t rows = places.shape(0);
  require(map.shape(0) >= 1 && copy.shape(0) == map.shape(1) &&
              copy.shape(1) == map.shape(0) + 16 && neighbors.shape(0) == rows &&
              weights.shape(0) == rows && weights.shape(1) == neighbors.shape(1) &&
              row_keys.shape(0) == rows && places.shape(1) == map.shape(1),
          "the arrays do not belong to one set of rows");
  for (std::size_t e = 0; e < rows * neighbors.shape(1); ++e)
    require(neighbors.data()[e] < static_cast<std::int64_t>(map.shape(0)) &&
                (neighbors.data()[e] >= 0 || !(weights.data()[e] > 0.0f)),
            "a list names no point of the map");
  return {map.data(),       copy.data(),    map.shape(0), static_cast<int>(map.shape(1)),
          neighbors.data(), weights.data(), rows,         neighbors.shape(1),
          row_keys.data()};
}

void run_weighted(Vector<std::int64_t> vectors, Vector<std::int32_t> heads, Vector<float> weights,
                  Vector<float> degree, Vector<std::int32_t> vertices, Vector<std::int32_t> order,
                  Vector<float> ratio, Vector<float> shares, Vector<float> degrees,
                  OutMatrix positions, OutMatrix velocity, Out<std::int64_t> state,
                  std::int64_t until, std::int64_t n_epochs, float a, float b, float gamma,
                  float shift, float clip, float learning_rate, float negative_rate,
                  std::int32_t negative_runs, std::uint64_t seed, int n_threads) {
  const std::size_t n = positions.shape(0);
  const ContrastGraph graph =
      graph_of(vectors, heads, weights, degree, vertices, order, n, positions.shape(1));
  require_state(positions, velocity, state);
  const ContrastShares far = shares_of(ratio, shares, degrees, n, n);
  nb::gil_scoped_release release;
  contrast_kernels().run_weighted(graph, {a, b, gamma, shift, clip}, far,
                                  {learning_rate, negative_rate, negative_runs, seed, n_epochs},
                                  positions.data(), velocity.data(), state.data(), until,
                                  n_threads);
}

void weighted_losses(Vector<std::int64_t> vectors, Vector<std::int32_t> heads,
                     Vector<float> weights, Vector<float> degree, Vector<std::int32_t> vertices,
                     Vector<std::int32_t> order, Vector<float> ratio, Vector<float> shares,
                     Vector<float> degrees, Matrix<float> positions, Out<double> losses, float a,
                     float b, float gamma, float shift, float negative_rate,
                     std::int32_t negative_runs, std::uint64_t seed, int n_threads) {
  const std::size_t n = positions.shape(0);
  const ContrastGraph graph =
      graph_of(vectors, heads, weights, degree, vertices, order, n, positions.shape(1));
  require(losses.shape(0) == 2 * n, "losses must hold two numbers per vertex");
  const ContrastShares far = shares_of(ratio, shares, degrees, n, n);
  nb::gil_scoped_release release;
  contrast_kernels().weighted_losses(graph, {a, b, gamma, shift, 0.0f}, far,
                                     {0.0f, negative_rate, negative_runs, seed, 0},
                                     positions.data(), losses.data(), n_threads);
}

void settle_weighted(Matrix<float> map, Matrix<float> copy, Matrix<std::int32_t> neighbors,
                     Matrix<float> weights, Vector<std::uint64_t> row_keys, Vector<float> ratio,
                     Vector<float> shares, Vector<float> degrees, OutMatrix places,
                     std::int64_t n_epochs, float a, float b, float gamma, float shift, float clip,
                     float learning_rate, float negative_rate, std::int32_t negative_runs,
                     std::uint64_t seed, int n_threads) {
  const ContrastRows rows = rows_of(map, copy, neighbors, weights, row_keys, places);
  const ContrastShares far = shares_of(ratio, shares, degrees, rows.rows, rows.n);
  nb::gil_scoped_release release;
  contrast_kernels().settle_weighted(rows, {a, b, gamma, shift, clip}, far,
                                     {learning_rate, negative_rate, negative_runs, seed, n_epochs},
                                     places.data(), n_threads);
}

void run_infonc(Vector<std::int64_t> vectors, Vector<std::int32_t> heads, Vector<float> weights,
                Vector<float> degree, Vector<std::int32_t> vertices, Vector<std::int32_t> order,
                OutMatrix positions, OutMatrix velocity, Out<std::int64_t> state,
                std::int64_t until, std::int64_t n_epochs, float exaggeration,
                std::int32_t negatives, float learning_rate, std::uint64_t seed, int n_threads) {
  const ContrastGraph graph = graph_of(vectors, heads, weights, degree, vertices, order,
                                       positions.shape(0), positions.shape(1));
  require_state(positions, velocity, state);
  require(negatives >= 1, "there must be negatives");
  nb::gil_scoped_release release;
  contrast_kernels().run_infonc(graph, {exaggeration, negatives},
                                {learning_rate, 0.0f, 0, seed, n_epochs}, positions.data(),
                                velocity.data(), state.data(), until, n_threads);
}

void infonc_losses(Vector<std::int64_t> vectors, Vector<std::int32_t> heads, Vector<float> weights,
                   Vector<float> degree, Vector<std::int32_t> vertices, Vector<std::int32_t> order,
                   Matrix<float> positions, Out<double> losses, float exaggeration,
                   std::int32_t negatives, std::uint64_t seed, int n_threads) {
  const ContrastGraph graph = graph_of(vectors, heads, weights, degree, vertices, order,
                                       positions.shape(0), positions.shape(1));
  require(losses.shape(0) == 2 * graph.n, "losses must hold two numbers per vertex");
  require(negatives >= 1, "there must be negatives");
  nb::gil_scoped_release release;
  contrast_kernels().infonc_losses(graph, {exaggeration, negatives}, {0.0f, 0.0f, 0, seed, 0},
                                   positions.data(), losses.data(), n_threads);
}

void settle_infonc(Matrix<float> map, Matrix<float> copy, Matrix<std::int32_t> neighbors,
                   Matrix<float> weights, Vector<std::uint64_t> row_keys, OutMatrix places,
                   std::int64_t n_epochs, float exaggeration, std::int32_t negatives,
                   float learning_rate, std::uint64_t seed, int n_threads) {
  const ContrastRows rows = rows_of(map, copy, neighbors, weights, row_keys, places);
  require(negatives >= 1, "there must be negatives");
  nb::gil_scoped_release release;
  contrast_kernels().settle_infonc(rows, {exaggeration, negatives},
                                   {learning_rate, 0.0f, 0, seed, n_epochs}, places.data(),
                                   n_threads);
}

void run_largevis(Vector<std::int32_t> heads, Vector<std::int32_t> tails, Vector<float> edge_accept,
                  Vector<std::int32_t> edge_other, Vector<float> vertex_accept,
                  Vector<std::int32_t> vertex_other, OutMatrix positions, Out<std::int64_t> state,
                  std::int64_t until, std::int64_t n_epochs, std::int64_t samples, float a, float b,
                  float gamma, float shift, float clip, float learning_rate, std::int32_t negatives,
                  std::uint64_t seed) {
  const std::size_t edges = heads.shape(0), n = positions.shape(0);
  require(edges >= 1 && tails.shape(0) == edges && edge_accept.shape(0) == edges &&
              edge_other.shape(0) == edges && vertex_accept.shape(0) == n &&
              vertex_other.shape(0) == n && state.shape(0) >= 1,
          "the arrays do not belong to one edge list");
  for (std::size_t e = 0; e < edges; ++e)
    require(heads.data()[e] >= 0 && tails.data()[e] >= 0 &&
                static_cast<std::size_t>(heads.data()[e]) < n &&
                static_cast<std::size_t>(tails.data()[e]) < n,
            "an edge leads to no vertex");
  const LargeVisArgs args{static_cast<int>(positions.shape(1)),
                          edges,
                          heads.data(),
                          tails.data(),
                          edge_accept.data(),
                          edge_other.data(),
                          n,
                          vertex_accept.data(),
                          vertex_other.data(),
                          learning_rate,
                          negatives,
                          seed,
                          n_epochs,
                          samples};
  nb::gil_scoped_release release;
  contrast_kernels().run_largevis(args, {a, b, gamma, shift, clip}, positions.data(), state.data(),
                                  until);
}

void make_alias(Vector<float> weights, Out<float> accept, Out<std::int32_t> other) {
  require(accept.shape(0) == weights.shape(0) && other.shape(0) == weights.shape(0),
          "weights, accept and other must have one length");
  nb::gil_scoped_release release;
  contrast_kernels().make_alias(weights.data(), weights.shape(0), accept.data(), other.data());
}

void weighted_repulsion(Matrix<double> points, Vector<double> weights, Out<double> sums, double a,
                        double shift, int n_threads) {
  const std::size_t n = points.shape(0);
  require(weights.shape(0) == n && sums.shape(0) == n, "there must be one weight and sum a point");
  nb::gil_scoped_release release;
  contrast_kernels().weighted_repulsion(points.data(), weights.data(), n, points.shape(1), a, shift,
                                        sums.data(), n_threads);
}

}  // namespace

void bind_contrast(nb::module_& m) {
  m.def("run_weighted", &run_weighted, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "degree"_a.noconvert(), "vertices"_a.noconvert(),
        "order"_a.noconvert(), "ratio"_a.noconvert(), "shares"_a.noconvert(),
        "degrees"_a.noconvert(), "positions"_a.noconvert(), "velocity"_a.noconvert(),
        "state"_a.noconvert(), nb::kw_only(), "until"_a, "n_epochs"_a, "a"_a, "b"_a, "gamma"_a,
        "shift"_a, "clip"_a, "learning_rate"_a, "negative_rate"_a, "negative_runs"_a, "seed"_a,
        "n_threads"_a, "Run epochs state[0] .. until - 1 in place; see weighted.hpp.");
  m.def("weighted_losses", &weighted_losses, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "degree"_a.noconvert(), "vertices"_a.noconvert(),
        "order"_a.noconvert(), "ratio"_a.noconvert(), "shares"_a.noconvert(),
        "degrees"_a.noconvert(), "positions"_a.noconvert(), "losses"_a.noconvert(), nb::kw_only(),
        "a"_a, "b"_a, "gamma"_a, "shift"_a, "negative_rate"_a, "negative_runs"_a, "seed"_a,
        "n_threads"_a, "Loss of every vertex, (attraction, repulsion); see weighted.hpp.");
  m.def("settle_weighted", &settle_weighted, "map"_a.noconvert(), "copy"_a.noconvert(),
        "neighbors"_a.noconvert(), "weights"_a.noconvert(), "row_keys"_a.noconvert(),
        "ratio"_a.noconvert(), "shares"_a.noconvert(), "degrees"_a.noconvert(),
        "places"_a.noconvert(), nb::kw_only(), "n_epochs"_a, "a"_a, "b"_a, "gamma"_a, "shift"_a,
        "clip"_a, "learning_rate"_a, "negative_rate"_a, "negative_runs"_a, "seed"_a, "n_threads"_a,
        "Settle new rows on a frozen map, in place; see settle.hpp and weighted.hpp.");
  m.def("run_infonc", &run_infonc, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "degree"_a.noconvert(), "vertices"_a.noconvert(),
        "order"_a.noconvert(), "positions"_a.noconvert(), "velocity"_a.noconvert(),
        "state"_a.noconvert(), nb::kw_only(), "until"_a, "n_epochs"_a, "exaggeration"_a,
        "negatives"_a, "learning_rate"_a, "seed"_a, "n_threads"_a,
        "Run epochs state[0] .. until - 1 in place; see infonc.hpp.");
  m.def("infonc_losses", &infonc_losses, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "degree"_a.noconvert(), "vertices"_a.noconvert(),
        "order"_a.noconvert(), "positions"_a.noconvert(), "losses"_a.noconvert(), nb::kw_only(),
        "exaggeration"_a, "negatives"_a, "seed"_a, "n_threads"_a,
        "Loss of every vertex, (attraction, ln S); see infonc.hpp.");
  m.def("settle_infonc", &settle_infonc, "map"_a.noconvert(), "copy"_a.noconvert(),
        "neighbors"_a.noconvert(), "weights"_a.noconvert(), "row_keys"_a.noconvert(),
        "places"_a.noconvert(), nb::kw_only(), "n_epochs"_a, "exaggeration"_a, "negatives"_a,
        "learning_rate"_a, "seed"_a, "n_threads"_a,
        "Settle new rows on a frozen map, in place; see infonc.hpp.");
  m.def("run_largevis", &run_largevis, "heads"_a.noconvert(), "tails"_a.noconvert(),
        "edge_accept"_a.noconvert(), "edge_other"_a.noconvert(), "vertex_accept"_a.noconvert(),
        "vertex_other"_a.noconvert(), "positions"_a.noconvert(), "state"_a.noconvert(),
        nb::kw_only(), "until"_a, "n_epochs"_a, "samples"_a, "a"_a, "b"_a, "gamma"_a, "shift"_a,
        "clip"_a, "learning_rate"_a, "negatives"_a, "seed"_a,
        "Run epochs state[0] .. until - 1 of LargeVis as published, in place; see largevis.hpp.");
  m.def("make_alias", &make_alias, "weights"_a.noconvert(), "accept"_a.noconvert(),
        "other"_a.noconvert(), "Alias table of weights; see alias.hpp.");
  m.def("weighted_repulsion", &weighted_repulsion, "points"_a.noconvert(), "weights"_a.noconvert(),
        "sums"_a.noconvert(), nb::kw_only(), "a"_a, "shift"_a, "n_threads"_a,
        "Weighted repulsive cost of every point with all others; see weighted_repulsion.hpp.");
}

}  // namespace umapkit
