// Sixteen discrete Fourier transforms at a time, one a lane.
//
//   X_k = sum_j x_j exp(-+ 2 pi i j k / N),   N = 2^a 3^b 5^c
//
// Stockham's self-sorting algorithm, decimation in frequency, with radices 4, 2, 3 and 5 (Van Loan:
// Computational frameworks for the fast Fourier transform, SIAM 1992, chapter 1): each stage reads
// one buffer and writes the other, no bits are reversed. O(N log N). Element j of the sixteen
// sequences is 32 numbers: the real parts of all lanes, then the imaginary ones. Lanes never meet,
// so the bits do not depend on how lines are dealt out to lanes or threads. The inverse is not
// divided by N. Rounding: about 1e-7 sqrt(log N) of the largest number.
#pragma once
#include <cstddef>
#include <utility>
#include <vector>

#include "umapkit/plain_trig.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN
namespace fourier {

constexpr std::size_t kPair = 2 * kLanes;  // floats of one element of the sixteen sequences

struct Complex16 {
  F32x16 re, im;
};

UMAPKIT_INLINE Complex16 load_element(const float* p) { return {load(p), load(p + kLanes)}; }
UMAPKIT_INLINE void store_element(float* p, const Complex16& v) {
  store(p, v.re);
  store(p + kLanes, v.im);
}
UMAPKIT_INLINE Complex16 operator+(const Complex16& a, const Complex16& b) {
  return {a.re + b.re, a.im + b.im};
}
UMAPKIT_INLINE Complex16 operator-(const Complex16& a, const Complex16& b) {
  return {a.re - b.re, a.im - b.im};
}
UMAPKIT_INLINE Complex16 scaled(const Complex16& a, float s) { return {a.re * s, a.im * s}; }
UMAPKIT_INLINE Complex16 turned(const Complex16& a, float c, float s) {  // a (c + i s)
  return {a.re * c - a.im * s, a.re * s + a.im * c};
}
// -i a forwards, i a backwards.
template <bool kBack>
UMAPKIT_INLINE Complex16 quarter_turn(const Complex16& a) {
  if constexpr (kBack)
    return {0.0f - a.im, a.re};
  else
    return {a.im, 0.0f - a.re};
}

// The smallest even length that the transform knows, at least n; 1 for n = 1.
inline std::size_t good_length(std::size_t n) {
  if (n <= 1) return 1;
  for (std::size_t length = n + n % 2;; length += 2) {
    std::size_t rest = length;
    for (const std::size_t factor : {2, 3, 5})
      while (rest % factor == 0) rest /= factor;
    if (rest == 1) return length;
  }
}

// The transform of one length: its stages and their roots of unity.
class Plan {
 public:
  explicit Plan(std::size_t length) : length_(length) {
    std::size_t rest = length;
    const auto take = [&](std::size_t radix) {
      while (rest % radix == 0) {
        add_stage(radix, rest);
        rest /= radix;
      }
    };
    take(5);
    take(3);
    take(4);
    take(2);
  }

  std::size_t length() const { return length_; }

  // Transforms `data` (kPair * length floats); `spare` is as large. Returns the one of the two
  // that holds the result.
  template <bool kBack>
  float* run(float* data, float* spare) const {
    std::size_t stride = 1;
    for (const Stage& stage : stages_) {
      switch (stage.radix) {
        case 2: pass<2, kBack>(stage, stride, data, spare); break;
        case 3: pass<3, kBack>(stage, stride, data, spare); break;
        case 4: pass<4, kBack>(stage, stride, data, spare); break;
        default: pass<5, kBack>(stage, stride, data, spare);
      }
      stride *= stage.radix;
      std::swap(data, spare);
    }
    return data;
  }

 private:
  struct Stage {
    std::size_t radix, parts;  // parts: how many roots, the length of the stage over its radix
    std::size_t first;         // in roots_: (radix - 1) pairs (cos, -sin) for each part
  };

  void add_stage(std::size_t radix, std::size_t length) {
    const std::size_t parts = length / radix;
    stages_.push_back({radix, parts, roots_.size()});
    for (std::size_t p = 0; p < parts; ++p)
      for (std::size_t k = 1; k < radix; ++k) {
        const double angle =
            2.0 * kPi * static_cast<double>(p * k % length) / static_cast<double>(length);
        const Turn turn = plain_turn(angle);
        roots_.push_back(static_cast<float>(turn.cosine));
        roots_.push_back(static_cast<float>(-turn.sine));
      }
  }

  template <int kRadix, bool kBack>
  void pass(const Stage& stage, std::size_t stride, const float* from, float* to) const {
    const std::size_t parts = stage.parts;
    const std::size_t leap = parts * stride * kPair;
    const float* roots = roots_.data() + stage.first;
    for (std::size_t p = 0; p < parts; ++p, roots += 2 * (kRadix - 1)) {
      const float* x = from + p * stride * kPair;
      float* y = to + p * stride * kRadix * kPair;
      for (std::size_t q = 0; q < stride; ++q, x += kPair, y += kPair) {
        Complex16 a[kRadix];
        for (int k = 0; k < kRadix; ++k)
          a[k] = load_element(x + static_cast<std::size_t>(k) * leap);
        butterfly<kRadix, kBack>(a);
        store_element(y, a[0]);
        for (int k = 1; k < kRadix; ++k) {
          const float c = roots[2 * k - 2], s = kBack ? -roots[2 * k - 1] : roots[2 * k - 1];
          store_element(y + static_cast<std::size_t>(k) * stride * kPair,
                        p == 0 ? a[k] : turned(a[k], c, s));
        }
      }
    }
  }

  // The transform of kRadix numbers.
  template <int kRadix, bool kBack>
  static UMAPKIT_INLINE void butterfly(Complex16* a) {
    if constexpr (kRadix == 2) {
      const Complex16 d = a[0] - a[1];
      a[0] = a[0] + a[1];
      a[1] = d;
    } else if constexpr (kRadix == 4) {
      const Complex16 s = a[0] + a[2], d = a[0] - a[2];
      const Complex16 t = a[1] + a[3], e = quarter_turn<kBack>(a[1] - a[3]);
      a[0] = s + t;
      a[1] = d + e;
      a[2] = s - t;
      a[3] = d - e;
    } else if constexpr (kRadix == 3) {
      constexpr float kHalf = 0.5f, kRoot = 0.866025403784438647f;  // sqrt(3) / 2
      const Complex16 s = a[1] + a[2];
      const Complex16 d = quarter_turn<kBack>(scaled(a[1] - a[2], kRoot));
      const Complex16 m = a[0] - scaled(s, kHalf);
      a[0] = a[0] + s;
      a[1] = m + d;
      a[2] = m - d;
    } else {
      constexpr float kC1 = 0.309016994374947424f, kC2 = -0.809016994374947424f;  // cosines and
      constexpr float kS1 = 0.951056516295153572f, kS2 = 0.587785252292473129f;   // sines
      const Complex16 s1 = a[1] + a[4], s2 = a[2] + a[3];
      const Complex16 d1 = quarter_turn<kBack>(a[1] - a[4]);
      const Complex16 d2 = quarter_turn<kBack>(a[2] - a[3]);
      const Complex16 m1 = a[0] + scaled(s1, kC1) + scaled(s2, kC2);
      const Complex16 m2 = a[0] + scaled(s1, kC2) + scaled(s2, kC1);
      const Complex16 n1 = scaled(d1, kS1) + scaled(d2, kS2);
      const Complex16 n2 = scaled(d1, kS2) - scaled(d2, kS1);
      a[0] = a[0] + s1 + s2;
      a[1] = m1 + n1;
      a[2] = m2 + n2;
      a[3] = m2 - n2;
      a[4] = m1 - n1;
    }
  }

  std::size_t length_;
  std::vector<Stage> stages_;
  std::vector<float> roots_;
};

}  // namespace fourier
UMAPKIT_END
