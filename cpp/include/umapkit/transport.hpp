// Optimal transport between histograms, for every pair of two tables.
//
//   W(a, b) = min over F >= 0 of sum_kl F_kl C_kl   with sum_l F_kl = a_k and sum_k F_kl = b_l
//
// a, b: rows over their sums; C: cost of moving a unit from bin k to bin l, C_kk = 0. Exact, by
// successive shortest paths (Ahuja, Magnanti, Orlin, Network Flows, 1993, 9.7): Dijkstra on reduced
// costs from all bins that still supply, then as much as fits along the shortest path to a bin that
// still demands. s and t filled bins: O(s t) a path, about s + t paths, O(s t) memory. What is left
// below 1e-14 of the whole (rounding of the sums) is not moved.
//
// Entropic transport (Cuturi, Sinkhorn distances, NIPS 2013): the plan is F_kl = u_k K_kl v_l with
// K = exp(-C / regularization), u and v by turns scaled to the two margins; the value is
// sum F_kl C_kl. It stops when the second margin is off by less than `tolerance` in total, or after
// `rounds` turns. O(d^2) a turn.
//
// All in double and in one order: the bits depend on the pair only.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

// Bins of a row that hold something, and their shares.
struct Histogram {
  std::vector<std::size_t> bins;
  std::vector<double> shares;

  void read(const float* row, std::size_t d) {
    bins.clear();
    shares.clear();
    double sum = 0.0;
    for (std::size_t k = 0; k < d; ++k) sum += static_cast<double>(row[k]);
    for (std::size_t k = 0; k < d; ++k)
      if (row[k] > 0.0F) {
        bins.push_back(k);
        shares.push_back(static_cast<double>(row[k]) / sum);
      }
  }
};

class Transport {
 public:
  // Cost of the cheapest plan; cost: d x d.
  double solve(const Histogram& a, const Histogram& b, const double* cost, std::size_t d) {
    s_ = a.bins.size();
    t_ = b.bins.size();
    supply_ = a.shares;
    demand_ = b.shares;
    cost_.resize(s_ * t_);
    for (std::size_t i = 0; i < s_; ++i)
      for (std::size_t j = 0; j < t_; ++j) cost_[i * t_ + j] = cost[a.bins[i] * d + b.bins[j]];
    flow_.assign(s_ * t_, 0.0);
    height_.assign(s_ + t_, 0.0);
    while (true) {
      const std::size_t end = shortest();
      if (end == none) break;
      move_along(end);
    }
    double total = 0.0;
    for (std::size_t e = 0; e < flow_.size(); ++e) total += flow_[e] * cost_[e];
    return total;
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  static constexpr double rest = 1e-14;

  // Dijkstra over s sources and t sinks; returns the nearest sink with a demand, or none.
  std::size_t shortest() {
    const double infinity = std::numeric_limits<double>::infinity();
    far_.assign(s_ + t_, infinity);
    before_.assign(s_ + t_, none);
    done_.assign(s_ + t_, 0);
    for (std::size_t i = 0; i < s_; ++i)
      if (supply_[i] > rest) far_[i] = 0.0;
    std::size_t end = none;
    while (true) {
      std::size_t at = none;
      for (std::size_t x = 0; x < s_ + t_; ++x)
        if (!done_[x] && far_[x] < infinity && (at == none || far_[x] < far_[at])) at = x;
      if (at == none) return none;
      done_[at] = 1;
      if (at >= s_ && demand_[at - s_] > rest) {
        end = at;
        break;
      }
      spread(at);
    }
    // Heights keep reduced costs from falling below 0.
    const double reach = far_[end];
    for (std::size_t x = 0; x < s_ + t_; ++x) height_[x] += std::min(far_[x], reach);
    return end;
  }

  void spread(std::size_t at) {
    if (at < s_) {
      for (std::size_t j = 0; j < t_; ++j)
        relax(at, s_ + j, cost_[at * t_ + j] + height_[at] - height_[s_ + j]);
    } else {
      const std::size_t j = at - s_;
      for (std::size_t i = 0; i < s_; ++i)
        if (flow_[i * t_ + j] > 0.0) relax(at, i, height_[at] - height_[i] - cost_[i * t_ + j]);
    }
  }

  void relax(std::size_t from, std::size_t to, double length) {
    const double way = far_[from] + std::max(length, 0.0);
    if (!done_[to] && way < far_[to]) {
      far_[to] = way;
      before_[to] = from;
    }
  }

  void move_along(std::size_t end) {
    double amount = demand_[end - s_];
    std::size_t begin = end;
    for (; before_[begin] != none; begin = before_[begin])
      if (begin < s_) amount = std::min(amount, flow_[begin * t_ + before_[begin] - s_]);
    amount = std::min(amount, supply_[begin]);
    for (std::size_t x = end; before_[x] != none; x = before_[x]) {
      if (x < s_)
        flow_[x * t_ + before_[x] - s_] -= amount;
      else
        flow_[before_[x] * t_ + x - s_] += amount;
    }
    supply_[begin] -= amount;
    demand_[end - s_] -= amount;
  }

  std::size_t s_ = 0, t_ = 0;
  std::vector<double> supply_, demand_, cost_, flow_, height_, far_;
  std::vector<std::size_t> before_;
  std::vector<unsigned char> done_;
};

// queries m x d, table n x d, each row filled; cost d x d; costs m x n.
inline void transport_rows(const float* queries, std::size_t m, const float* table, std::size_t n,
                           std::size_t d, const double* cost, double* costs) {
  Histogram one, other;
  Transport transport;
  for (std::size_t q = 0; q < m; ++q) {
    one.read(queries + q * d, d);
    for (std::size_t x = 0; x < n; ++x) {
      other.read(table + x * d, d);
      costs[q * n + x] = transport.solve(one, other, cost, d);
    }
  }
}

class Scaling {
 public:
  explicit Scaling(std::size_t d) : d_(d), a_(d), b_(d), u_(d), v_(d), sums_(d) {}

  void shares(const float* row, bool first) {
    double sum = 0.0;
    for (std::size_t k = 0; k < d_; ++k) sum += static_cast<double>(row[k]);
    std::vector<double>& out = first ? a_ : b_;
    for (std::size_t k = 0; k < d_; ++k) out[k] = static_cast<double>(row[k]) / sum;
  }

  // kernel, cost: d x d, symmetric.
  double value(const double* kernel, const double* cost, std::size_t rounds, double tolerance) {
    std::fill(u_.begin(), u_.end(), 1.0);
    for (std::size_t round = 0; round < rounds; ++round) {
      times(kernel, u_);
      if (round > 0) {
        double off = 0.0;
        for (std::size_t l = 0; l < d_; ++l) off += std::fabs(v_[l] * sums_[l] - b_[l]);
        if (off <= tolerance) break;
      }
      for (std::size_t l = 0; l < d_; ++l) v_[l] = b_[l] / sums_[l];
      times(kernel, v_);
      for (std::size_t k = 0; k < d_; ++k) u_[k] = a_[k] / sums_[k];
    }
    double total = 0.0;
    for (std::size_t k = 0; k < d_; ++k)
      for (std::size_t l = 0; l < d_; ++l)
        total += u_[k] * kernel[k * d_ + l] * v_[l] * cost[k * d_ + l];
    return total;
  }

 private:
  // sums = kernel times x, row after row (the kernel is symmetric).
  void times(const double* kernel, const std::vector<double>& x) {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    for (std::size_t k = 0; k < d_; ++k)
      for (std::size_t l = 0; l < d_; ++l) sums_[l] += x[k] * kernel[k * d_ + l];
  }

  std::size_t d_;
  std::vector<double> a_, b_, u_, v_, sums_;
};

// As above; kernel = exp(-cost / regularization), all positive.
inline void sinkhorn_rows(const float* queries, std::size_t m, const float* table, std::size_t n,
                          std::size_t d, const double* kernel, const double* cost,
                          std::size_t rounds, double tolerance, double* costs) {
  Scaling scaling(d);
  for (std::size_t q = 0; q < m; ++q) {
    scaling.shares(queries + q * d, true);
    for (std::size_t x = 0; x < n; ++x) {
      scaling.shares(table + x * d, false);
      costs[q * n + x] = scaling.value(kernel, cost, rounds, tolerance);
    }
  }
}

UMAPKIT_END
