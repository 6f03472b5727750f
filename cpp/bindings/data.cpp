#include "tables/data.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <bit>
#include <stdexcept>

namespace nb = nanobind;

namespace umapkit {

namespace {

using Rows = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Hashes = nb::ndarray<const std::uint64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using HashesOut = nb::ndarray<std::uint64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Indices = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using IndicesOut = nb::ndarray<std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// The Python side allocates; a wrong size here would be a write outside of the array.
void need(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(what);
}

nb::tuple find_not_finite(Rows x, int n_threads) {
  std::int64_t report[3];
  {
    nb::gil_scoped_release release;
    data_kernels().find_not_finite(x.data(), x.shape(0) * x.shape(1), report, n_threads);
  }
  return nb::make_tuple(report[0], report[1], report[2]);
}

void hash_rows(Rows x, HashesOut hashes, int n_threads) {
  need(hashes.shape(0) == x.shape(0), "one hash a row");
  nb::gil_scoped_release release;
  data_kernels().hash_rows(x.data(), x.shape(0), x.shape(1), hashes.data(), n_threads);
}

void fill_table(Rows x, Hashes hashes, IndicesOut table, IndicesOut first) {
  need(hashes.shape(0) == x.shape(0) && first.shape(0) == x.shape(0), "one hash, one first a row");
  need(std::has_single_bit(table.shape(0)) && table.shape(0) > x.shape(0),
       "the capacity must be a power of two above the number of rows");
  nb::gil_scoped_release release;
  data_kernels().fill_table(x.data(), x.shape(0), x.shape(1), hashes.data(), table.data(),
                            table.shape(0), first.data());
}

void find_rows(Rows queries, Rows x, Hashes hashes, Indices table, IndicesOut found,
               int n_threads) {
  need(queries.shape(1) == x.shape(1), "queries and rows must have the same number of columns");
  need(hashes.shape(0) == x.shape(0) && found.shape(0) == queries.shape(0),
       "one hash a row, one answer a query");
  need(std::has_single_bit(table.shape(0)) && table.shape(0) > x.shape(0),
       "the capacity must be a power of two above the number of rows");
  nb::gil_scoped_release release;
  data_kernels().find_rows(queries.data(), queries.shape(0), x.data(), x.shape(1), hashes.data(),
                           table.data(), table.shape(0), found.data(), n_threads);
}

}  // namespace

void bind_data(nb::module_& m) {
  m.def("find_not_finite", &find_not_finite, nb::arg("x").noconvert(), nb::arg("n_threads"),
        "Flat position of the first value that is not finite (-1: none), NaNs, infinities.");
  m.def("hash_rows", &hash_rows, nb::arg("x").noconvert(), nb::arg("hashes").noconvert(),
        nb::arg("n_threads"), "One 64-bit hash a row.");
  m.def("fill_table", &fill_table, nb::arg("x").noconvert(), nb::arg("hashes").noconvert(),
        nb::arg("table").noconvert(), nb::arg("first").noconvert(),
        "Hash table of the distinct rows, and the first equal of every row.");
  m.def("find_rows", &find_rows, nb::arg("queries").noconvert(), nb::arg("x").noconvert(),
        nb::arg("hashes").noconvert(), nb::arg("table").noconvert(), nb::arg("found").noconvert(),
        nb::arg("n_threads"), "Lowest-index equal row of every query, or -1.");
}

}  // namespace umapkit
