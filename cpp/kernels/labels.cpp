#include "tables/labels.hpp"

#include "umapkit/classify.hpp"
#include "umapkit/triplet.hpp"

UMAPKIT_BEGIN

namespace {

WideHead head_of(const HeadArgs& args) { return {args.weights, args.classes, args.dim}; }

void call_pull(const HeadArgs& head, const float* points, const std::int32_t* rows,
               const std::int32_t* codes, std::size_t m, float step, float* moves, double* sums,
               int n_threads) {
  pull_classes(points, rows, codes, m, head_of(head), step, moves, sums, n_threads);
}

void call_probabilities(const HeadArgs& head, const float* points, std::size_t m, double* out,
                        int n_threads) {
  class_probabilities(points, m, head_of(head), out, n_threads);
}

void call_triplets(const TripletArgs& args, const float* points, float* moves, double* cost,
                   int n_threads) {
  const Classes classes{args.rows, args.codes, args.starts, args.m};
  const TripletOptions options{args.margin, args.step, args.triplets, args.seed, args.epoch};
  push_triplets(points, args.dim, classes, options, moves, cost, n_threads);
}

}  // namespace

extern const LabelsTable labels_table;
const LabelsTable labels_table = {call_pull, call_probabilities, call_triplets};

UMAPKIT_END
