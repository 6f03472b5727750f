#include "tables/layout.hpp"

#include <algorithm>
#include <vector>

#include "umapkit/density_radii.hpp"
#include "umapkit/density_settle.hpp"
#include "umapkit/density_step.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/literal.hpp"
#include "umapkit/observed_loss.hpp"
#include "umapkit/sampled.hpp"
#include "umapkit/sampled_wide.hpp"
#include "umapkit/settle.hpp"

UMAPKIT_BEGIN

namespace {

Curve curve_of(const CurveArgs& args) { return {args.a, args.b, args.gamma}; }

PaddedGraph graph_of(const SampledArgs& args) {
  return {args.n, args.vectors, args.heads, args.weights, args.degree, args.vertices};
}

SampledOptions options_of(const SampledArgs& args) {
  return {curve_of(args.curve), args.learning_rate, args.negative_rate,
          args.negative_runs,   args.seed,          args.n_epochs};
}

void call_sampled(const SampledArgs& args, float* positions, float* velocity, std::int64_t* state,
                  std::int64_t until, int n_threads) {
  if (args.dim > kLanes) {
    run_wide(graph_of(args), options_of(args), args.dim, args.order, positions, velocity, state,
             until, n_threads);
  } else {
    run_sampled(graph_of(args), options_of(args), args.dim, args.order, positions, velocity, state,
                until, n_threads, PlainMover{});
  }
}

void call_density(const SampledArgs& args, const DensityArgs& density, float* positions,
                  float* velocity, std::int64_t* state, std::int64_t until, int n_threads) {
  const PaddedGraph graph = graph_of(args);
  const DensityOptions options{density.radii, density.weight, density.var_shift, density.first};
  run_sampled(graph, options_of(args), args.dim, args.order, positions, velocity, state, until,
              n_threads, DensityMover(graph, options, n_threads));
}

void call_losses(const SampledArgs& args, const float* positions, std::int64_t epoch,
                 double* losses, int n_threads) {
  observed_losses(graph_of(args), options_of(args), args.dim, args.order, positions, epoch, losses,
                  n_threads);
}

void call_literal(const LiteralArgs& args, float* positions, double* next_edge,
                  double* next_negative, std::int64_t* state, std::int64_t until) {
  const Edges edges{args.edges, args.heads, args.tails, args.weights};
  const LiteralOptions options{
      curve_of(args.curve), args.learning_rate, args.negative_rate, args.seed,
      args.n_epochs,        args.bernoulli,     args.push_tail};
  run_literal(edges, options, args.n, args.dim, positions, next_edge, next_negative, state, until);
}

template <class Term>
void settle_with(const SettleArgs& args, float* places, int n_threads, const Term& term) {
  const SettleOptions options{curve_of(args.curve), args.learning_rate, args.negative_rate,
                              args.negative_runs,   args.seed,          args.n_epochs};
  settle(args.map, args.copy, args.n, args.dim, args.neighbors, args.weights, args.rows, args.k,
         args.row_keys, options, places, n_threads, term);
}

void call_settle(const SettleArgs& args, float* places, int n_threads) {
  settle_with(args, places, n_threads, NoTerm{});
}

void call_settle_density(const SettleArgs& args, const RadiusArgs& radius, float* places,
                         int n_threads) {
  settle_with(args, places, n_threads,
              RadiusTerm{radius.targets, radius.weight, curve_of(args.curve)});
}

void call_input_radii(const InputRadiiArgs& args, double* radii, int n_threads) {
  input_radii(args.n, args.indptr, args.targets, args.weights, args.indices, args.distances, args.k,
              args.both, radii, n_threads);
}

void call_list_radii(const ListRadiiArgs& args, double* radii, int n_threads) {
  list_radii(args.points, args.rows, args.map, args.dim, args.lists, args.k, args.a, args.b, radii,
             n_threads);
}

void call_curve(const CurveArgs& args, int which, const float* s, float* out, std::size_t n) {
  const Curve curve = curve_of(args);
  for (std::size_t i = 0; i < n; i += kLanes) {
    const int count = static_cast<int>(std::min<std::size_t>(kLanes, n - i));
    const F32x16 x = load_part(s + i, count, 1.0f);
    F32x16 y = splat(0.0f);
    switch (which) {
      case 0: y = curve.attraction(x); break;
      case 1: y = curve.repulsion(x); break;
      case 2: y = curve.attraction_cost(x); break;
      case 3: y = curve.repulsion_cost(x); break;
      case 4: y = log2_of(x); break;
      default: y = exp2_of(x);
    }
    float all[kLanes];
    store(all, y);
    std::copy_n(all, count, out + i);
  }
}

}  // namespace

extern const LayoutTable layout_table;
const LayoutTable layout_table = {
    call_sampled,        call_losses,      call_literal,    call_settle, call_density,
    call_settle_density, call_input_radii, call_list_radii, call_curve,
};

UMAPKIT_END
