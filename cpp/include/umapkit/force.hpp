// The two forces of UMAP between a pair of points, and its two costs, for many pairs.
//
// With p = s^b, s = |y_i - y_j|^2 (tutorial, Eqs. 8, 9, 12, 13; eps = 0.001):
//
//   attraction   f_a = -2ab (p / s) / (1 + a p) (y_i - y_j)        cost  c_a = ln(1 + a p)
//   repulsion    f_r =  2 gamma b / ((eps + s)(1 + a p)) (y_i - y_j)    c_r = ln(1 + a p) - ln(a p)
//
// `attraction` and `repulsion` return the positive coefficient of (y_i - y_j). At s = 0 the
// coefficient of attraction is finite (s is floored at 1e-30) and meets a zero difference: no
// force. c_r is capped where s < 1e-30.
//
// Other members of the family (b = 1) have a `shift` in the place of eps that belongs to their
// cost:
//
//   c_r = gamma / (1 - a shift) ln((1 + a s) / (a (shift + s))),   whose force is f_r with eps =
//   shift
//
// LargeVis: a = 1, shift 0.1. NEG-t-SNE with c = m Z / n^2: a = c / (1 + c), gamma = 1 / (1 + c),
// shift 1. `clip` bounds every component of a force.
#pragma once
#include "umapkit/power.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

constexpr float kTinySquare = 1e-30f;
constexpr float kRepulsionFloor = 0.001f;
constexpr float kClip = 4.0f;
constexpr float kLn2 = 0.693147180559945309f;

struct Curve {
  float a, b, gamma;
  float shift = 0.0f;  // 0: UMAP's eps, which its cost leaves out
  float clip = kClip;

  template <int N>
  UMAPKIT_INLINE Pack<float, N> attraction(Pack<float, N> s) const {
    const auto safe = max(s, splat_pack<float, N>(kTinySquare));
    const auto p = power(safe, b);
    return p * (2.0f * a * b) / (safe * (p * a + 1.0f));
  }
  template <int N>
  UMAPKIT_INLINE Pack<float, N> repulsion(Pack<float, N> s) const {
    const auto p = power(max(s, splat_pack<float, N>(kTinySquare)), b);
    const float floor = shift > 0.0f ? shift : kRepulsionFloor;
    return splat_pack<float, N>(2.0f * gamma * b) / ((s + floor) * (p * a + 1.0f));
  }
  template <int N>
  UMAPKIT_INLINE Pack<float, N> attraction_cost(Pack<float, N> s) const {
    return log2_of(power(max(s, splat_pack<float, N>(kTinySquare)), b) * a + 1.0f) * kLn2;
  }
  template <int N>
  UMAPKIT_INLINE Pack<float, N> repulsion_cost(Pack<float, N> s) const {
    const auto ap = power(max(s, splat_pack<float, N>(kTinySquare)), b) * a;
    return log2_of((ap + 1.0f) / (ap + a * shift)) * (kLn2 * (gamma / (1.0f - a * shift)));
  }
};

UMAPKIT_END
