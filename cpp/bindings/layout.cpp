#include "tables/layout.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <optional>

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

SampledArgs sampled_args(const Vector<std::int64_t>& vectors, const Vector<std::int32_t>& heads,
                         const Vector<float>& weights, const Vector<float>& degree,
                         const Vector<std::int32_t>& vertices, const Vector<std::int32_t>& order,
                         std::size_t n, std::size_t dim) {
  require(n >= 1 && dim >= 1, "there must be vertices and dimensions");
  require(vectors.shape(0) == n + 1 && vectors.data()[0] == 0 && degree.shape(0) == n &&
              vertices.shape(0) == n && order.shape(0) == n && heads.shape(0) == weights.shape(0) &&
              heads.shape(0) == static_cast<std::size_t>(vectors.data()[n]) * 16,
          "the arrays do not belong to one graph");
  SampledArgs args{};
  args.n = n;
  args.dim = static_cast<int>(dim);
  args.vectors = vectors.data();
  args.heads = heads.data();
  args.weights = weights.data();
  args.degree = degree.data();
  args.vertices = vertices.data();
  args.order = order.data();
  return args;
}

struct Schedule {
  std::int64_t until, n_epochs;
  float a, b, gamma, learning_rate, negative_rate;
  std::int32_t negative_runs;
  std::uint64_t seed;
};

void finish_args(SampledArgs& args, const Schedule& schedule, const OutMatrix& positions,
                 const OutMatrix& velocity, const Out<std::int64_t>& state) {
  require(
      velocity.shape(0) == args.n && velocity.shape(1) == positions.shape(1) && state.shape(0) >= 1,
      "velocity and state do not fit the positions");
  args.curve = {schedule.a, schedule.b, schedule.gamma};
  args.learning_rate = schedule.learning_rate;
  args.negative_rate = schedule.negative_rate;
  args.negative_runs = schedule.negative_runs;
  args.seed = schedule.seed;
  args.n_epochs = schedule.n_epochs;
}

void run_sampled(Vector<std::int64_t> vectors, Vector<std::int32_t> heads, Vector<float> weights,
                 Vector<float> degree, Vector<std::int32_t> vertices, Vector<std::int32_t> order,
                 OutMatrix positions, OutMatrix velocity, Out<std::int64_t> state,
                 std::int64_t until, std::int64_t n_epochs, float a, float b, float gamma,
                 float learning_rate, float negative_rate, std::int32_t negative_runs,
                 std::uint64_t seed, int n_threads) {
  SampledArgs args = sampled_args(vectors, heads, weights, degree, vertices, order,
                                  positions.shape(0), positions.shape(1));
  finish_args(args,
              {until, n_epochs, a, b, gamma, learning_rate, negative_rate, negative_runs, seed},
              positions, velocity, state);
  nb::gil_scoped_release release;
  layout_kernels().run_sampled(args, positions.data(), velocity.data(), state.data(), until,
                               n_threads);
}

void run_density(Vector<std::int64_t> vectors, Vector<std::int32_t> heads, Vector<float> weights,
                 Vector<float> degree, Vector<std::int32_t> vertices, Vector<std::int32_t> order,
                 Vector<double> radii, OutMatrix positions, OutMatrix velocity,
                 Out<std::int64_t> state, float density_weight, float var_shift, std::int64_t first,
                 std::int64_t until, std::int64_t n_epochs, float a, float b, float gamma,
                 float learning_rate, float negative_rate, std::int32_t negative_runs,
                 std::uint64_t seed, int n_threads) {
  SampledArgs args = sampled_args(vectors, heads, weights, degree, vertices, order,
                                  positions.shape(0), positions.shape(1));
  finish_args(args,
              {until, n_epochs, a, b, gamma, learning_rate, negative_rate, negative_runs, seed},
              positions, velocity, state);
  require(radii.shape(0) == args.n, "there must be one radius a vertex");
  const DensityArgs density{radii.data(), density_weight, var_shift, first};
  nb::gil_scoped_release release;
  layout_kernels().run_density(args, density, positions.data(), velocity.data(), state.data(),
                               until, n_threads);
}

void observed_losses(Vector<std::int64_t> vectors, Vector<std::int32_t> heads,
                     Vector<float> weights, Vector<float> degree, Vector<std::int32_t> vertices,
                     Vector<std::int32_t> order, Matrix<float> positions, Out<double> losses,
                     std::int64_t epoch, float a, float b, float gamma, float negative_rate,
                     std::int32_t negative_runs, std::uint64_t seed, int n_threads) {
  SampledArgs args = sampled_args(vectors, heads, weights, degree, vertices, order,
                                  positions.shape(0), positions.shape(1));
  require(losses.shape(0) == 2 * args.n, "losses must hold two numbers per vertex");
  args.curve = {a, b, gamma};
  args.negative_rate = negative_rate;
  args.negative_runs = negative_runs;
  args.seed = seed;
  nb::gil_scoped_release release;
  layout_kernels().observed_losses(args, positions.data(), epoch, losses.data(), n_threads);
}

void run_literal(Vector<std::int32_t> heads, Vector<std::int32_t> tails, Vector<float> weights,
                 OutMatrix positions, Out<double> next_edge, Out<double> next_negative,
                 Out<std::int64_t> state, std::int64_t until, std::int64_t n_epochs, float a,
                 float b, float gamma, float learning_rate, float negative_rate, std::uint64_t seed,
                 bool bernoulli, bool push_tail) {
  const std::size_t edges = heads.shape(0);
  require(tails.shape(0) == edges && weights.shape(0) == edges && next_edge.shape(0) == edges &&
              next_negative.shape(0) == edges && state.shape(0) >= 1,
          "the arrays do not belong to one edge list");
  const LiteralArgs args{positions.shape(0),
                         static_cast<int>(positions.shape(1)),
                         edges,
                         heads.data(),
                         tails.data(),
                         weights.data(),
                         {a, b, gamma},
                         learning_rate,
                         negative_rate,
                         seed,
                         n_epochs,
                         bernoulli,
                         push_tail};
  nb::gil_scoped_release release;
  layout_kernels().run_literal(args, positions.data(), next_edge.data(), next_negative.data(),
                               state.data(), until);
}

SettleArgs settle_args(const Matrix<float>& map, const Matrix<float>& copy,
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
  SettleArgs args{};
  args.n = map.shape(0);
  args.dim = static_cast<int>(map.shape(1));
  args.map = map.data();
  args.copy = copy.data();
  args.rows = rows;
  args.k = neighbors.shape(1);
  args.neighbors = neighbors.data();
  args.weights = weights.data();
  args.row_keys = row_keys.data();
  return args;
}

void settle(Matrix<float> map, Matrix<float> copy, Matrix<std::int32_t> neighbors,
            Matrix<float> weights, Vector<std::uint64_t> row_keys, OutMatrix places,
            std::int64_t n_epochs, float a, float b, float gamma, float learning_rate,
            float negative_rate, std::int32_t negative_runs, std::uint64_t seed, int n_threads,
            std::optional<Vector<double>> radii, double density_weight) {
  SettleArgs args = settle_args(map, copy, neighbors, weights, row_keys, places);
  require(!radii || radii->shape(0) == args.rows, "there must be one radius a row");
  args.curve = {a, b, gamma};
  args.learning_rate = learning_rate;
  args.negative_rate = negative_rate;
  args.negative_runs = negative_runs;
  args.seed = seed;
  args.n_epochs = n_epochs;
  const double* const targets = radii ? radii->data() : nullptr;
  nb::gil_scoped_release release;
  if (targets != nullptr)
    layout_kernels().settle_density(args, {targets, density_weight}, places.data(), n_threads);
  else
    layout_kernels().settle(args, places.data(), n_threads);
}

void input_radii(Vector<std::int64_t> indptr, Vector<std::int32_t> targets, Vector<float> weights,
                 Matrix<std::int32_t> indices, Matrix<float> distances, Out<double> radii,
                 bool both, int n_threads) {
  const std::size_t n = radii.shape(0);
  const bool sized = indptr.shape(0) == n + 1 && indices.shape(0) == n && distances.shape(0) == n &&
                     distances.shape(1) == indices.shape(1) &&
                     targets.shape(0) == weights.shape(0) && indptr.data()[0] == 0 &&
                     indptr.data()[n] == static_cast<std::int64_t>(targets.shape(0));
  require(sized, "the arrays do not belong to one graph and its lists");
  if (both)
    for (std::size_t e = 0; e < targets.shape(0); ++e)
      require(targets.data()[e] >= 0 && static_cast<std::size_t>(targets.data()[e]) < n,
              "an edge leads to no row");
  const InputRadiiArgs args{n,
                            indptr.data(),
                            targets.data(),
                            weights.data(),
                            indices.data(),
                            distances.data(),
                            indices.shape(1),
                            both};
  nb::gil_scoped_release release;
  layout_kernels().input_radii(args, radii.data(), n_threads);
}

void list_radii(Matrix<float> points, Matrix<float> map, Matrix<std::int32_t> lists,
                Out<double> radii, double a, double b, int n_threads) {
  const std::size_t rows = radii.shape(0);
  require(points.shape(0) == rows && lists.shape(0) == rows && points.shape(1) == map.shape(1),
          "the arrays do not belong to one set of rows");
  for (std::size_t e = 0; e < rows * lists.shape(1); ++e)
    require(lists.data()[e] < static_cast<std::int64_t>(map.shape(0)), "a list names no point");
  const ListRadiiArgs args{
      rows, points.shape(1), points.data(), map.data(), lists.data(), lists.shape(1), a, b};
  nb::gil_scoped_release release;
  layout_kernels().list_radii(args, radii.data(), n_threads);
}

void curve_values(Vector<float> s, Out<float> out, int which, float a, float b, float gamma) {
  require(s.shape(0) == out.shape(0), "s and out must have one length");
  layout_kernels().curve_values({a, b, gamma}, which, s.data(), out.data(), s.shape(0));
}

}  // namespace

void bind_layout(nb::module_& m) {
  m.attr("RISE") = kRise;
  m.def("run_sampled", &run_sampled, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "degree"_a.noconvert(), "vertices"_a.noconvert(),
        "order"_a.noconvert(), "positions"_a.noconvert(), "velocity"_a.noconvert(),
        "state"_a.noconvert(), nb::kw_only(), "until"_a, "n_epochs"_a, "a"_a, "b"_a, "gamma"_a,
        "learning_rate"_a, "negative_rate"_a, "negative_runs"_a, "seed"_a, "n_threads"_a,
        "Run epochs state[0] .. until - 1 of the sampled layout in place; see sampled.hpp.");
  m.def("run_density", &run_density, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "degree"_a.noconvert(), "vertices"_a.noconvert(),
        "order"_a.noconvert(), "radii"_a.noconvert(), "positions"_a.noconvert(),
        "velocity"_a.noconvert(), "state"_a.noconvert(), nb::kw_only(), "density_weight"_a,
        "var_shift"_a, "first"_a, "until"_a, "n_epochs"_a, "a"_a, "b"_a, "gamma"_a,
        "learning_rate"_a, "negative_rate"_a, "negative_runs"_a, "seed"_a, "n_threads"_a,
        "run_sampled with densities from epoch `first` on, in place; see density_step.hpp.");
  m.def("observed_losses", &observed_losses, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "degree"_a.noconvert(), "vertices"_a.noconvert(),
        "order"_a.noconvert(), "positions"_a.noconvert(), "losses"_a.noconvert(), nb::kw_only(),
        "epoch"_a, "a"_a, "b"_a, "gamma"_a, "negative_rate"_a, "negative_runs"_a, "seed"_a,
        "n_threads"_a,
        "Effective loss of every vertex, (attraction, repulsion); see observed_loss.hpp.");
  m.def("run_literal", &run_literal, "heads"_a.noconvert(), "tails"_a.noconvert(),
        "weights"_a.noconvert(), "positions"_a.noconvert(), "next_edge"_a.noconvert(),
        "next_negative"_a.noconvert(), "state"_a.noconvert(), nb::kw_only(), "until"_a,
        "n_epochs"_a, "a"_a, "b"_a, "gamma"_a, "learning_rate"_a, "negative_rate"_a, "seed"_a,
        "bernoulli"_a, "push_tail"_a,
        "Run epochs state[0] .. until - 1 of Algorithm 1 in place; see literal.hpp.");
  m.def("settle", &settle, "map"_a.noconvert(), "copy"_a.noconvert(), "neighbors"_a.noconvert(),
        "weights"_a.noconvert(), "row_keys"_a.noconvert(), "places"_a.noconvert(), nb::kw_only(),
        "n_epochs"_a, "a"_a, "b"_a, "gamma"_a, "learning_rate"_a, "negative_rate"_a,
        "negative_runs"_a, "seed"_a, "n_threads"_a, "radii"_a.noconvert() = nb::none(),
        "density_weight"_a = 0.0,
        "Settle new rows on a frozen map, in place; see settle.hpp. With radii: towards those, see "
        "density_settle.hpp.");
  m.def("input_radii", &input_radii, "indptr"_a.noconvert(), "targets"_a.noconvert(),
        "weights"_a.noconvert(), "indices"_a.noconvert(), "distances"_a.noconvert(),
        "radii"_a.noconvert(), nb::kw_only(), "both"_a, "n_threads"_a,
        "Log radii of data from memberships and lists; see density_radii.hpp.");
  m.def("list_radii", &list_radii, "points"_a.noconvert(), "map"_a.noconvert(),
        "lists"_a.noconvert(), "radii"_a.noconvert(), nb::kw_only(), "a"_a, "b"_a, "n_threads"_a,
        "Log radii of points on a map from lists; see density_radii.hpp.");
  m.def("curve_values", &curve_values, "s"_a.noconvert(), "out"_a.noconvert(), nb::kw_only(),
        "which"_a, "a"_a, "b"_a, "gamma"_a,
        "For the tests. which: 0, 1 force coefficients of attraction and repulsion, 2, 3 their "
        "costs at squared distances s; 4 log2, 5 exp2.");
}

}  // namespace umapkit
