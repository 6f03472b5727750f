// Standard normals that are hashes, the same bits on every machine.
//
//   z = sqrt(-2 ln(1 - u)) cos(2 pi v)      (Box and Muller 1958)
//
// u, v: uniform with 24 bits, draws 2 k and 2 k + 1 of the vertex. ln: plain_log.hpp; cos:
// plain_trig.hpp, after the turn v has been reduced exactly to [-1/8, 1/8] of the nearest quarter.
// NumPy's own log and cos take other roads on other processors. O(1) a number; error of a few units
// in the last place.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/plain_log.hpp"
#include "umapkit/plain_trig.hpp"
#include "umapkit/random.hpp"

UMAPKIT_BEGIN

// cos(2 pi v) for v in [0, 1) with 24 bits.
inline double cosine_of_turn(double v) {
  const int quarter = static_cast<int>(4.0 * v + 0.5);
  return turn_of(quarter, 6.283185307179586477 * (v - 0.25 * quarter)).cosine;
}

// out (n x d): normal k of each of `vertices`, in `epoch` of the stage `start`.
inline void fill_normal(std::size_t n, std::size_t d, std::uint64_t seed, std::uint64_t epoch,
                        const std::int64_t* vertices, double* out, int n_threads) {
  for_blocks(n, 2048, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint64_t own =
          key(seed, Stage::start, epoch, static_cast<std::uint64_t>(vertices[i]));
      for (std::size_t k = 0; k < d; ++k) {
        const double u = static_cast<double>(unit(draw(own, 2 * k)));
        const double v = static_cast<double>(unit(draw(own, 2 * k + 1)));
        out[i * d + k] = std::sqrt(-2.0 * quality::plain_log(1.0 - u)) * cosine_of_turn(v);
      }
    }
  });
}

UMAPKIT_END
