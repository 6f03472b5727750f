// Squared Euclidean distances of many rows to many rows, exact where it matters.
//
//   |q - x|^2 = |q|^2 + |x|^2 - 2 q.x
//
// Rows are centred, scaled by a power of two (so that no square overflows) and packed into panels
// of 8 to 32 rows, feature by feature; a register tile of query rows times one panel gives the
// scalar products in float32. For a query q every row x gets a band [below, above] that surely
// holds |q - x|^2 - |q|^2:
//
//   |x|^2 - 2 q.x  -/+  c (|q|^2 + |x|^2),   c = (min(d, 256) + d / 256 + 16) 2^-24,
//
// which bounds the rounding of the products, of the sums and of the centred rows (Higham,
// Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1). Whoever compares with a
// threshold decides nearly every row by its band and computes the few others with `squared`, in
// double from the rows as given. Comparisons are therefore those of double arithmetic: nothing is
// approximated. O(m n d) time, one packed copy of the rows as memory.
//
// Bits: every scalar product is summed in one order (features in turn, in runs of 256), whatever
// the tile, the thread or the instruction set.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN
namespace quality {

// Vectors as wide as a register: gcc 12 falls back to single floats where a vector type is wider.
// Every lane is a row of its own and lanes are never added up, so the width changes no bit.
#if defined(__AVX512F__)
constexpr int kWidth = 16, kTileQueries = 8, kTileVectors = 2;
#elif defined(__AVX2__)
constexpr int kWidth = 8, kTileQueries = 4, kTileVectors = 2;
#else
constexpr int kWidth = 4, kTileQueries = 4, kTileVectors = 2;
#endif
typedef float Wide __attribute__((vector_size(kWidth * 4)));
typedef std::int32_t WideMask __attribute__((vector_size(kWidth * 4)));
constexpr std::size_t kPanelRows = static_cast<std::size_t>(kTileVectors) * kWidth;
constexpr std::size_t kRun = 256;

typedef double F64x8 __attribute__((vector_size(64)));
typedef float F32x8 __attribute__((vector_size(32)));

UMAPKIT_INLINE F64x8 load_wide(const float* p) {
  F32x8 v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, F64x8);
}

UMAPKIT_INLINE double sum_wide(F64x8 v) {
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

// |x - y|^2 in double: 8 lanes, fixed tree.
inline double squared(const float* x, const float* y, std::size_t d) {
  if (d < 8) {
    double total = 0.0;
    for (std::size_t f = 0; f < d; ++f) {
      const double t = static_cast<double>(x[f]) - static_cast<double>(y[f]);
      total += t * t;
    }
    return total;
  }
  F64x8 acc{};
  std::size_t f = 0;
  for (; f + 8 <= d; f += 8) {
    const F64x8 t = load_wide(x + f) - load_wide(y + f);
    acc += t * t;
  }
  double total = sum_wide(acc);
  for (; f < d; ++f) {
    const double t = static_cast<double>(x[f]) - static_cast<double>(y[f]);
    total += t * t;
  }
  return total;
}

UMAPKIT_INLINE Wide wide(float x) { return Wide{} + x; }
UMAPKIT_INLINE Wide load_rows(const float* p) {
  Wide v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Whether any lane of a comparison is true.
UMAPKIT_INLINE bool any(WideMask mask) {
  std::uint64_t word[kWidth / 2];
  std::memcpy(word, &mask, sizeof mask);
  std::uint64_t all = 0;
  for (const std::uint64_t w : word) all |= w;
  return all != 0;
}

// The float next to a double, on the side that keeps the bound a bound.
UMAPKIT_INLINE float round_down(double x) {
  const float f = static_cast<float>(x);
  return f > x ? std::nextafter(f, -std::numeric_limits<float>::infinity()) : f;
}
UMAPKIT_INLINE float round_up(double x) {
  const float f = static_cast<float>(x);
  return f < x ? std::nextafter(f, std::numeric_limits<float>::infinity()) : f;
}

class RowTiles {
 public:
  RowTiles(const float* rows, std::size_t n, std::size_t d, int n_threads)
      : rows_(rows), n_(n), d_(d), n_panels_((n + kPanelRows - 1) / kPanelRows), centre_(d) {
    find_frame();
    const double u = 0x1p-24;
    const double terms = static_cast<double>(std::min(d, kRun) + d / kRun + 16);
    margin_ = terms * u / (1.0 - terms * u);
    panels_.resize(n_panels_ * kPanelRows * d);
    above_.assign(n_panels_ * kPanelRows, std::numeric_limits<float>::infinity());
    below_ = above_;
    for_blocks(n_panels_, 16, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t p = begin; p < end; ++p) pack_panel(p);
    });
  }

  std::size_t n() const { return n_; }
  std::size_t d() const { return d_; }
  const float* row(std::size_t i) const { return rows_ + i * d_; }
  double scale_squared() const { return scale_ * scale_; }
  double margin() const { return margin_; }

  // Query rows per pass over the data: as many as stay in the second-level cache.
  std::size_t block() const {
    const std::size_t fit = std::size_t{100000} / std::max<std::size_t>(d_, 1);
    return std::clamp<std::size_t>(fit / 8 * 8, 8, 128);
  }

  // For each of m query rows and each vector of kWidth data rows: use(query, first row, below,
  // above) where below and above bound |q - x|^2 - |q|^2 but for margin() * |q|^2, in scaled units.
  // `norms` receives |q|^2. Rows past the end have both bounds infinite.
  template <class Begin, class Use>
  void sweep(const float* queries, std::size_t m, std::vector<float>& packed,
             std::vector<double>& norms, Begin&& begin, Use&& use) const {
    const std::size_t tiles = (m + kTileQueries - 1) / kTileQueries;
    packed.assign(tiles * kTileQueries * d_, 0.0f);
    norms.assign(tiles * kTileQueries, 0.0);
    for (std::size_t q = 0; q < m; ++q) {
      float* to = packed.data() + (q / kTileQueries) * kTileQueries * d_ + q % kTileQueries;
      for (std::size_t f = 0; f < d_; ++f) {
        const float v = framed(queries[q * d_ + f], f);
        to[f * kTileQueries] = v;
        norms[q] += static_cast<double>(v) * v;
      }
    }
    begin();
    Wide dots[kTileQueries][kTileVectors];
    for (std::size_t p = 0; p < n_panels_; ++p) {
      for (std::size_t t = 0; t < tiles; ++t) {
        multiply(packed.data() + t * kTileQueries * d_, panels_.data() + p * kPanelRows * d_, dots);
        const std::size_t count = std::min<std::size_t>(kTileQueries, m - t * kTileQueries);
        for (std::size_t q = 0; q < count; ++q)
          for (std::size_t v = 0; v < kTileVectors; ++v) {
            const std::size_t first = p * kPanelRows + v * kWidth;
            const Wide twice = dots[q][v] + dots[q][v];
            use(t * kTileQueries + q, first, load_rows(below_.data() + first) - twice,
                load_rows(above_.data() + first) - twice);
          }
      }
    }
  }

 private:
  float framed(float x, std::size_t f) const {
    return static_cast<float>((static_cast<double>(x) - centre_[f]) * scale_);
  }

  void find_frame() {
    for (std::size_t i = 0; i < n_; ++i)
      for (std::size_t f = 0; f < d_; ++f) centre_[f] += rows_[i * d_ + f];
    for (double& c : centre_) c /= static_cast<double>(n_);
    double widest = 0.0;
    for (std::size_t i = 0; i < n_; ++i)
      for (std::size_t f = 0; f < d_; ++f)
        widest = std::max(widest, std::fabs(rows_[i * d_ + f] - centre_[f]));
    int exponent = 0;
    if (widest > 0.0) std::frexp(widest, &exponent);
    scale_ = std::ldexp(1.0, -exponent);
  }

  void pack_panel(std::size_t p) {
    float* to = panels_.data() + p * kPanelRows * d_;
    for (std::size_t r = 0; r < kPanelRows; ++r) {
      const std::size_t i = p * kPanelRows + r;
      if (i >= n_) {
        for (std::size_t f = 0; f < d_; ++f) to[f * kPanelRows + r] = 0.0f;
        continue;
      }
      double norm = 0.0;
      for (std::size_t f = 0; f < d_; ++f) {
        const float v = framed(rows_[i * d_ + f], f);
        to[f * kPanelRows + r] = v;
        norm += static_cast<double>(v) * v;
      }
      above_[i] = round_up(norm * (1.0 + margin_));
      below_[i] = round_down(norm * (1.0 - margin_));
    }
  }

  void multiply(const float* q, const float* panel, Wide (&out)[kTileQueries][kTileVectors]) const {
    for (int i = 0; i < kTileQueries; ++i)
      for (int v = 0; v < kTileVectors; ++v) out[i][v] = wide(0.0f);
    for (std::size_t from = 0; from < d_; from += kRun) {
      const std::size_t to = std::min(d_, from + kRun);
      Wide acc[kTileQueries][kTileVectors] = {};
      for (std::size_t f = from; f < to; ++f) {
        const float* x = panel + f * kPanelRows;
        const float* s = q + f * kTileQueries;
        Wide data[kTileVectors];
#pragma GCC unroll 2
        for (int v = 0; v < kTileVectors; ++v) data[v] = load_rows(x + v * kWidth);
#pragma GCC unroll 8
        for (int i = 0; i < kTileQueries; ++i)
#pragma GCC unroll 2
          for (int v = 0; v < kTileVectors; ++v) acc[i][v] += data[v] * s[i];
      }
      for (int i = 0; i < kTileQueries; ++i)
        for (int v = 0; v < kTileVectors; ++v) out[i][v] += acc[i][v];
    }
  }

  const float* rows_;
  std::size_t n_, d_, n_panels_;
  std::vector<double> centre_;
  double scale_ = 1.0, margin_ = 0.0;
  std::vector<float> panels_, above_, below_;
};

// An absolute slack for products that underflow; squares of scaled rows are of the order of 1.
constexpr double kUnderflow = 1e-30;

}  // namespace quality
UMAPKIT_END
