#include "tables/quality.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <stdexcept>

namespace nb = nanobind;
using namespace nb::literals;

namespace umapkit {

namespace {

template <class T>
using Vector = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void need(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(what);
}

template <class Queries>
void check_queries(const Matrix<const float>& data, const Queries& queries,
                   const Vector<const std::int64_t>& self) {
  need(queries.shape(1) == data.shape(1), "queries and data must have the same width");
  need(self.shape(0) == queries.shape(0), "self must have one entry for each query");
  need(data.shape(0) < (std::size_t{1} << 31), "more than 2^31 rows");
}

void check_listed(const Matrix<const std::int32_t>& listed, std::size_t m, std::size_t n) {
  need(listed.shape(0) == m, "listed must have one row for each query");
  for (std::size_t i = 0; i < listed.size(); ++i)
    need(listed.data()[i] >= 0 && static_cast<std::size_t>(listed.data()[i]) < n,
         "listed names a row that does not exist");
}

template <QualityTable::Nearest QualityTable::* Kernel>
void nearest(Matrix<const float> data, Matrix<const float> queries, Vector<const std::int64_t> self,
             Matrix<std::int32_t> indices, Matrix<double> distances, int n_threads) {
  check_queries(data, queries, self);
  const std::size_t m = queries.shape(0), k = indices.shape(1), n = data.shape(0);
  need(indices.shape(0) == m && distances.shape(0) == m && distances.shape(1) == k,
       "indices and distances must have one row for each query and k columns");
  for (std::size_t i = 0; i < m; ++i)
    need(k + (self.data()[i] >= 0 ? 1 : 0) <= n, "k is more than the rows there are");
  const nb::gil_scoped_release release;
  (quality_kernels().*Kernel)(data.data(), n, data.shape(1), queries.data(), m, self.data(), k,
                              indices.data(), distances.data(), n_threads);
}

}  // namespace

void bind_quality(nb::module_& m) {
  m.def("quality_nearest_rows", &nearest<&QualityTable::nearest_rows>, "data"_a.noconvert(),
        "queries"_a.noconvert(), "self"_a.noconvert(), "indices"_a.noconvert(),
        "distances"_a.noconvert(), "n_threads"_a,
        "k nearest rows by looking at all of them; squared distances.");
  m.def("quality_nearest_points", &nearest<&QualityTable::nearest_points>, "data"_a.noconvert(),
        "queries"_a.noconvert(), "self"_a.noconvert(), "indices"_a.noconvert(),
        "distances"_a.noconvert(), "n_threads"_a, "The same by a k-d tree, for few dimensions.");
  m.def(
      "quality_rank_rows",
      [](Matrix<const float> data, Matrix<const float> queries, Vector<const std::int64_t> self,
         Matrix<const std::int32_t> listed, Matrix<std::int32_t> ranks, int n_threads) {
        check_queries(data, queries, self);
        check_listed(listed, queries.shape(0), data.shape(0));
        need(ranks.shape(0) == listed.shape(0) && ranks.shape(1) == listed.shape(1),
             "ranks must have the shape of listed");
        const nb::gil_scoped_release release;
        quality_kernels().rank_rows(data.data(), data.shape(0), data.shape(1), queries.data(),
                                    queries.shape(0), self.data(), listed.data(), listed.shape(1),
                                    ranks.data(), n_threads);
      },
      "data"_a.noconvert(), "queries"_a.noconvert(), "self"_a.noconvert(), "listed"_a.noconvert(),
      "ranks"_a.noconvert(), "n_threads"_a, "Rank of listed rows among all rows, nearest is 1.");
  m.def(
      "quality_listed_distances",
      [](Matrix<const float> data, Matrix<const float> queries, Matrix<const std::int32_t> listed,
         Matrix<double> distances, int n_threads) {
        need(queries.shape(1) == data.shape(1), "queries and data must have the same width");
        check_listed(listed, queries.shape(0), data.shape(0));
        need(distances.shape(0) == listed.shape(0) && distances.shape(1) == listed.shape(1),
             "distances must have the shape of listed");
        const nb::gil_scoped_release release;
        quality_kernels().listed_distances(data.data(), data.shape(1), queries.data(),
                                           queries.shape(0), listed.data(), listed.shape(1),
                                           distances.data(), n_threads);
      },
      "data"_a.noconvert(), "queries"_a.noconvert(), "listed"_a.noconvert(),
      "distances"_a.noconvert(), "n_threads"_a, "Squared distances to listed rows.");
  m.def(
      "quality_silhouette_rows",
      [](Matrix<const float> points, Vector<const std::int64_t> starts,
         Vector<const std::int64_t> queries, Vector<double> out, int n_threads) {
        const auto n = static_cast<std::int64_t>(points.shape(0));
        need(starts.shape(0) >= 2 && starts.data()[0] == 0 &&
                 starts.data()[starts.shape(0) - 1] == n,
             "starts must run from 0 to the number of points");
        for (std::size_t c = 0; c + 1 < starts.shape(0); ++c)
          need(starts.data()[c] < starts.data()[c + 1], "starts must increase");
        need(out.shape(0) == queries.shape(0), "out must have one entry for each query");
        for (std::size_t i = 0; i < queries.shape(0); ++i)
          need(queries.data()[i] >= 0 && queries.data()[i] < n, "a query does not exist");
        const nb::gil_scoped_release release;
        quality_kernels().silhouette_rows(points.data(), points.shape(0), points.shape(1),
                                          starts.data(), starts.shape(0) - 1, queries.data(),
                                          queries.shape(0), out.data(), n_threads);
      },
      "points"_a.noconvert(), "starts"_a.noconvert(), "queries"_a.noconvert(), "out"_a.noconvert(),
      "n_threads"_a, "Silhouettes of points that are sorted by cluster.");
  m.def(
      "quality_distance_rows",
      [](int far, Matrix<const float> data, Matrix<const float> queries, Matrix<double> out,
         int n_threads) {
        need(0 <= far && far <= 3, "no such distance");
        need(queries.shape(1) == data.shape(1), "queries and data must have the same width");
        need(out.shape(0) == queries.shape(0) && out.shape(1) == data.shape(0),
             "out must have one row for each query and one column for each row of data");
        const nb::gil_scoped_release release;
        quality_kernels().distance_rows(far, data.data(), data.shape(0), data.shape(1),
                                        queries.data(), queries.shape(0), out.data(), n_threads);
      },
      "far"_a, "data"_a.noconvert(), "queries"_a.noconvert(), "out"_a.noconvert(), "n_threads"_a,
      "Distances of queries to all rows: squared, Manhattan, Chebyshev, or unequal columns.");
  m.def(
      "quality_pair_repulsion",
      [](Matrix<const double> points, double a, double b, double floor, bool after,
         Vector<double> sums, Vector<std::int64_t> coincident, int n_threads) {
        need(sums.shape(0) == points.shape(0) && coincident.shape(0) == points.shape(0),
             "sums and coincident must have one entry for each point");
        need(a > 0.0 && b > 0.0 && floor >= 0.0, "a and b must be positive, floor not negative");
        const nb::gil_scoped_release release;
        quality_kernels().pair_repulsion(points.data(), points.shape(0), points.shape(1), a, b,
                                         floor, after, sums.data(), coincident.data(), n_threads);
      },
      "points"_a.noconvert(), "a"_a, "b"_a, "floor"_a, "after"_a, "sums"_a.noconvert(),
      "coincident"_a.noconvert(), "n_threads"_a, "Repulsive cost of each point with all others.");
}

}  // namespace umapkit
