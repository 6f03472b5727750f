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

void transpose(Array<const std::int64_t, 1> indptr, Array<const std::int32_t, 1> indices,
               Array<const float, 1> data, Array<std::int64_t, 1> t_indptr,
               Array<std::int32_t, 1> t_indices, Array<float, 1> t_data, int n_threads) {
  const std::size_t n = rows_of(indptr);
  check_csr(indptr, indices, data, n);
  if (t_indptr.shape(0) != n + 1 || t_indices.shape(0) != indices.shape(0) ||
      t_data.shape(0) != indices.shape(0))
    throw nb::value_error("the transpose must have the shapes of the matrix");
  const nb::gil_scoped_release unlocked;
  graph_kernels().transpose(n, indptr.data(), indices.data(), data.data(), t_indptr.data(),
                            t_indices.data(), t_data.data(), n_threads);
}

void count_union(Array<const std::int64_t, 1> indptr, Array<const std::int32_t, 1> indices,
                 Array<const float, 1> data, Array<const std::int64_t, 1> t_indptr,
                 Array<const std::int32_t, 1> t_indices, Array<const float, 1> t_data, double ratio,
                 Array<std::int64_t, 1> u_indptr, int n_threads) {
  const std::size_t n = rows_of(indptr);
  check_csr(indptr, indices, data, n);
  check_csr(t_indptr, t_indices, t_data, n);
  if (u_indptr.shape(0) != n + 1) throw nb::value_error("u_indptr must be as long as indptr");
  const nb::gil_scoped_release unlocked;
  graph_kernels().count_union(n, indptr.data(), indices.data(), data.data(), t_indptr.data(),
                              t_indices.data(), t_data.data(), ratio, u_indptr.data(), n_threads);
}

void fill_union(Array<const std::int64_t, 1> indptr, Array<const std::int32_t, 1> indices,
                Array<const float, 1> data, Array<const std::int64_t, 1> t_indptr,
                Array<const std::int32_t, 1> t_indices, Array<const float, 1> t_data, double ratio,
                Array<const std::int64_t, 1> u_indptr, Array<std::int32_t, 1> u_indices,
                Array<float, 1> u_data, int n_threads) {
  const std::size_t n = rows_of(indptr);
  check_csr(indptr, indices, data, n);
  check_csr(t_indptr, t_indices, t_data, n);
  check_csr(u_indptr, u_indices, u_data, n);
  const nb::gil_scoped_release unlocked;
  graph_kernels().fill_union(n, indptr.data(), indices.data(), data.data(), t_indptr.data(),
                             t_indices.data(), t_data.data(), ratio, u_indptr.data(),
                             u_indices.data(), u_data.data(), n_threads);
}

void count_padded(Array<const std::int64_t, 1> indptr, Array<const float, 1> data, float top,
                  float least, Array<std::int64_t, 1> vectors, Array<float, 1> degree,
                  int n_threads) {
  const std::size_t n = rows_of(indptr);
  check_csr(indptr, data, data, n);
  if (vectors.shape(0) != n + 1 || degree.shape(0) != n)
    throw nb::value_error("vectors must have n + 1 entries, degree n");
  const nb::gil_scoped_release unlocked;
  graph_kernels().count_padded(n, indptr.data(), data.data(), top, least, vectors.data(),
                               degree.data(), n_threads);
}

void fill_padded(Array<const std::int64_t, 1> indptr, Array<const std::int32_t, 1> indices,
                 Array<const float, 1> data, float top, float least,
                 Array<const std::int64_t, 1> vectors, Array<std::int32_t, 1> heads,
                 Array<float, 1> weights, int n_threads) {
  const std::size_t n = rows_of(indptr);
  check_csr(indptr, indices, data, n);
  if (vectors.shape(0) != n + 1 || heads.shape(0) != weights.shape(0) ||
      heads.shape(0) != static_cast<std::size_t>(vectors.data()[n]) * 16)
    throw nb::value_error("heads and weights must be as long as vectors says");
  const nb::gil_scoped_release unlocked;
  graph_kernels().fill_padded(n, indptr.data(), indices.data(), data.data(), top, least,
                              vectors.data(), heads.data(), weights.data(), n_threads);
}

}  // namespace

void bind_graph(nb::module_& m) {
  m.def("find_bandwidths", &find_bandwidths, "distances"_a.noconvert(), "first"_a, "connectivity"_a,
        "target"_a, "mean_distance"_a, "sigmas"_a.noconvert(), "rhos"_a.noconvert(), "n_threads"_a);
  m.def("find_memberships", &find_memberships, "indices"_a.noconvert(), "distances"_a.noconvert(),
        "sigmas"_a.noconvert(), "rhos"_a.noconvert(), "bipartite"_a, "targets"_a.noconvert(),
        "values"_a.noconvert(), "counts"_a.noconvert(), "n_threads"_a);
  m.def("transpose", &transpose, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "data"_a.noconvert(), "t_indptr"_a.noconvert(), "t_indices"_a.noconvert(),
        "t_data"_a.noconvert(), "n_threads"_a);
  m.def("count_union", &count_union, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "data"_a.noconvert(), "t_indptr"_a.noconvert(), "t_indices"_a.noconvert(),
        "t_data"_a.noconvert(), "ratio"_a, "u_indptr"_a.noconvert(), "n_threads"_a);
  m.def("fill_union", &fill_union, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "data"_a.noconvert(), "t_indptr"_a.noconvert(), "t_indices"_a.noconvert(),
        "t_data"_a.noconvert(), "ratio"_a, "u_indptr"_a.noconvert(), "u_indices"_a.noconvert(),
        "u_data"_a.noconvert(), "n_threads"_a);
  m.def("count_padded", &count_padded, "indptr"_a.noconvert(), "data"_a.noconvert(), "top"_a,
        "least"_a, "vectors"_a.noconvert(), "degree"_a.noconvert(), "n_threads"_a);
  m.def("fill_padded", &fill_padded, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "data"_a.noconvert(), "top"_a, "least"_a, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "n_threads"_a);
}

}  // namespace umapkit
