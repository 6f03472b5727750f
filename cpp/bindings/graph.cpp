#include "tables/graph.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace umapkit {

namespace {

template <class T, int D>
using Array = nb::ndarray<T, nb::ndim<D>, nb::c_contig, nb::device::cpu>;

// Row pointers of n rows, and as many columns and values as they end at.
template <class Indptr, class Indices, class Data>
void check_csr(const Indptr& indptr, const Indices& indices, const Data& data, std::size_t n) {
  if (indptr.shape(0) != n + 1 || indptr.data()[0] != 0)
    throw nb::value_error("indptr must have one entry more than there are rows, the first 0");
  for (std::size_t i = 0; i < n; ++i)
    if (indptr.data()[i + 1] < indptr.data()[i]) throw nb::value_error("indptr must not fall");
  const auto size = static_cast<std::size_t>(indptr.data()[n]);
  if (indices.shape(0) != size || data.shape(0) != size)
    throw nb::value_error("indices and data must be as long as indptr says");
}

template <class Indptr>
std::size_t rows_of(const Indptr& indptr) {
  if (indptr.shape(0) == 0) throw nb::value_error("indptr must not be empty");
  return indptr.shape(0) - 1;
}

double find_bandwidths(Array<const float, 2> distances, std::size_t first, double connectivity,
                       double target, double mean_distance, Array<float, 1> sigmas,
                       Array<float, 1> rhos, int n_threads) {
  if (sigmas.shape(0) != distances.shape(0) || rhos.shape(0) != distances.shape(0))
    throw nb::value_error("sigmas and rhos must have one entry for every row");
  const nb::gil_scoped_release unlocked;
  return graph_kernels().find_bandwidths(distances.data(), distances.shape(0), distances.shape(1),
                                         first, connectivity, target, mean_distance, sigmas.data(),
                                         rhos.data(), n_threads);
}

void find_memberships(Array<const std::int32_t, 2> indices, Array<const float, 2> distances,
                      Array<const float, 1> sigmas, Array<const float, 1> rhos, bool bipartite,
                      Array<std::int32_t, 2> targets, Array<float, 2> values,
                      Array<std::int32_t, 1> counts, int n_threads) {
  const std::size_t n = indices.shape(0);
  const std::size_t k = indices.shape(1);
  for (const auto& a : {distances.shape(0), targets.shape(0), values.shape(0), counts.shape(0),
                        sigmas.shape(0), rhos.shape(0)})
    if (a != n) throw nb::value_error("all arrays must have the same number of rows");
  if (distances.shape(1) != k || targets.shape(1) != k || values.shape(1) != k)
    throw nb::value_error("all tables must have the same number of columns");
  const nb::gil_scoped_release unlocked;
  graph_kernels().find_memberships(indices.data(), distances.data(), sigmas.data(), rhos.data(), n,
                                   k, bipartite, targets.data(), values.data(), counts.data(),
                                   n_threads);
}

void unite(Array<const std::int64_t, 1> begins, Array<const std::int32_t, 1> counts,
           Array<const std::int32_t, 1> targets, Array<const float, 1> values, double ratio,
           Array<std::int64_t, 1> indptr, Array<std::int32_t, 1> columns, Array<float, 1> united,
           int n_threads) {
  const std::size_t n = begins.shape(0);
  if (counts.shape(0) != n || indptr.shape(0) != n + 1)
    throw nb::value_error("counts must have n entries, indptr n + 1");
  if (targets.shape(0) != values.shape(0))
    throw nb::value_error("targets and values must have one length");
  const auto size = static_cast<std::int64_t>(targets.shape(0));
  std::size_t edges = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t begin = begins.data()[i], count = counts.data()[i];
    if (begin < 0 || count < 0 || begin > size - count)
      throw nb::value_error("a list ends beyond the last edge");
    edges += static_cast<std::size_t>(count);
  }
  if (columns.shape(0) < 2 * edges || united.shape(0) < 2 * edges)
    throw nb::value_error("columns and united must have room for twice the edges");
  const nb::gil_scoped_release unlocked;
  graph_kernels().unite(n, begins.data(), counts.data(), targets.data(), values.data(), ratio,
                        indptr.data(), columns.data(), united.data(), n_threads);
}

void conditional_affinities(Array<const std::int32_t, 2> indices, Array<const float, 2> distances,
                            bool own, Array<const double, 1> log_perplexities,
                            Array<std::int32_t, 2> targets, Array<float, 2> values,
                            Array<std::int32_t, 1> counts, int n_threads) {
  const std::size_t n = indices.shape(0), k = indices.shape(1);
  if (distances.shape(0) != n || targets.shape(0) != n || values.shape(0) != n ||
      counts.shape(0) != n || distances.shape(1) != k || targets.shape(1) != k ||
      values.shape(1) != k)
    throw nb::value_error("all tables must have the same shape");
  if (log_perplexities.shape(0) == 0) throw nb::value_error("there must be a perplexity");
  const nb::gil_scoped_release unlocked;
  graph_kernels().conditional_affinities(indices.data(), distances.data(), n, k, own,
                                         log_perplexities.data(), log_perplexities.shape(0),
                                         targets.data(), values.data(), counts.data(), n_threads);
}

void count_padded(Array<const std::int64_t, 1> indptr, Array<const float, 1> data, float top,
                  float least, Array<const std::int32_t, 1> vertices,
                  Array<std::int64_t, 1> vectors, Array<float, 1> degree, int n_threads) {
  const std::size_t n = rows_of(indptr);
  check_csr(indptr, data, data, n);
  if (vectors.shape(0) != n + 1 || degree.shape(0) != n || vertices.shape(0) != n)
    throw nb::value_error("vectors must have n + 1 entries, degree and vertices n");
  const nb::gil_scoped_release unlocked;
  graph_kernels().count_padded(n, indptr.data(), data.data(), top, least, vertices.data(),
                               vectors.data(), degree.data(), n_threads);
}

void fill_padded(Array<const std::int64_t, 1> indptr, Array<const std::int32_t, 1> indices,
                 Array<const float, 1> data, float top, float least,
                 Array<const std::int32_t, 1> vertices, Array<const std::int32_t, 1> places,
                 Array<const std::int64_t, 1> vectors, Array<std::int32_t, 1> heads,
                 Array<float, 1> weights, int n_threads) {
  const std::size_t n = rows_of(indptr);
  check_csr(indptr, indices, data, n);
  if (vectors.shape(0) != n + 1 || vertices.shape(0) != n || places.shape(0) != n ||
      heads.shape(0) != weights.shape(0) ||
      heads.shape(0) != static_cast<std::size_t>(vectors.data()[n]) * 16)
    throw nb::value_error("heads and weights must be as long as vectors says");
  const nb::gil_scoped_release unlocked;
  graph_kernels().fill_padded(n, indptr.data(), indices.data(), data.data(), top, least,
                              vertices.data(), places.data(), vectors.data(), heads.data(),
                              weights.data(), n_threads);
}

}  // namespace

void bind_graph(nb::module_& m) {
  m.def("find_bandwidths", &find_bandwidths, "distances"_a.noconvert(), "first"_a, "connectivity"_a,
        "target"_a, "mean_distance"_a, "sigmas"_a.noconvert(), "rhos"_a.noconvert(), "n_threads"_a);
  m.def("find_memberships", &find_memberships, "indices"_a.noconvert(), "distances"_a.noconvert(),
        "sigmas"_a.noconvert(), "rhos"_a.noconvert(), "bipartite"_a, "targets"_a.noconvert(),
        "values"_a.noconvert(), "counts"_a.noconvert(), "n_threads"_a);
  m.def("unite", &unite, "begins"_a.noconvert(), "counts"_a.noconvert(), "targets"_a.noconvert(),
        "values"_a.noconvert(), "ratio"_a, "indptr"_a.noconvert(), "columns"_a.noconvert(),
        "united"_a.noconvert(), "n_threads"_a);
  m.def("conditional_affinities", &conditional_affinities, "indices"_a.noconvert(),
        "distances"_a.noconvert(), "own"_a, "log_perplexities"_a.noconvert(),
        "targets"_a.noconvert(), "values"_a.noconvert(), "counts"_a.noconvert(), "n_threads"_a);
  m.def("count_padded", &count_padded, "indptr"_a.noconvert(), "data"_a.noconvert(), "top"_a,
        "least"_a, "vertices"_a.noconvert(), "vectors"_a.noconvert(), "degree"_a.noconvert(),
        "n_threads"_a);
  m.def("fill_padded", &fill_padded, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "data"_a.noconvert(), "top"_a, "least"_a, "vertices"_a.noconvert(), "places"_a.noconvert(),
        "vectors"_a.noconvert(), "heads"_a.noconvert(), "weights"_a.noconvert(), "n_threads"_a);
}

}  // namespace umapkit
