// Densities for new points: a pull towards the local radius that the map should have there.
//
// For a new row with memberships w_j, at y, with s_j = |y - y_j|^2 and q = 1 / (1 + a s^b), over
// its neighbours on the frozen map:
//
//   Q = sum_j q_j,   r = ln(eps + sum_j q_j s_j / Q)                                    (eps =
//   1e-8)   F += clip(k (t - r) G, 4 W),   G = dr / dy = 2 sum_j dr / ds_j (y - y_j),   k = kappa W
//
// t is the radius wanted, W = sum_j w_j; dr / ds as in density_step.hpp. It is the gradient of
// -k (t - r)^2 / 2, whose Gauss-Newton curvature k |G|^2 joins the springs of the semi-implicit
// step (settle.hpp). Sums in double. O(k) a step; nothing is approximated.
#pragma once
#include <algorithm>
#include <cmath>

#include "umapkit/density_radii.hpp"
#include "umapkit/settle.hpp"

UMAPKIT_BEGIN

struct RadiusTerm {
  static constexpr bool kAny = true;
  const double* targets;  // t of every row; NaN: no pull
  double weight;          // kappa
  Curve curve;

  // Force on row q into `out`; returns the curvature.
  float force(std::size_t q, const float* here, const F32x16* others, const F32x16* weights,
              std::size_t vectors, int dim, float total, float* out) const {
    std::fill(out, out + dim, 0.0f);
    if (std::isnan(targets[q])) return 0.0f;
    double mass = 0.0, moment = 0.0;
    const auto each = [&](auto&& f) {  // f(s, q, a b s^(b-1) q, lane)
      for (std::size_t v = 0; v < vectors; ++v) {
        F32x16 s = {};
        for (int x = 0; x < dim; ++x) {
          const F32x16 d = splat(here[x]) - others[v * dim + x];
          s += d * d;
        }
        const F32x16 p = power(max(s, splat(kTinySquare)), curve.b);
        const F32x16 near = 1.0f / (p * curve.a + 1.0f);
        const F32x16 slope = p * near * (curve.a * curve.b) / max(s, splat(kTinySquare));
        float all[4][kLanes];
        store(all[0], s);
        store(all[1], near);
        store(all[2], slope);
        store(all[3], weights[v]);
        for (int l = 0; l < kLanes; ++l)
          if (all[3][l] > 0.0f) f(v, l, all[0][l], all[1][l], all[2][l]);
      }
    };
    each([&](std::size_t, int, double s, double near, double) {
      mass += near;
      moment += near * s;
    });
    if (!(mass > 0.0)) return 0.0f;
    const double reach = kRadiusFloor + moment / mass;
    const double pull = weight * total * (targets[q] - quality::plain_log(reach));
    double gradient[8] = {};
    std::vector<double> wide(dim > 8 ? static_cast<std::size_t>(dim) : 0, 0.0);
    double* const sums = dim > 8 ? wide.data() : gradient;
    each([&](std::size_t v, int l, double s, double near, double slope) {
      const double rate = 2.0 * near / mass * ((1.0 - s * slope) / reach + slope);
      for (int x = 0; x < dim; ++x) sums[x] += rate * (here[x] - others[v * dim + x][l]);
    });
    double square = 0.0;
    const double bound = 4.0 * total;
    for (int x = 0; x < dim; ++x) {
      square += sums[x] * sums[x];
      out[x] = static_cast<float>(std::clamp(pull * sums[x], -bound, bound));
    }
    return static_cast<float>(weight * total * square);
  }
};

UMAPKIT_END
