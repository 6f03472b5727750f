#include "tables/streaming.hpp"

#include "umapkit/isa.hpp"
#include "umapkit/stream_edges.hpp"
#include "umapkit/stream_lists.hpp"
#include "umapkit/stream_move.hpp"

UMAPKIT_BEGIN

namespace {

EdgePool pool_of(const EdgePoolArgs& args) {
  return {args.capacity, args.first, args.room, args.count, args.degree, args.vectors,
          args.used,     args.heads, args.out,  args.in,    args.weights};
}

std::int64_t call_relink(EdgePoolArgs& args, const NewListsArgs& lists, int n_threads) {
  EdgePool pool = pool_of(args);
  const std::int64_t wanted =
      relink(pool, {lists.rows, lists.k, lists.slots, lists.targets, lists.values, lists.counts},
             n_threads);
  args.used = pool.used;
  return wanted;
}

std::int64_t call_packed(const EdgePoolArgs& args) { return packed_vectors(pool_of(args)); }

void call_repack(const EdgePoolArgs& from, EdgePoolArgs& to) {
  EdgePool target = pool_of(to);
  repack(pool_of(from), target);
  to.used = target.used;
}

SlotTable table_of(const ReadListsArgs& args) {
  return {args.k, args.indices, args.distances, args.linked, args.cut};
}

void call_sum(const ReadListsArgs& args, double* sums, std::int64_t* counts, int n_threads) {
  sum_lists(table_of(args), args.slots, args.rows, sums, counts, n_threads);
}

void call_read(const ReadListsArgs& args, std::int32_t* targets, float* values,
               std::int32_t* counts, std::uint8_t* waiting, int n_threads) {
  read_lists(table_of(args), {args.connectivity, args.target, args.mean_distance}, args.slots,
             args.rows, targets, values, counts, waiting, n_threads);
}

void call_move(const EdgePoolArgs& pool, const StreamMoveArgs& args, int n_threads) {
  const StreamOptions options{{args.a, args.b, args.gamma},
                              args.negative_rate,
                              args.drawn,
                              args.negative_runs,
                              args.memory,
                              args.anchor,
                              args.seed,
                              args.stamp};
  const StreamMap map{args.n,     args.stride, args.state, args.copy,
                      args.where, args.homes,  args.ages};
  const StreamParts parts{args.parts, args.ends, args.slots, args.steps, args.settling};
  move_slots(map, pool_of(pool), options, args.dim, parts, n_threads);
}

}  // namespace

extern const StreamingTable streaming_table;
const StreamingTable streaming_table = {call_relink, call_packed, call_repack,
                                        call_sum,    call_read,   call_move};

UMAPKIT_END
