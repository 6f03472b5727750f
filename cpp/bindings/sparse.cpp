#include "tables/sparse.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <bit>
#include <optional>
#include <stdexcept>

namespace nb = nanobind;
using namespace nb::literals;

namespace umapkit {

namespace {

template <class T, int N>
using In = nb::ndarray<const T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
template <class T, int N>
using Out = nb::ndarray<T, nb::ndim<N>, nb::c_contig, nb::device::cpu>;
using Free = nb::call_guard<nb::gil_scoped_release>;

void require(bool ok, const char* what) {
  if (!ok) throw std::invalid_argument(what);
}

// Rows that Python holds; the arrays are kept by this object, the pointers are for the kernels.
struct Rows {
  In<std::int64_t, 1> indptr;
  In<std::int32_t, 1> indices;
  In<float, 1> values;
  std::optional<In<double, 1>> shifts;
  std::optional<In<double, 2>> sums;
  std::size_t d;

  CsrRows view() const {
    return {indptr.shape(0) - 1,
            d,
            indptr.data(),
            indices.data(),
            values.data(),
            shifts ? shifts->data() : nullptr,
            sums ? sums->data() : nullptr};
  }
};

void check_lines(const In<std::int64_t, 1>& starts, std::size_t entries, const char* what) {
  require(starts.shape(0) >= 1 && starts(0) == 0, what);
  for (std::size_t i = 1; i < starts.shape(0); ++i) require(starts(i - 1) <= starts(i), what);
  require(static_cast<std::size_t>(starts(starts.shape(0) - 1)) == entries, what);
}

Rows* make_rows(In<std::int64_t, 1> indptr, In<std::int32_t, 1> indices, In<float, 1> values,
                std::size_t d, std::optional<In<double, 1>> shifts,
                std::optional<In<double, 2>> sums) {
  require(indices.shape(0) == values.shape(0), "one value an index");
  check_lines(indptr, indices.shape(0), "indptr: ascending, from 0 to the number of entries");
  const std::size_t n = indptr.shape(0) - 1;
  require(!shifts || shifts->shape(0) == n, "shifts: (n,)");
  require(!sums || (sums->shape(0) == 2 && sums->shape(1) == n), "sums: (2, n)");
  return new Rows{indptr, indices, values, shifts, sums, d};
}

struct Columns {
  In<std::int32_t, 1> names;
  In<std::int64_t, 1> starts;
  In<std::int32_t, 1> rows;
  In<float, 1> values;

  Postings view() const {
    return {names.shape(0), names.data(), starts.data(), rows.data(), values.data()};
  }
};

Columns* make_columns(In<std::int32_t, 1> names, In<std::int64_t, 1> starts,
                      In<std::int32_t, 1> rows, In<float, 1> values, std::size_t n) {
  require(rows.shape(0) == values.shape(0) && starts.shape(0) == names.shape(0) + 1,
          "one value a row, one start a name and one more");
  check_lines(starts, rows.shape(0), "starts: ascending, from 0 to the number of entries");
  for (std::size_t e = 0; e < rows.shape(0); ++e)
    require(rows(e) >= 0 && static_cast<std::size_t>(rows(e)) < n, "rows: below n");
  return new Columns{names, starts, rows, values};
}

void hash_rows(const Rows& x, Out<std::uint64_t, 1> hashes, int n_threads) {
  require(hashes.shape(0) == x.view().n, "one hash a row");
  sparse_kernels().hash_rows(x.view(), hashes.data(), n_threads);
}

void fill_table(const Rows& x, In<std::uint64_t, 1> hashes, Out<std::int64_t, 1> table,
                Out<std::int64_t, 1> first) {
  const std::size_t n = x.view().n;
  require(hashes.shape(0) == n && first.shape(0) == n, "one hash, one first a row");
  require(std::has_single_bit(table.shape(0)) && table.shape(0) > n,
          "the capacity must be a power of two above the number of rows");
  sparse_kernels().fill_table(x.view(), hashes.data(), table.data(), table.shape(0), first.data());
}

void find_rows(const Rows& queries, const Rows& x, In<std::uint64_t, 1> hashes,
               In<std::int64_t, 1> table, Out<std::int64_t, 1> found, int n_threads) {
  require(hashes.shape(0) == x.view().n && found.shape(0) == queries.view().n,
          "one hash a row, one answer a query");
  require(std::has_single_bit(table.shape(0)) && table.shape(0) > x.view().n,
          "the capacity must be a power of two above the number of rows");
  sparse_kernels().find_rows(queries.view(), x.view(), hashes.data(), table.data(), table.shape(0),
                             found.data(), n_threads);
}

void row_sums(int metric, double order, const Rows& rows, Out<double, 2> out, int n_threads) {
  require(out.shape(0) == 2 && out.shape(1) == rows.view().n, "out: (2, n)");
  sparse_kernels().row_sums(metric, order, rows.view(), out.data(), n_threads);
}

void nearest(int metric, int formula, bool root, double scale, double order, const Rows& queries,
             const Rows& table, const Columns& postings, std::optional<In<std::int32_t, 1>> self,
             Out<std::int32_t, 2> ids, Out<float, 2> distances, int n_threads) {
  const std::size_t m = queries.view().n;
  require(queries.sums && table.sums, "sums of queries and table");
  require(queries.shifts.has_value() == table.shifts.has_value(), "shifts: both or none");
  require(ids.shape(0) == m && distances.shape(0) == m && ids.shape(1) == distances.shape(1),
          "ids, distances: (m, k)");
  require(!self || self->shape(0) == m, "self: (m,)");
  sparse_kernels().nearest({metric, formula, root, scale, order}, queries.view(), table.view(),
                           postings.view(), self ? self->data() : nullptr,
                           static_cast<int>(ids.shape(1)), ids.data(), distances.data(), n_threads);
}

void rank(int metric, int formula, bool root, double scale, double power, const Rows& rows,
          In<std::int32_t, 1> order, In<std::uint32_t, 2> candidates, Out<float, 2> keys,
          Out<std::uint32_t, 2> ids, int n_threads) {
  const std::size_t n = rows.view().n;
  require(order.shape(0) == n && candidates.shape(0) == n && keys.shape(0) == n &&
              ids.shape(0) == n && keys.shape(1) == ids.shape(1) && keys.shape(1) >= 1,
          "n rows each");
  sparse_kernels().rank({metric, formula, root, scale, power}, rows.view(), order.data(),
                        candidates.data(), static_cast<int>(candidates.shape(1)),
                        static_cast<int>(keys.shape(1)), keys.data(), ids.data(), n_threads);
}

int descend(int metric, int formula, bool root, double scale, double order, const Rows& rows,
            int reach, int first, int rounds, std::size_t enough, std::uint64_t seed,
            Out<float, 2> keys, Out<std::uint32_t, 2> ids, int n_threads) {
  const std::size_t n = rows.view().n;
  require(keys.shape(0) == n && ids.shape(0) == n && keys.shape(1) == ids.shape(1) &&
              keys.shape(1) >= 1 && reach >= 1 && first >= 0,
          "keys, ids: (n, k)");
  return sparse_kernels().descend({metric, formula, root, scale, order}, rows.view(),
                                  static_cast<int>(keys.shape(1)), reach, first, rounds, enough,
                                  seed, keys.data(), ids.data(), n_threads);
}

void scores(const Rows& rows, const Columns& columns, In<double, 1> means, int iterations,
            Out<float, 2> axes, Out<float, 2> out, int n_threads) {
  const std::size_t u = columns.view().columns, p = axes.shape(0);
  require(axes.shape(1) == u && means.shape(0) == u && p % 16 == 0 && p >= 16 && p <= 64 && p <= u,
          "axes: (16 j, u), at most 64, means: (u,)");
  require(out.shape(0) == rows.view().n && out.shape(1) == p, "out: (n, p)");
  for (std::size_t e = 0; e < rows.indices.shape(0); ++e)
    require(rows.indices(e) >= 0 && static_cast<std::size_t>(rows.indices(e)) < u,
            "indices: below u");
  sparse_kernels().scores(rows.view(), columns.view(), means.data(), p, iterations, axes.data(),
                          out.data(), n_threads);
}

}  // namespace

void bind_sparse(nb::module_& m) {
  nb::class_<Rows>(m, "SparseRows")
      .def(nb::new_(&make_rows), "indptr"_a.noconvert(), "indices"_a.noconvert(),
           "values"_a.noconvert(), "n_columns"_a, "shifts"_a.noconvert().none() = nb::none(),
           "sums"_a.noconvert().none() = nb::none());
  nb::class_<Columns>(m, "SparseColumns")
      .def(nb::new_(&make_columns), "names"_a.noconvert(), "starts"_a.noconvert(),
           "rows"_a.noconvert(), "values"_a.noconvert(), "n_rows"_a);
  m.def("sparse_hash_rows", &hash_rows, "x"_a, "hashes"_a.noconvert(), "n_threads"_a, Free());
  m.def("sparse_fill_table", &fill_table, "x"_a, "hashes"_a.noconvert(), "table"_a.noconvert(),
        "first"_a.noconvert(), Free());
  m.def("sparse_find_rows", &find_rows, "queries"_a, "x"_a, "hashes"_a.noconvert(),
        "table"_a.noconvert(), "found"_a.noconvert(), "n_threads"_a, Free());
  m.def("sparse_row_sums", &row_sums, "metric"_a, "order"_a, "rows"_a, "out"_a.noconvert(),
        "n_threads"_a, Free());
  m.def("sparse_nearest", &nearest, "metric"_a, "formula"_a, "root"_a, "scale"_a, "order"_a,
        "queries"_a, "table"_a, "postings"_a, "self_rows"_a.noconvert().none(), "ids"_a.noconvert(),
        "distances"_a.noconvert(), "n_threads"_a, Free());
  m.def("sparse_rank", &rank, "metric"_a, "formula"_a, "root"_a, "scale"_a, "power"_a, "rows"_a,
        "order"_a.noconvert(), "candidates"_a.noconvert(), "keys"_a.noconvert(),
        "ids"_a.noconvert(), "n_threads"_a, Free());
  m.def("sparse_descend", &descend, "metric"_a, "formula"_a, "root"_a, "scale"_a, "order"_a,
        "rows"_a, "reach"_a, "first"_a, "rounds"_a, "enough"_a, "seed"_a, "keys"_a.noconvert(),
        "ids"_a.noconvert(), "n_threads"_a, Free());
  m.def("sparse_scores", &scores, "rows"_a, "columns"_a, "means"_a.noconvert(), "iterations"_a,
        "axes"_a.noconvert(), "out"_a.noconvert(), "n_threads"_a, Free());
}

}  // namespace umapkit
