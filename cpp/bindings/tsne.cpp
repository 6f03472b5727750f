#include "tables/tsne.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <vector>

namespace nb = nanobind;
using namespace nb::literals;

namespace umapkit {

namespace {

constexpr std::size_t kLeastNodes =
    8;  // that a place reads on an axis: Spline::kReach, grid_field.hpp

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

void require_dimensions(std::size_t dim) {
  require(dim >= 1 && dim <= 3, "a map has one to three dimensions");
}

TsneArgs tsne_args(const Vector<std::int64_t>& vectors, const Vector<std::int32_t>& heads,
                   const Vector<float>& weights, const Vector<std::int32_t>& vertices,
                   std::size_t n, std::size_t dim, float freedom, int method, float theta,
                   float spacing) {
  require_dimensions(dim);
  require(n >= 1 && vectors.shape(0) == n + 1 && vectors.data()[0] == 0 && vertices.shape(0) == n &&
              heads.shape(0) == weights.shape(0) &&
              heads.shape(0) == static_cast<std::size_t>(vectors.data()[n]) * 16,
          "the arrays do not belong to one graph");
  require(method >= 0 && method <= 2 && spacing > 0.0f && freedom > 0.0f, "no such method");
  return {n,
          static_cast<int>(dim),
          vectors.data(),
          heads.data(),
          weights.data(),
          vertices.data(),
          freedom,
          method,
          theta,
          spacing};
}

// No radii: densities do not count. Advances state[0], so that no interrupt can come between the
// steps and their number.
void run_tsne(Vector<std::int64_t> vectors, Vector<std::int32_t> heads, Vector<float> weights,
              Vector<std::int32_t> vertices, Vector<double> radii, OutMatrix positions,
              OutMatrix velocity, OutMatrix gains, Out<std::int64_t> state, std::int64_t steps,
              float exaggeration, float learning_rate, float momentum, double density_weight,
              double var_shift, float freedom, int method, float theta, float spacing,
              int n_threads) {
  const std::size_t n = positions.shape(0), dim = positions.shape(1);
  const TsneArgs args =
      tsne_args(vectors, heads, weights, vertices, n, dim, freedom, method, theta, spacing);
  require(velocity.shape(0) == n && velocity.shape(1) == dim && gains.shape(0) == n &&
              gains.shape(1) == dim && state.shape(0) >= 1,
          "velocity, gains and state do not fit the positions");
  require(radii.shape(0) == 0 || radii.shape(0) == n, "there is one radius a vertex, or none");
  const double* const wanted = radii.shape(0) == 0 ? nullptr : radii.data();
  const nb::gil_scoped_release release;
  tsne_kernels().descend(args, {exaggeration, learning_rate, momentum, steps},
                         {wanted, density_weight, var_shift}, positions.data(), velocity.data(),
                         gains.data(), n_threads);
  state.data()[0] += steps;
}

void measure_tsne(Vector<std::int64_t> vectors, Vector<std::int32_t> heads, Vector<float> weights,
                  Vector<std::int32_t> vertices, Matrix<float> positions, OutMatrix attraction,
                  OutMatrix repulsion, Out<double> totals, float freedom, int method, float theta,
                  float spacing, int n_threads) {
  const std::size_t n = positions.shape(0), dim = positions.shape(1);
  const TsneArgs args =
      tsne_args(vectors, heads, weights, vertices, n, dim, freedom, method, theta, spacing);
  for (const OutMatrix* out : {&attraction, &repulsion})
    require(out->shape(0) == n && out->shape(1) == dim, "the results do not fit the positions");
  require(totals.shape(0) == 2, "there are two totals");
  const nb::gil_scoped_release release;
  tsne_kernels().measure(args, positions.data(), attraction.data(), repulsion.data(), totals.data(),
                         n_threads);
}

// (box, potential): five numbers (low of three axes, spacing, shift); one number a node.
nb::tuple make_field(Matrix<float> map, float freedom, float spacing, float margin, int n_threads) {
  const std::size_t n = map.shape(0), dim = map.shape(1);
  require_dimensions(dim);
  require(n >= 1 && spacing > 0.0f && freedom > 0.0f, "a field needs points");
  struct Kept {
    FieldArgs field;
    std::vector<float> numbers;
  } kept;
  {
    const nb::gil_scoped_release release;
    tsne_kernels().make_field(
        static_cast<int>(dim), map.data(), n, freedom, spacing, margin, &kept,
        [](void* context, const FieldArgs& field, std::size_t size) {
          auto& to = *static_cast<Kept*>(context);
          to.field = field;
          to.numbers.assign(field.numbers, field.numbers + size);
        },
        n_threads);
  }
  auto* box = new std::vector<float>{kept.field.low[0], kept.field.low[1], kept.field.low[2],
                                     kept.field.spacing, kept.field.shift};
  const nb::capsule box_owner(box,
                              [](void* p) noexcept { delete static_cast<std::vector<float>*>(p); });
  auto* numbers = new std::vector<float>(std::move(kept.numbers));
  const nb::capsule owner(numbers,
                          [](void* p) noexcept { delete static_cast<std::vector<float>*>(p); });
  const std::size_t box_shape[1] = {5};
  const std::size_t shape[3] = {kept.field.nodes[0], kept.field.nodes[1], kept.field.nodes[2]};
  return nb::make_tuple(nb::ndarray<nb::numpy, float>(box->data(), 1, box_shape, box_owner),
                        nb::ndarray<nb::numpy, float>(numbers->data(), 3, shape, owner));
}

void settle_tsne(Vector<float> box,
                 nb::ndarray<const float, nb::ndim<3>, nb::c_contig, nb::device::cpu> numbers,
                 Matrix<float> map, Matrix<std::int32_t> neighbors, Matrix<float> weights,
                 OutMatrix places, std::int64_t steps, float exaggeration, float learning_rate,
                 float momentum, float steepest, float freedom, int n_threads) {
  const std::size_t n = map.shape(0), dim = map.shape(1), rows = places.shape(0);
  require_dimensions(dim);
  require(box.shape(0) == 5 && n >= 1 && places.shape(1) == dim, "map and places do not fit");
  require(neighbors.shape(0) == rows && weights.shape(0) == rows &&
              neighbors.shape(1) == weights.shape(1) && neighbors.shape(1) % 16 == 0,
          "neighbors and weights do not fit the places");
  FieldArgs field{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    field.nodes[axis] = numbers.shape(axis);
    field.low[axis] = box.data()[axis];
    const bool used = axis == 2 || (axis == 0 && dim >= 2) || (axis == 1 && dim == 3);
    require(used ? field.nodes[axis] >= kLeastNodes : field.nodes[axis] == 1,
            "the field has another shape");
  }
  for (std::size_t e = 0; e < rows * neighbors.shape(1); ++e)
    require(neighbors.data()[e] >= 0 && static_cast<std::size_t>(neighbors.data()[e]) < n,
            "a neighbour is not on the map");
  field.spacing = box.data()[3];
  field.shift = box.data()[4];
  field.numbers = numbers.data();
  const TsneSettleArgs args{static_cast<int>(dim),
                            map.data(),
                            n,
                            freedom,
                            neighbors.data(),
                            weights.data(),
                            rows,
                            neighbors.shape(1),
                            {exaggeration, learning_rate, momentum, steps},
                            steepest};
  const nb::gil_scoped_release release;
  tsne_kernels().settle(field, args, places.data(), n_threads);
}

void fourier_rows(OutMatrix rows, bool back) {
  std::size_t rest = rows.shape(1) / 2;
  require(rest >= 1 && rows.shape(1) % 2 == 0, "rows are pairs of numbers");
  for (const std::size_t factor : {2, 3, 5})
    while (rest % factor == 0) rest /= factor;
  require(rest == 1, "a length is a product of twos, threes and fives");
  const nb::gil_scoped_release release;
  tsne_kernels().transform_rows(rows.data(), rows.shape(0), rows.shape(1) / 2, back);
}

}  // namespace

void bind_tsne(nb::module_& m) {
  m.def("run_tsne", &run_tsne, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "vertices"_a.noconvert(), "radii"_a.noconvert(),
        "positions"_a.noconvert(), "velocity"_a.noconvert(), "gains"_a.noconvert(),
        "state"_a.noconvert(), nb::kw_only(), "steps"_a, "exaggeration"_a, "learning_rate"_a,
        "momentum"_a, "density_weight"_a, "var_shift"_a, "freedom"_a, "method"_a, "theta"_a,
        "spacing"_a, "n_threads"_a);
  m.def("measure_tsne", &measure_tsne, "vectors"_a.noconvert(), "heads"_a.noconvert(),
        "weights"_a.noconvert(), "vertices"_a.noconvert(), "positions"_a.noconvert(),
        "attraction"_a.noconvert(), "repulsion"_a.noconvert(), "totals"_a.noconvert(),
        nb::kw_only(), "freedom"_a, "method"_a, "theta"_a, "spacing"_a, "n_threads"_a);
  m.def("make_field", &make_field, "map"_a.noconvert(), nb::kw_only(), "freedom"_a, "spacing"_a,
        "margin"_a, "n_threads"_a);
  m.def("settle_tsne", &settle_tsne, "box"_a.noconvert(), "numbers"_a.noconvert(),
        "map"_a.noconvert(), "neighbors"_a.noconvert(), "weights"_a.noconvert(),
        "places"_a.noconvert(), nb::kw_only(), "steps"_a, "exaggeration"_a, "learning_rate"_a,
        "momentum"_a, "steepest"_a, "freedom"_a, "n_threads"_a);
  m.def("fourier_rows", &fourier_rows, "rows"_a.noconvert(), "back"_a);
}

}  // namespace umapkit
