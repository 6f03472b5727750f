// How the local radii of a map vary, and with those of the data: what a density term needs.
//
//   m = sum r_i / n,   v = sum (r_i - m)^2 / n + shift,   c = sum (r_i - m) R_i / n
//
// r: log radii on the map, R: those of the data with mean 0 and variance 1; the sums are over the n
// vertices that have an edge. Narayan, Berger, Cho 2021. In double, by blocks of 1,024 vertices in
// the order of their numbers, so that neither threads nor the order in memory change a bit. O(n).
#pragma once
#include <cstddef>
#include <vector>

#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

constexpr std::size_t kMomentBlock = 1024;

// Sum of f(v) over 0 <= v < n, in one order.
template <class F>
double ordered_sum(std::size_t n, int n_threads, F&& f) {
  std::vector<double> parts((n + kMomentBlock - 1) / kMomentBlock, 0.0);
  for_blocks(n, kMomentBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    double total = 0.0;
    for (std::size_t v = begin; v < end; ++v) total += f(v);
    parts[begin / kMomentBlock] = total;
  });
  double total = 0.0;
  for (const double part : parts) total += part;
  return total;
}

struct RadiusMoments {
  double mean, variance, covariance;
};

// Of `vertices` vertices, `n` of them counted.
inline RadiusMoments radius_moments(std::size_t vertices, double n, const char* counted,
                                    const double* radii, const double* wanted, double shift,
                                    int n_threads) {
  const auto over = [&](auto&& f) {
    return ordered_sum(vertices, n_threads, [&](std::size_t v) { return counted[v] ? f(v) : 0.0; });
  };
  const double mean = over([&](std::size_t v) { return radii[v]; }) / n;
  const double variance =
      over([&](std::size_t v) { return (radii[v] - mean) * (radii[v] - mean); }) / n + shift;
  return {mean, variance, over([&](std::size_t v) { return (radii[v] - mean) * wanted[v]; }) / n};
}

UMAPKIT_END
