// Surfaces on which a map can lie: the sphere, the hyperbolic plane, the flat torus.
//
// A place x is kept as `kRow` numbers; with d the geodesic distance of x and y:
//
//   sphere       |x| = 1 in R^3, c^2 = |x - y|^2:  d = 2 asin(c / 2)
//                d grad_x d = (d / sin d) ((x - y) - (c^2 / 2) x)
//   hyperboloid  x in R^3, x1^2 + x2^2 - x3^2 = -1, x3 > 0, <u, v> = u1 v1 + u2 v2 - u3 v3,
//                g = <x - y, x - y>:  d = 2 asinh(sqrt(g) / 2) = arccosh(-<x, y>)
//                d grad_x d = (d / sinh d) ((x - y) + (g / 2) x)
//   torus        two coordinates modulo the periods P: differences in [-P/2, P/2), d their length
//
// Gradients are those of the surface (they lie in its tangent plane), so the poles of the sphere
// are places like any other: in the angles themselves the gradient is singular there. A place
// moves along the geodesic (hyperboloid, torus) or to the nearest point of the sphere.
// Coordinates are umap-learn's: colatitude and longitude; x1, x2 of the hyperboloid; the torus's
// own. Everything in double by plain_trig.hpp and plain_log.hpp: same bits on every machine.
// Near d = 0 the ratio d / sin d is 1. O(1) a pair.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "umapkit/plain_log.hpp"
#include "umapkit/plain_trig.hpp"

UMAPKIT_BEGIN

constexpr double kLongestStep = 1.0;

template <int N>
UMAPKIT_INLINE void shorten(double* v, double length) {
  const double share = length > kLongestStep ? kLongestStep / length : 1.0;
  for (int k = 0; k < N; ++k) v[k] *= share;
}

struct Sphere {
  static constexpr int kWidth = 3, kRow = 3, kCoordinates = 2;
  static constexpr bool kEnergy = false;

  void prepare(const double* place, double* row) const { std::copy_n(place, 3, row); }

  UMAPKIT_INLINE void look(const double* x, const double* y, double& gap, double& more) const {
    const double a = x[0] - y[0], b = x[1] - y[1], c = x[2] - y[2];
    gap = a * a + b * b + c * c;
    more = 1.0;
  }
  UMAPKIT_INLINE void measure(double gap, double, double& d, double& ratio) const {
    const double half = std::sqrt(gap) * 0.5;
    const double sine = half > 1.0 ? 1.0 : half;
    const double angle = plain_asin(sine);
    const double rest = 1.0 - sine * sine;
    const double full = sine * std::sqrt(rest > 1e-18 ? rest : 1e-18);
    d = 2.0 * angle;
    ratio = sine > 1e-8 ? angle / full : 1.0;
  }
  UMAPKIT_INLINE void away(const double* x, const double* y, double gap, double ratio,
                           double* delta, double* bend) const {
    for (int k = 0; k < 3; ++k) {
      delta[k] = ratio * ((x[k] - y[k]) - 0.5 * gap * x[k]);
      bend[k] = 1.0;
    }
  }
  void limit(double* v) const { shorten<3>(v, std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])); }
  void move(const double* x, const double* v, double* to) const {
    for (int k = 0; k < 3; ++k) to[k] = x[k] + v[k];
    const double length = std::sqrt(to[0] * to[0] + to[1] * to[1] + to[2] * to[2]);
    for (int k = 0; k < 3; ++k) to[k] /= length;
  }
  // Of places (count rows of 3) with weights; `strongest` is one of them.
  void mean(const double* places, const double* weights, std::size_t count, std::size_t strongest,
            double* out) const {
    double sum[3] = {}, mass = 0.0;
    for (std::size_t j = 0; j < count; ++j) {
      mass += weights[j];
      for (int k = 0; k < 3; ++k) sum[k] += weights[j] * places[3 * j + k];
    }
    const double length = std::sqrt(sum[0] * sum[0] + sum[1] * sum[1] + sum[2] * sum[2]);
    for (int k = 0; k < 3; ++k)
      out[k] = length > 1e-9 * mass ? sum[k] / length : places[3 * strongest + k];
  }
  void from_coordinates(const float* c, double* place) const {
    const Turn down = plain_turn(c[0]), around = plain_turn(c[1]);
    place[0] = down.sine * around.cosine;
    place[1] = down.sine * around.sine;
    place[2] = down.cosine;
  }
  void to_coordinates(const double* place, float* c) const {
    const double level = std::sqrt(place[0] * place[0] + place[1] * place[1]);
    c[0] = static_cast<float>(plain_angle(level, place[2]));
    c[1] = static_cast<float>(plain_angle(place[1], place[0]));
  }
};

struct Hyperboloid {
  static constexpr int kWidth = 3, kRow = 3, kCoordinates = 2;
  static constexpr bool kEnergy = false;

  static double inner(const double* u, const double* v) {
    return u[0] * v[0] + u[1] * v[1] - u[2] * v[2];
  }
  void prepare(const double* place, double* row) const { std::copy_n(place, 3, row); }

  UMAPKIT_INLINE void look(const double* x, const double* y, double& gap, double& more) const {
    const double a = x[0] - y[0], b = x[1] - y[1];
    // x3 - y3 out of x3^2 - y3^2: no digits are lost far from the origin.
    const double c = (a * (x[0] + y[0]) + b * (x[1] + y[1])) / (x[2] + y[2]);
    const double g = a * a + b * b - c * c;
    gap = g > 0.0 ? g : 0.0;
    more = 1.0;
  }
  UMAPKIT_INLINE void measure(double gap, double, double& d, double& ratio) const {
    const double sine = std::sqrt(gap) * 0.5;
    const double cosine = std::sqrt(1.0 + sine * sine);
    const double half = quality::plain_log(sine + cosine);
    d = 2.0 * half;
    ratio = sine > 1e-8 ? half / (sine * cosine) : 1.0;
  }
  UMAPKIT_INLINE void away(const double* x, const double* y, double gap, double ratio,
                           double* delta, double* bend) const {
    for (int k = 0; k < 3; ++k) {
      delta[k] = ratio * ((x[k] - y[k]) + 0.5 * gap * x[k]);
      bend[k] = 1.0;
    }
  }
  void limit(double* v) const {
    const double square = inner(v, v);
    shorten<3>(v, std::sqrt(square > 0.0 ? square : 0.0));
  }
  void move(const double* x, const double* v, double* to) const {
    const double square = inner(v, v);
    const double length = std::sqrt(square > 0.0 ? square : 0.0);
    const double grown = quality::plain_exp(length), shrunk = 1.0 / grown;
    const double along = 0.5 * (grown + shrunk);
    const double share = length > 1e-8 ? 0.5 * (grown - shrunk) / length : 1.0;
    for (int k = 0; k < 2; ++k) {
      to[k] = along * x[k] + share * v[k];
      // What lies beyond float32 comes back to its edge.
      to[k] = std::clamp(to[k], -1e15, 1e15);
    }
    to[2] = std::sqrt(1.0 + to[0] * to[0] + to[1] * to[1]);
  }
  // Takes the middle of all places (n rows of 3) to the origin, by the isometry that turns nothing.
  // Else a map would drift, and coordinates grow exponentially with the distance from the origin.
  static void centre(double* places, std::size_t n) {
    double c[3] = {};
    for (std::size_t i = 0; i < n; ++i)
      for (int k = 0; k < 3; ++k) c[k] += places[3 * i + k];
    const double length = std::sqrt(std::max(-inner(c, c), 1e-300));
    for (double& one : c) one /= length;
    c[2] = std::sqrt(1.0 + c[0] * c[0] + c[1] * c[1]);
    for (std::size_t i = 0; i < n; ++i) {
      double* const x = places + 3 * i;
      const double share = (c[0] * x[0] + c[1] * x[1]) / (1.0 + c[2]) - x[2];
      for (int k = 0; k < 2; ++k) x[k] += share * c[k];
      x[2] = std::sqrt(1.0 + x[0] * x[0] + x[1] * x[1]);
    }
  }
  void mean(const double* places, const double* weights, std::size_t count, std::size_t,
            double* out) const {
    double sum[3] = {};
    for (std::size_t j = 0; j < count; ++j)
      for (int k = 0; k < 3; ++k) sum[k] += weights[j] * places[3 * j + k];
    const double length = std::sqrt(std::max(-inner(sum, sum), 1e-300));
    for (int k = 0; k < 2; ++k) out[k] = sum[k] / length;
    out[2] = std::sqrt(1.0 + out[0] * out[0] + out[1] * out[1]);
  }
  void from_coordinates(const float* c, double* place) const {
    place[0] = c[0];
    place[1] = c[1];
    place[2] = std::sqrt(1.0 + place[0] * place[0] + place[1] * place[1]);
  }
  void to_coordinates(const double* place, float* c) const {
    c[0] = static_cast<float>(place[0]);
    c[1] = static_cast<float>(place[1]);
  }
};

struct Torus {
  static constexpr int kWidth = 2, kRow = 2, kCoordinates = 2;
  static constexpr bool kEnergy = false;
  double period[2];

  UMAPKIT_INLINE double wrapped(double difference, int k) const {
    return difference - period[k] * std::floor(difference / period[k] + 0.5);
  }
  void prepare(const double* place, double* row) const { std::copy_n(place, 2, row); }

  UMAPKIT_INLINE void look(const double* x, const double* y, double& gap, double& more) const {
    const double a = wrapped(x[0] - y[0], 0), b = wrapped(x[1] - y[1], 1);
    gap = a * a + b * b;
    more = 1.0;
  }
  UMAPKIT_INLINE void measure(double gap, double, double& d, double& ratio) const {
    d = std::sqrt(gap);
    ratio = 1.0;
  }
  UMAPKIT_INLINE void away(const double* x, const double* y, double, double, double* delta,
                           double* bend) const {
    for (int k = 0; k < 2; ++k) {
      delta[k] = wrapped(x[k] - y[k], k);
      bend[k] = 1.0;
    }
  }
  void limit(double* v) const { shorten<2>(v, std::sqrt(v[0] * v[0] + v[1] * v[1])); }
  void move(const double* x, const double* v, double* to) const {
    for (int k = 0; k < 2; ++k) {
      const double there = x[k] + v[k];
      to[k] = there - period[k] * std::floor(there / period[k]);
    }
  }
  // By way of the strongest: the mean of what lies on both sides of the seam is at the seam.
  void mean(const double* places, const double* weights, std::size_t count, std::size_t strongest,
            double* out) const {
    const double* const from = places + 2 * strongest;
    double sum[2] = {}, mass = 0.0;
    for (std::size_t j = 0; j < count; ++j) {
      mass += weights[j];
      for (int k = 0; k < 2; ++k) sum[k] += weights[j] * wrapped(places[2 * j + k] - from[k], k);
    }
    for (int k = 0; k < 2; ++k) {
      const double there = from[k] + sum[k] / mass;
      out[k] = there - period[k] * std::floor(there / period[k]);
    }
  }
  void from_coordinates(const float* c, double* place) const {
    for (int k = 0; k < 2; ++k) {
      const double there = c[k];
      place[k] = there - period[k] * std::floor(there / period[k]);
    }
  }
  void to_coordinates(const double* place, float* c) const {
    for (int k = 0; k < 2; ++k) c[k] = static_cast<float>(place[k]);
  }
};

UMAPKIT_END
