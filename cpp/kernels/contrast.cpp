#include "tables/contrast.hpp"

#include "umapkit/alias.hpp"
#include "umapkit/infonc.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/largevis.hpp"
#include "umapkit/observed_loss.hpp"
#include "umapkit/sampled.hpp"
#include "umapkit/settle.hpp"
#include "umapkit/weighted.hpp"
#include "umapkit/weighted_repulsion.hpp"

UMAPKIT_BEGIN

namespace {

Curve curve_of(const ContrastCurve& c) { return {c.a, c.b, c.gamma, c.shift, c.clip}; }

PaddedGraph graph_of(const ContrastGraph& g) {
  return {g.n, g.vectors, g.heads, g.weights, g.degree, g.vertices};
}

SampledOptions options_of(const ContrastCurve& curve, const ContrastSchedule& s) {
  return {curve_of(curve), s.learning_rate, s.negative_rate, s.negative_runs, s.seed, s.n_epochs};
}

constexpr ContrastCurve kCauchy{1.0f, 1.0f, 1.0f, 0.0f, kClip};

Shared shared_of(const ContrastShares& s) { return {s.ratio, s.shares, s.degrees}; }

void call_weighted(const ContrastGraph& graph, const ContrastCurve& curve,
                   const ContrastShares& shares, const ContrastSchedule& schedule, float* positions,
                   float* velocity, std::int64_t* state, std::int64_t until, int n_threads) {
  run_sampled(graph_of(graph), options_of(curve, schedule), graph.dim, graph.order, positions,
              velocity, state, until, n_threads, WeightedMover{shared_of(shares)});
}

void call_weighted_losses(const ContrastGraph& graph, const ContrastCurve& curve,
                          const ContrastShares& shares, const ContrastSchedule& schedule,
                          const float* positions, double* losses, int n_threads) {
  observed_losses(graph_of(graph), options_of(curve, schedule), graph.dim, graph.order, positions,
                  0, losses, n_threads, shared_of(shares));
}

void call_settle_weighted(const ContrastRows& rows, const ContrastCurve& curve,
                          const ContrastShares& shares, const ContrastSchedule& s, float* places,
                          int n_threads) {
  const SettleOptions options{curve_of(curve), s.learning_rate, s.negative_rate,
                              s.negative_runs, s.seed,          s.n_epochs};
  settle(rows.map, rows.copy, rows.n, rows.dim, rows.neighbors, rows.weights, rows.rows, rows.k,
         rows.row_keys, options, places, n_threads, NoTerm{}, shared_of(shares));
}

void call_infonc(const ContrastGraph& graph, const InfoncArgs& infonc,
                 const ContrastSchedule& schedule, float* positions, float* velocity,
                 std::int64_t* state, std::int64_t until, int n_threads) {
  run_sampled(graph_of(graph), options_of(kCauchy, schedule), graph.dim, graph.order, positions,
              velocity, state, until, n_threads,
              infonc::Mover(infonc.exaggeration, infonc.negatives, graph.order));
}

void call_infonc_losses(const ContrastGraph& graph, const InfoncArgs& infonc,
                        const ContrastSchedule& schedule, const float* positions, double* losses,
                        int n_threads) {
  infonc::losses(graph_of(graph), options_of(kCauchy, schedule), infonc.exaggeration,
                 infonc.negatives, graph.dim, graph.order, positions, losses, n_threads);
}

void call_settle_infonc(const ContrastRows& rows, const InfoncArgs& infonc,
                        const ContrastSchedule& s, float* places, int n_threads) {
  infonc::settle(rows.map, rows.copy, rows.n, rows.dim, rows.neighbors, rows.weights, rows.rows,
                 rows.k, rows.row_keys, infonc.exaggeration, infonc.negatives, s.learning_rate,
                 s.seed, s.n_epochs, places, n_threads);
}

void call_largevis(const LargeVisArgs& args, const ContrastCurve& curve, float* positions,
                   std::int64_t* state, std::int64_t until) {
  const AliasTable edges{args.edges, args.edge_accept, args.edge_other};
  const AliasTable vertices{args.n, args.vertex_accept, args.vertex_other};
  const LargeVisOptions options{curve_of(curve), args.learning_rate, args.negatives,
                                args.seed,       args.n_epochs,      args.samples};
  run_largevis(args.heads, args.tails, edges, vertices, options, args.dim, positions, state, until);
}

}  // namespace

extern const ContrastTable contrast_table;
const ContrastTable contrast_table = {
    call_weighted, call_weighted_losses, call_settle_weighted,
    call_infonc,   call_infonc_losses,   call_settle_infonc,
    call_largevis, make_alias,           quality::weighted_repulsion,
};

UMAPKIT_END
