#include "tables/distances.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <cstdint>
#include <optional>
#include <stdexcept>

namespace nb = nanobind;
using namespace nb::literals;

namespace umapkit {

namespace {

template <class T>
using Matrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void warp_rows(Matrix<const float> queries, Matrix<const float> table, std::size_t steps,
               bool path_mean, Matrix<double> costs) {
  const std::size_t d = table.shape(1);
  if (queries.shape(1) != d || costs.shape(0) != queries.shape(0) ||
      costs.shape(1) != table.shape(0))
    throw std::invalid_argument("queries (m, d), table (n, d) and costs (m, n) do not fit");
  if (steps == 0 || d == 0 || d % steps != 0)
    throw std::invalid_argument("steps must divide the number of columns");
  const nb::gil_scoped_release release;
  distances_kernels().warp_rows(queries.data(), queries.shape(0), table.data(), table.shape(0),
                                steps, d / steps, path_mean, costs.data());
}

void nearest_bits(int formula, Matrix<const std::uint64_t> queries,
                  Matrix<const std::uint64_t> table, double d,
                  std::optional<nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig>> self,
                  Matrix<std::int32_t> ids, Matrix<float> distances, int n_threads) {
  const std::size_t m = queries.shape(0), words = table.shape(1);
  if (queries.shape(1) != words || words == 0 || ids.shape(0) != m || distances.shape(0) != m ||
      ids.shape(1) != distances.shape(1) || ids.shape(1) == 0 || (self && self->shape(0) != m))
    throw std::invalid_argument(
        "queries (m, words), table (n, words), self (m,), ids and distances (m, k) do not fit");
  const nb::gil_scoped_release release;
  distances_kernels().nearest_bits(formula, queries.data(), m, table.data(), table.shape(0), words,
                                   d, self ? self->data() : nullptr, static_cast<int>(ids.shape(1)),
                                   ids.data(), distances.data(), n_threads);
}

void check_transport(const Matrix<const float>& queries, const Matrix<const float>& table,
                     const Matrix<const double>& cost, const Matrix<double>& costs) {
  const std::size_t d = table.shape(1);
  if (queries.shape(1) != d || costs.shape(0) != queries.shape(0) ||
      costs.shape(1) != table.shape(0))
    throw std::invalid_argument("queries (m, d), table (n, d) and costs (m, n) do not fit");
  if (cost.shape(0) != d || cost.shape(1) != d)
    throw std::invalid_argument("cost must have one row and one column for every bin");
}

void transport_rows(Matrix<const float> queries, Matrix<const float> table,
                    Matrix<const double> cost, Matrix<double> costs) {
  check_transport(queries, table, cost, costs);
  const nb::gil_scoped_release release;
  distances_kernels().transport_rows(queries.data(), queries.shape(0), table.data(), table.shape(0),
                                     table.shape(1), cost.data(), costs.data());
}

void sinkhorn_rows(Matrix<const float> queries, Matrix<const float> table,
                   Matrix<const double> kernel, Matrix<const double> cost, std::size_t rounds,
                   double tolerance, Matrix<double> costs) {
  check_transport(queries, table, kernel, costs);
  check_transport(queries, table, cost, costs);
  const nb::gil_scoped_release release;
  distances_kernels().sinkhorn_rows(queries.data(), queries.shape(0), table.data(), table.shape(0),
                                    table.shape(1), kernel.data(), cost.data(), rounds, tolerance,
                                    costs.data());
}

}  // namespace

void bind_distances(nb::module_& m) {
  m.def("warp_rows", &warp_rows, "queries"_a.noconvert(), "table"_a.noconvert(), "steps"_a,
        "path_mean"_a, "costs"_a.noconvert(), "Dynamic time warping of every query and row.");
  m.def("nearest_bits", &nearest_bits, "formula"_a, "queries"_a.noconvert(), "table"_a.noconvert(),
        "d"_a, "self_rows"_a.noconvert().none(), "ids"_a.noconvert(), "distances"_a.noconvert(),
        "n_threads"_a, "The nearest rows of packed truth values, by counts.");
  m.def("transport_rows", &transport_rows, "queries"_a.noconvert(), "table"_a.noconvert(),
        "cost"_a.noconvert(), "costs"_a.noconvert(), "Optimal transport of every query and row.");
  m.def("sinkhorn_rows", &sinkhorn_rows, "queries"_a.noconvert(), "table"_a.noconvert(),
        "kernel"_a.noconvert(), "cost"_a.noconvert(), "rounds"_a, "tolerance"_a,
        "costs"_a.noconvert(), "Entropic transport of every query and row.");
}

}  // namespace umapkit
