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

void fill_uniform(std::uint64_t seed, std::uint64_t epoch, Array<float, 2> x, int n_threads) {
  const nb::gil_scoped_release unlocked;
  init_kernels().fill_uniform(x.shape(0), x.shape(1), seed, epoch, x.data(), n_threads);
}

std::size_t solve_ritz(Array<const double, 3> sums, Array<double, 2> turn, Array<double, 1> theta,
                       Array<double, 1> residuals) {
  const std::size_t m = theta.shape(0);
  require(sums.shape(0) == 3 && sums.shape(1) == m && sums.shape(2) == m && turn.shape(0) == m &&
              turn.shape(1) == m && residuals.shape(0) == m,
          "shapes do not fit");
  const nb::gil_scoped_release unlocked;
  return init_kernels().solve_ritz(m, sums.data(), turn.data(), theta.data(), residuals.data());
}

void smooth_graph(Indptr indptr, Indices indices, Array<const float, 1> weights, std::uint64_t seed,
                  std::uint64_t epoch, Array<float, 2> out, int n_threads) {
  check_csr(indptr, indices, out.shape(0));
  require(weights.shape(0) == indices.shape(0), "one weight an entry");
  require(out.shape(0) > out.shape(1), "more vertices than vectors are needed");
  const nb::gil_scoped_release unlocked;
  init_kernels().smooth_graph(out.shape(0), indptr.data(), indices.data(), weights.data(),
                              out.shape(1), seed, epoch, out.data(), n_threads);
}

void smooth_islands(Indptr indptr, Indices indices, Array<const float, 1> weights,
                    Array<const std::int32_t, 1> labels, std::size_t islands, std::size_t tiny,
                    std::uint64_t seed, std::uint64_t epoch, Array<float, 2> out, int n_threads) {
  check_csr(indptr, indices, out.shape(0));
  require(weights.shape(0) == indices.shape(0), "one weight an entry");
  require(labels.shape(0) == out.shape(0), "one label a vertex");
  require(tiny >= out.shape(1), "more vertices than vectors are needed");
  const nb::gil_scoped_release unlocked;
  init_kernels().smooth_islands(out.shape(0), indptr.data(), indices.data(), weights.data(),
                                labels.data(), islands, tiny, out.shape(1), seed, epoch, out.data(),
                                n_threads);
}

std::size_t coarsen(Indptr indptr, Indices indices, Array<const float, 1> values,
                    Array<const double, 1> roots, Array<std::int32_t, 1> home,
                    Array<double, 1> coarse_roots, Array<std::int64_t, 1> coarse_indptr,
                    Array<std::int32_t, 1> coarse_indices, Array<float, 1> coarse_values,
                    int n_threads) {
  const std::size_t n = roots.shape(0);
  check_csr(indptr, indices, n);
  require(values.shape(0) == indices.shape(0), "one value an entry");
  require(home.shape(0) == n && coarse_roots.shape(0) == n && coarse_indptr.shape(0) == n + 1 &&
              coarse_indices.shape(0) == indices.shape(0) &&
              coarse_values.shape(0) == indices.shape(0),
          "room as for the graph itself is needed");
  const nb::gil_scoped_release unlocked;
  return init_kernels().coarsen(n, indptr.data(), indices.data(), values.data(), roots.data(),
                                home.data(), coarse_roots.data(), coarse_indptr.data(),
                                coarse_indices.data(), coarse_values.data(), n_threads);
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

void fill_normal(std::uint64_t seed, std::uint64_t epoch, Array<const std::int64_t, 1> vertices,
                 Array<double, 2> out, int n_threads) {
  require(vertices.shape(0) == out.shape(0), "one row a vertex");
  const nb::gil_scoped_release unlocked;
  init_kernels().fill_normal(out.shape(0), out.shape(1), seed, epoch, vertices.data(), out.data(),
                             n_threads);
}

void column_sums(Array<const float, 2> rows, Array<double, 1> out, int n_threads) {
  require(out.shape(0) == rows.shape(1), "one sum a column");
  const nb::gil_scoped_release unlocked;
  init_kernels().column_sums(rows.data(), rows.shape(0), rows.shape(1), out.data(), n_threads);
}

void label_sums(Array<const float, 2> rows, Array<const std::int32_t, 1> labels,
                Array<double, 2> out) {
  require(labels.shape(0) == rows.shape(0), "one label a row");
  require(out.shape(1) == rows.shape(1), "one sum a column");
  const nb::gil_scoped_release unlocked;
  init_kernels().label_sums(rows.data(), rows.shape(0), rows.shape(1), labels.data(), out.shape(0),
                            out.data());
}

void whole_axes(Array<const float, 2> rows, Array<const float, 1> mean, Array<double, 2> axes,
                Array<double, 1> variances, int n_threads) {
  const std::size_t d = rows.shape(1);
  require(mean.shape(0) == d && axes.shape(0) == d && axes.shape(1) == d && variances.shape(0) == d,
          "shapes do not fit");
  const nb::gil_scoped_release unlocked;
  init_kernels().whole_axes(rows.data(), rows.shape(0), d, mean.data(), axes.data(),
                            variances.data(), n_threads);
}

void iterated_axes(Array<const float, 2> rows, Array<const float, 1> mean, int iterations,
                   Array<float, 2> axes, Array<double, 1> variances, int n_threads) {
  const std::size_t d = rows.shape(1);
  require(mean.shape(0) == d && axes.shape(1) == d && variances.shape(0) == axes.shape(0),
          "shapes do not fit");
  require(axes.shape(0) % 16 == 0, "the number of axes must be a multiple of 16");
  const nb::gil_scoped_release unlocked;
  init_kernels().iterated_axes(rows.data(), rows.shape(0), d, mean.data(), axes.shape(0),
                               iterations, axes.data(), variances.data(), n_threads);
}

void axis_scores(Array<const float, 2> rows, Array<const float, 1> mean, Array<const float, 2> axes,
                 Array<float, 2> out, int n_threads) {
  const std::size_t d = rows.shape(1);
  require(mean.shape(0) == d && axes.shape(0) == d && out.shape(0) == rows.shape(0) &&
              out.shape(1) <= axes.shape(1),
          "shapes do not fit");
  require(axes.shape(1) % 16 == 0, "the number of axes must be a multiple of 16");
  const nb::gil_scoped_release unlocked;
  init_kernels().axis_scores(rows.data(), rows.shape(0), d, mean.data(), axes.data(), axes.shape(1),
                             out.shape(1), out.data(), n_threads);
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
  m.def("fill_uniform", &fill_uniform, "seed"_a, "epoch"_a, "x"_a.noconvert(), "n_threads"_a);
  m.def("solve_ritz", &solve_ritz, "sums"_a.noconvert(), "turn"_a.noconvert(),
        "theta"_a.noconvert(), "residuals"_a.noconvert());
  m.def("smooth_graph", &smooth_graph, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "weights"_a.noconvert(), "seed"_a, "epoch"_a, "out"_a.noconvert(), "n_threads"_a);
  m.def("smooth_islands", &smooth_islands, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "weights"_a.noconvert(), "labels"_a.noconvert(), "islands"_a, "tiny"_a, "seed"_a, "epoch"_a,
        "out"_a.noconvert(), "n_threads"_a);
  m.def("coarsen", &coarsen, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "values"_a.noconvert(), "roots"_a.noconvert(), "home"_a.noconvert(),
        "coarse_roots"_a.noconvert(), "coarse_indptr"_a.noconvert(), "coarse_indices"_a.noconvert(),
        "coarse_values"_a.noconvert(), "n_threads"_a);
  m.def("fill_normal", &fill_normal, "seed"_a, "epoch"_a, "vertices"_a.noconvert(),
        "out"_a.noconvert(), "n_threads"_a);
  m.def("column_sums", &column_sums, "rows"_a.noconvert(), "out"_a.noconvert(), "n_threads"_a);
  m.def("label_sums", &label_sums, "rows"_a.noconvert(), "labels"_a.noconvert(),
        "out"_a.noconvert());
  m.def("whole_axes", &whole_axes, "rows"_a.noconvert(), "mean"_a.noconvert(), "axes"_a.noconvert(),
        "variances"_a.noconvert(), "n_threads"_a);
  m.def("iterated_axes", &iterated_axes, "rows"_a.noconvert(), "mean"_a.noconvert(), "iterations"_a,
        "axes"_a.noconvert(), "variances"_a.noconvert(), "n_threads"_a);
  m.def("axis_scores", &axis_scores, "rows"_a.noconvert(), "mean"_a.noconvert(),
        "axes"_a.noconvert(), "out"_a.noconvert(), "n_threads"_a);
  m.def("find_components", &find_components, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "labels"_a.noconvert());
  m.def("weighted_mean", &weighted_mean, "indptr"_a.noconvert(), "indices"_a.noconvert(),
        "weights"_a.noconvert(), "embedding"_a.noconvert(), "out"_a.noconvert(), "n_threads"_a);
}

}  // namespace umapkit
