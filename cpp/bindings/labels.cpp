#include "tables/labels.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace nb = nanobind;
using namespace nb::literals;

namespace umapkit {

namespace {

template <class T>
using Vector = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void require(bool holds, const char* message) {
  if (!holds) throw nb::value_error(message);
}

HeadArgs head_args(const Matrix<const double>& head, std::size_t dim) {
  require(head.shape(0) >= 1 && head.shape(1) == dim + 1 && dim >= 1,
          "head must be (classes, dim + 1)");
  return {head.data(), head.shape(0), dim};
}

void check_points(const Vector<const std::int32_t>& rows, const Vector<const std::int32_t>& codes,
                  std::size_t n, std::size_t classes) {
  require(rows.shape(0) == codes.shape(0), "rows and codes must be of one length");
  for (std::size_t i = 0; i < rows.shape(0); ++i)
    require(rows.data()[i] >= 0 && static_cast<std::size_t>(rows.data()[i]) < n &&
                codes.data()[i] >= 0 && static_cast<std::size_t>(codes.data()[i]) < classes,
            "rows or codes name what does not exist");
}

void pull_classes(Matrix<const float> points, Vector<const std::int32_t> rows,
                  Vector<const std::int32_t> codes, Matrix<const double> head, Matrix<float> moves,
                  Vector<double> sums, float step, int n_threads) {
  const std::size_t dim = points.shape(1), m = rows.shape(0);
  const HeadArgs args = head_args(head, dim);
  check_points(rows, codes, points.shape(0), args.classes);
  require(moves.shape(0) == m && moves.shape(1) == dim &&
              sums.shape(0) == args.classes * (dim + 1) + dim + 2,
          "moves or sums have the wrong shape");
  const nb::gil_scoped_release release;
  labels_kernels().pull_classes(args, points.data(), rows.data(), codes.data(), m, step,
                                moves.data(), sums.data(), n_threads);
}

void class_probabilities(Matrix<const float> points, Matrix<const double> head, Matrix<double> out,
                         int n_threads) {
  const HeadArgs args = head_args(head, points.shape(1));
  require(out.shape(0) == points.shape(0) && out.shape(1) == args.classes,
          "out must be (points, classes)");
  const nb::gil_scoped_release release;
  labels_kernels().class_probabilities(args, points.data(), points.shape(0), out.data(), n_threads);
}

double push_triplets(Matrix<const float> points, Vector<const std::int32_t> rows,
                     Vector<const std::int32_t> codes, Vector<const std::int64_t> starts,
                     Matrix<float> moves, float step, float margin, std::int32_t triplets,
                     std::uint64_t seed, std::uint64_t epoch, int n_threads) {
  const std::size_t dim = points.shape(1), m = rows.shape(0);
  require(starts.shape(0) >= 3 && starts.data()[0] == 0 &&
              starts.data()[starts.shape(0) - 1] == static_cast<std::int64_t>(m),
          "starts must run from 0 to the number of rows, over two classes or more");
  const std::size_t classes = starts.shape(0) - 1;
  check_points(rows, codes, points.shape(0), classes);
  for (std::size_t c = 0; c < classes; ++c) {
    const std::int64_t begin = starts.data()[c], end = starts.data()[c + 1];
    require(begin < end && end <= static_cast<std::int64_t>(m) &&
                end - begin < static_cast<std::int64_t>(m),
            "a class is empty, or all there is");
    for (std::int64_t i = begin; i < end; ++i)
      require(codes.data()[i] == static_cast<std::int32_t>(c), "rows are not ordered by class");
  }
  require(moves.shape(0) == m && moves.shape(1) == dim && triplets >= 1,
          "moves have the wrong shape, or there are no triplets");
  const TripletArgs args{dim,    rows.data(), codes.data(), starts.data(), m,
                         margin, step,        triplets,     seed,          epoch};
  double cost = 0.0;
  {
    const nb::gil_scoped_release release;
    labels_kernels().push_triplets(args, points.data(), moves.data(), &cost, n_threads);
  }
  return cost;
}

}  // namespace

void bind_labels(nb::module_& m) {
  m.def("pull_classes", &pull_classes, "points"_a.noconvert(), "rows"_a.noconvert(),
        "codes"_a.noconvert(), "head"_a.noconvert(), "moves"_a.noconvert(), "sums"_a.noconvert(),
        nb::kw_only(), "step"_a, "n_threads"_a,
        "Moves of labelled points by the cross-entropy of a soft-max head, and its gradient.");
  m.def("class_probabilities", &class_probabilities, "points"_a.noconvert(), "head"_a.noconvert(),
        "out"_a.noconvert(), "n_threads"_a, "Soft-max of a head at points of the map.");
  m.def("push_triplets", &push_triplets, "points"_a.noconvert(), "rows"_a.noconvert(),
        "codes"_a.noconvert(), "starts"_a.noconvert(), "moves"_a.noconvert(), nb::kw_only(),
        "step"_a, "margin"_a, "triplets"_a, "seed"_a, "epoch"_a, "n_threads"_a,
        "Moves of labelled points by drawn triplets; returns the drawn cost.");
}

}  // namespace umapkit
