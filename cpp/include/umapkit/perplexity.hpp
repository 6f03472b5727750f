// Conditional probabilities of t-SNE on nearest neighbours.
//
//   p_{j|i} = exp(-beta_i d_ij^2) / sum_l exp(-beta_i d_il^2),  -sum_j p_{j|i} log p_{j|i} = log u
//
// u: perplexity; several of them give the mean of their probabilities. van der Maaten, Hinton:
// Visualizing data using t-SNE, JMLR 2008, Eq. 1; several scales: Lee, Peluffo-Ordonez, Verleysen:
// Multi-scale similarities in stochastic neighbour embedding, Neurocomputing 2015.
//
// beta_i by Newton steps in log(beta), inside brackets that halve where a step leaves them, until
// the entropy is right to 1e-6. Where u or more neighbours share the smallest distance they count
// alone; where u or fewer are finite, or all are equally far, all count the same. O(n k) a step,
// some eight steps. Rows are independent, sums run over eight lanes in double (exponential.hpp).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "umapkit/exponential.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/plain_log.hpp"

UMAPKIT_BEGIN

// A row's squared distances over the smallest of them, finite ones only, padded to whole vectors.
class EntropySearch {
 public:
  void read(const std::vector<double>& squared) {
    count_ = squared.size();
    gaps_.assign((count_ + kDoubles - 1) / kDoubles * kDoubles, 0.0);
    weights_.resize(gaps_.size());
    double nearest = squared.empty() ? 0.0 : squared[0];
    for (const double s : squared) nearest = std::min(nearest, s);
    total_ = 0.0;
    ties_ = 0;
    for (std::size_t j = 0; j < count_; ++j) {
      gaps_[j] = squared[j] - nearest;
      total_ += gaps_[j];
      ties_ += gaps_[j] == 0.0;
    }
  }

  // Probabilities of the finite neighbours at a perplexity; `target` is its logarithm.
  const double* probabilities(double target) {
    constexpr double kTolerance = 1e-6;
    const auto count = static_cast<double>(count_);
    if (total_ == 0.0 || quality::plain_log(count) <= target) {
      std::fill(weights_.begin(), weights_.end(), 1.0 / count);
      return weights_.data();
    }
    double at = quality::plain_log(count) - quality::plain_log(total_);
    double low = at - 80.0, high = at + 80.0;
    if (quality::plain_log(static_cast<double>(ties_)) >= target) at = high;
    for (int round = 0; round < 100; ++round) {
      const auto [entropy, slope] = measure(quality::plain_exp(at));
      const double wrong = entropy - target;
      if (std::abs(wrong) <= kTolerance || at == high) break;
      (wrong > 0.0 ? low : high) = at;  // the entropy falls as beta grows
      const double newton = slope != 0.0 ? at - wrong / slope : low;
      at = newton > low && newton < high ? newton : (low + high) / 2.0;
    }
    return weights_.data();
  }

 private:
  // Fills the weights; returns their entropy and its derivative by log(beta).
  std::pair<double, double> measure(double beta) {
    F64x8 z = {}, first = {}, second = {};
    for (std::size_t j = 0; j < gaps_.size(); j += kDoubles) {
      const F64x8 gap = load_doubles(gaps_.data() + j);
      F64x8 p = exp_negative(gap * -beta);
      if (j + kDoubles > count_)
        for (std::size_t l = count_ - j; l < kDoubles; ++l) p[l] = 0.0;
      std::memcpy(weights_.data() + j, &p, sizeof p);
      z += p;
      first += p * gap;
      second += p * gap * gap;
    }
    const double sum = sum_doubles(z), mean = sum_doubles(first) / sum;
    const double variance = std::max(sum_doubles(second) / sum - mean * mean, 0.0);
    for (double& p : weights_) p /= sum;
    return {quality::plain_log(sum) + beta * mean, -beta * beta * variance};
  }

  std::size_t count_ = 0, ties_ = 0;
  double total_ = 0.0;
  std::vector<double> gaps_, weights_;
};

// Row i of `targets` and `values` (n x k) receives counts[i] entries, by increasing target. Left
// out are the row itself (where `own`), missing neighbours (index < 0 or infinite distance), and
// what vanishes in float32.
inline void conditional_affinities(const std::int32_t* indices, const float* distances,
                                   std::size_t n, std::size_t k, bool own,
                                   const double* log_perplexities, std::size_t scales,
                                   std::int32_t* targets, float* values, std::int32_t* counts,
                                   int n_threads) {
  for_blocks(n, 256, n_threads, [&](std::size_t begin, std::size_t end, int) {
    EntropySearch search;
    std::vector<double> squared, means;
    std::vector<std::pair<std::int32_t, float>> list;
    for (std::size_t i = begin; i < end; ++i) {
      squared.clear();
      list.clear();
      for (std::size_t j = i * k; j < (i + 1) * k; ++j) {
        if (indices[j] < 0 || !std::isfinite(distances[j])) continue;
        if (own && static_cast<std::size_t>(indices[j]) == i) continue;
        squared.push_back(static_cast<double>(distances[j]) * static_cast<double>(distances[j]));
        list.emplace_back(indices[j], 0.0f);
      }
      means.assign(squared.size(), 0.0);
      search.read(squared);
      for (std::size_t s = 0; s < scales && !squared.empty(); ++s) {
        const double* p = search.probabilities(log_perplexities[s]);
        for (std::size_t j = 0; j < means.size(); ++j) means[j] += p[j];
      }
      for (std::size_t j = 0; j < means.size(); ++j)
        list[j].second = static_cast<float>(means[j] / static_cast<double>(scales));
      std::sort(list.begin(), list.end());
      std::size_t kept = 0;
      for (const auto& [target, p] : list) {
        if (!(p > 0.0f)) continue;
        targets[i * k + kept] = target;
        values[i * k + kept] = p;
        ++kept;
      }
      counts[i] = static_cast<std::int32_t>(kept);
    }
  });
}

UMAPKIT_END
