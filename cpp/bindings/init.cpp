#include "tables/init.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace umapkit {

namespace {

template <class T, int D>
using Array = nb::ndarray<T, nb::ndim<D>, nb::c_contig, nb::device::cpu>;
using Indptr = Array<const std::int64_t, 1>;
using Indices = Array<const std::int32_t, 1>;

void require(bool holds, const char* what) {
  if (!holds) throw nb::value_error(what);
}

// Row pointers of n rows, and as many columns as they end at.
void check_csr(const Indptr& indptr, const Indices& indices, std::size_t n) {
  require(indptr.shape(0) == n + 1, "indptr must have one entry more than there are rows");
  require(indptr.data()[0] == 0 && static_cast<std::size_t>(indptr.data()[n]) == indices.shape(0),
          "indptr must run from 0 to the number of entries");
}

void normalise(Indptr indptr, Indices indices, Array<const float, 1> weights,
               Array<double, 1> roots, Array<float, 1> values, int n_threads) {
  const std::size_t n = roots.shape(0);
  check_csr(indptr, indices, n);
  require(weights.shape(0) == indices.shape(0) && values.shape(0) == indices.shape(0),
          "shapes do not fit");
  const nb::gil_scoped_release unlocked;
  init_kernels().normalise(n, indptr.data(), indices.data(), weights.data(), roots.data(),
                           values.data(), n_threads);
}

void filter_step(Indptr indptr, Indices indices, Array<const float, 1> values,
                 Array<const float, 2> x, Array<const float, 2> z, Array<float, 2> y, float alpha,
                 float beta, float gamma, int n_threads) {
  const std::size_t n = x.shape(0);
  const std::size_t m = x.shape(1);
  check_csr(indptr, indices, n);
  require(values.shape(0) == indices.shape(0), "one value an entry");
  require(m % 8 == 0, "the number of columns must be a multiple of 8");
  require(
      x.shape(0) == n && z.shape(0) == n && y.shape(0) == n && z.shape(1) == m && y.shape(1) == m,
      "shapes do not fit");
  require(x.data() != y.data(), "x and y must be different arrays");
  const nb::gil_scoped_release unlocked;
  init_kernels().filter_step(n, m, indptr.data(), indices.data(), values.data(), x.data(), z.data(),
                             y.data(), alpha, beta, gamma, n_threads);
}

void inner_products(Array<const float, 2> x, Array<const float, 2> y, Array<double, 2> out,
                    int n_threads) {
  require(x.shape(0) == y.shape(0) && out.shape(0) == x.shape(1) && out.shape(1) == y.shape(1),
          "shapes do not fit");
  const nb::gil_scoped_release unlocked;
  init_kernels().inner_products(x.shape(0), x.shape(1), y.shape(1), x.data(), y.data(), out.data(),
                                n_threads);
}

void project_out(Array<float, 2> x, Array<const double, 1> v, int n_threads) {
  require(x.shape(0) == v.shape(0), "shapes do not fit");
  const nb::gil_scoped_release unlocked;
  init_kernels().project_out(x.shape(0), x.shape(1), x.data(), v.data(), n_threads);
}

void rotate(Array<const float, 2> x, Array<const double, 2> c, Array<float, 2> y, int n_threads) {
  const std::size_t m = x.shape(1);
  require(c.shape(0) == m && c.shape(1) == m && y.shape(0) == x.shape(0) && y.shape(1) == m,
          "shapes do not fit");
  const nb::gil_scoped_release unlocked;
  init_kernels().rotate(x.shape(0), m, x.data(), c.data(), y.data(), n_threads);
}

void fill_uniform(std::uint64_t seed, std::uint64_t epoch, Array<float, 2> x, int n_threads) {
  const nb::gil_scoped_release unlocked;
  init_kernels().fill_uniform(x.shape(0), x.shape(1), seed, epoch, x.data(), n_threads);
}

std::int32_t find_components(Indptr indptr, Indices indices, Array<std::int32_t, 1> labels) {
  check_csr(indptr, indices, labels.shape(0));
  const nb::gil_scoped_release unlocked;
  return init_kernels().find_components(labels.shape(0), indptr.data(), indices.data(),
                                        labels.data());
}

void weighted_mean(Indptr indptr, Indices indices, Array<const float, 1> weights,
                   Array<const float, 2> embedding, Array<float, 2> out, int n_threads) {
  check_csr(indptr, indices, out.shape(0));
  require(weights.shape(0) == indices.shape(0) && out.shape(1) == embedding.shape(1),
          "shapes do not fit");
  const nb::gil_scoped_release unlocked;
  init_kernels().weighted_mean(out.shape(0), out.shape(1), indptr.data(), indices.data(),
                               weights.data(), embedding.data(), out.data(), n_threads);
}

}  // namespace

void bind_init(nb::module_& m) {
  m.def("normalise", &normalise, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "weights"_a.noconvert(), "roots"_a.noconvert(), "values"_a.noconvert(), "n_threads"_a);
  m.def("filter_step", &filter_step, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "values"_a.noconvert(), "x"_a.noconvert(), "z"_a.noconvert(), "y"_a.noconvert(), "alpha"_a,
        "beta"_a, "gamma"_a, "n_threads"_a);
  m.def("inner_products", &inner_products, "x"_a.noconvert(), "y"_a.noconvert(),
        "out"_a.noconvert(), "n_threads"_a);
  m.def("project_out", &project_out, "x"_a.noconvert(), "v"_a.noconvert(), "n_threads"_a);
  m.def("rotate", &rotate, "x"_a.noconvert(), "c"_a.noconvert(), "y"_a.noconvert(), "n_threads"_a);
  m.def("fill_uniform", &fill_uniform, "seed"_a, "epoch"_a, "x"_a.noconvert(), "n_threads"_a);
  m.def("find_components", &find_components, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "labels"_a.noconvert());
  m.def("weighted_mean", &weighted_mean, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "weights"_a.noconvert(), "embedding"_a.noconvert(), "out"_a.noconvert(), "n_threads"_a);
}

}  // namespace umapkit
