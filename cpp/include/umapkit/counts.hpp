// Distances of rows of truth values, from counts.
//
// t columns are true in both rows, u in the one, v in the other, e = u + v - 2 t in one of the two
// only, out of d columns. Formulas as in src/umapkit/distances/_bits.py. Counts below 2^53 are
// exact, so the only rounding is that of the formula. O(1).
#pragma once
#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

enum class CountMetric : int {
  jaccard = 0,         // e / (t + e)
  dice = 1,            // e / (2 t + e)
  matching = 2,        // e / d
  kulsinski = 3,       // (e - t + d) / (e + d), 0 for e = 0
  rogerstanimoto = 4,  // 2 e / (d + e)
  russellrao = 5,      // (d - t) / d, 0 where both have the same columns
  sokalsneath = 6,     // e / (t / 2 + e)
  yule = 7,            // 2 (u - t)(v - t) / (t (d - t - e) + (u - t)(v - t)), 0 where that is 0
  differing = 8,       // e
  unmatched = 9,       // (d - t) / d, where t counts the columns with equal values
};

inline double count_distance(int formula, double t, double u, double v, double d) {
  if (static_cast<CountMetric>(formula) == CountMetric::unmatched) return (d - t) / d;
  const double left = u - t, right = v - t, e = left + right;
  if (e == 0.0) return 0.0;
  switch (static_cast<CountMetric>(formula)) {
    case CountMetric::jaccard: return e / (t + e);
    case CountMetric::dice: return e / (2.0 * t + e);
    case CountMetric::matching: return e / d;
    case CountMetric::kulsinski: return (e - t + d) / (e + d);
    case CountMetric::rogerstanimoto: return 2.0 * e / (d + e);
    case CountMetric::russellrao: return (d - t) / d;
    case CountMetric::sokalsneath: return e / (0.5 * t + e);
    case CountMetric::differing: return e;
    case CountMetric::unmatched: break;
    case CountMetric::yule: {
      const double half = left * right;
      return half == 0.0 ? 0.0 : 2.0 * half / (t * (d - t - e) + half);
    }
  }
  return 0.0;
}

UMAPKIT_END
