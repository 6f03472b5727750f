#include "tables/tsne.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "umapkit/fourier.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/tsne_settle.hpp"
#include "umapkit/tsne_step.hpp"

UMAPKIT_BEGIN

namespace {

using tsne::Descent;
using tsne::GridField;
using tsne::Student;

constexpr float kLeastGain = 0.01f;
constexpr float kLongest = 5.0f;

template <class F>
void with_dimension(int dim, F&& f) {
  switch (dim) {
    case 1: f(std::integral_constant<int, 1>{}); break;
    case 2: f(std::integral_constant<int, 2>{}); break;
    default: f(std::integral_constant<int, 3>{});
  }
}

template <class F>
void with_repulsion(const TsneArgs& args, F&& f) {
  with_dimension(args.dim, [&](auto dim) {
    tsne::with_repulsion<dim.value>(static_cast<tsne::Method>(args.method), Student(args.freedom),
                                    args.theta, args.spacing,
                                    [&](auto&& repulsion) { f(dim, repulsion); });
  });
}

tsne::Affinities affinities_of(const TsneArgs& args) {
  return {args.n, args.vectors, args.heads, args.weights, args.vertices};
}

void call_descend(const TsneArgs& args, const DescentArgs& descent, const TsneDensityArgs& density,
                  float* positions, float* velocity, float* gains, int n_threads) {
  const Descent options{descent.exaggeration, descent.rate, descent.momentum, kLeastGain, kLongest};
  const tsne::Affinities graph = affinities_of(args);
  std::optional<tsne::Densities> densities;
  if (density.radii)
    densities.emplace(graph, density.radii, density.weight, density.shift, n_threads);
  with_repulsion(args, [&](auto dim, auto& repulsion) {
    tsne::descend<dim.value>(graph, Student(args.freedom), repulsion, options,
                             densities ? &*densities : nullptr, descent.steps, positions, velocity,
                             gains, n_threads);
  });
}

void call_measure(const TsneArgs& args, const float* positions, float* attraction,
                  float* repulsion_out, double* totals, int n_threads) {
  with_repulsion(args, [&](auto dim, auto& repulsion) {
    tsne::measure<dim.value>(affinities_of(args), Student(args.freedom), repulsion, positions,
                             attraction, repulsion_out, totals, n_threads);
  });
}

void call_make_field(int dim, const float* map, std::size_t n, float freedom, float spacing,
                     float margin, void* context,
                     void (*keep)(void* context, const FieldArgs& field, std::size_t size),
                     int n_threads) {
  with_dimension(dim, [&](auto d) {
    constexpr int kDim = d.value;
    constexpr std::size_t kWidth = tsne::place_width(kDim);
    std::vector<float> places(n * kWidth);
    for (std::size_t i = 0; i < n; ++i)
      std::copy_n(map + i * kDim, kDim, places.begin() + static_cast<std::ptrdiff_t>(i * kWidth));
    GridField<kDim> field(Student(freedom), spacing);
    field.build(places.data(), n, margin, n_threads);
    const auto parts = field.parts();
    FieldArgs args{};
    for (int axis = 0; axis < 3; ++axis) {
      args.nodes[axis] = parts.nodes[static_cast<std::size_t>(axis)];
      args.low[axis] = parts.low[axis];
    }
    args.spacing = parts.spacing;
    args.shift = parts.shift;
    args.numbers = parts.numbers;
    keep(context, args, field.size());
  });
}

void call_settle(const FieldArgs& field, const TsneSettleArgs& args, float* places, int n_threads) {
  const Descent options{args.descent.exaggeration, args.descent.rate, args.descent.momentum,
                        kLeastGain, kLongest};
  with_dimension(args.dim, [&](auto d) {
    constexpr int kDim = d.value;
    typename GridField<kDim>::Parts parts{};
    for (int axis = 0; axis < 3; ++axis) {
      parts.nodes[static_cast<std::size_t>(axis)] = field.nodes[axis];
      parts.low[axis] = field.low[axis];
    }
    parts.spacing = field.spacing;
    parts.shift = field.shift;
    parts.numbers = field.numbers;
    tsne::settle_points<kDim>(GridField<kDim>(parts), Student(args.freedom), args.map, args.n,
                              args.neighbors, args.weights, args.rows, args.k, options,
                              args.steepest, args.descent.steps, places, n_threads);
  });
}

void call_transform_rows(float* rows, std::size_t m, std::size_t length, bool back) {
  const fourier::Plan plan(length);
  std::vector<float> data(length * fourier::kPair), spare(data.size());
  for (std::size_t first = 0; first < m; first += kLanes) {
    const std::size_t count = std::min<std::size_t>(kLanes, m - first);
    for (std::size_t l = 0; l < count; ++l)
      for (std::size_t j = 0; j < 2 * length; ++j)
        data[j / 2 * fourier::kPair + j % 2 * kLanes + l] = rows[(first + l) * 2 * length + j];
    const float* done = back ? plan.run<true>(data.data(), spare.data())
                             : plan.run<false>(data.data(), spare.data());
    for (std::size_t l = 0; l < count; ++l)
      for (std::size_t j = 0; j < 2 * length; ++j)
        rows[(first + l) * 2 * length + j] = done[j / 2 * fourier::kPair + j % 2 * kLanes + l];
  }
}

}  // namespace

extern const TsneTable tsne_table;
const TsneTable tsne_table = {
    call_descend, call_measure, call_make_field, call_settle, call_transform_rows,
};

UMAPKIT_END
