// Cross-entropy of a soft-max head on the map: its pull on labelled points, and its own gradient.
//
//   z_c = W_c . y + b_c,   p_c = exp(z_c) / sum_k exp(z_k),   cost of a point of class l: -ln p_l
//
//   g = sum_c (p_c - [c = l]) W_c                    gradient by the point
//   t = sum_c p_c |W_c|^2 - |sum_c p_c W_c|^2        trace of the Hessian by the point
//   move = -step clip(g, 4) / (1 + step t)           (each coordinate clipped)
//   dW_c = sum_i (p_ic - [c = l_i]) y_i,   db_c = sum_i (p_ic - [c = l_i])
//
// The tutorial's supervised UMAP (section 2.5) adds this cost to UMAP's. t bounds the curvature
// that the point sees, so the step cannot overshoot a sharp border between two classes; the clip is
// that of UMAP's own forces. Nothing is approximated. O(points classes dim); sums over fixed
// blocks of points, added in order: the bits do not depend on threads.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "umapkit/exponential.hpp"
#include "umapkit/force.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/plain_log.hpp"

UMAPKIT_BEGIN

// A head in vectors of eight classes. Lanes beyond the last class never win: their probability is
// below 1e-307.
class WideHead {
 public:
  // `weights` is (classes, dim + 1), the bias last.
  WideHead(const double* weights, std::size_t classes, std::size_t dim)
      : classes_(classes), dim_(dim), vectors_((classes + kDoubles - 1) / kDoubles) {
    columns_.assign((dim + 1) * vectors_, F64x8{});
    squares_.assign(vectors_, F64x8{});
    for (std::size_t v = 0; v < vectors_; ++v) {
      for (std::size_t l = 0; l < kDoubles; ++l) {
        const std::size_t c = v * kDoubles + l;
        if (c >= classes) {
          columns_[dim * vectors_ + v][l] = -1e300;
          continue;
        }
        for (std::size_t k = 0; k <= dim; ++k)
          columns_[k * vectors_ + v][l] = weights[c * (dim + 1) + k];
      }
      for (std::size_t k = 0; k < dim; ++k)
        squares_[v] += columns_[k * vectors_ + v] * columns_[k * vectors_ + v];
    }
  }

  std::size_t classes() const { return classes_; }
  std::size_t dim() const { return dim_; }
  std::size_t vectors() const { return vectors_; }
  const F64x8* column(std::size_t k) const { return columns_.data() + k * vectors_; }
  const F64x8* squares() const { return squares_.data(); }

  // Writes the probabilities of a point; returns ln sum_c exp(z_c).
  double probabilities(const float* point, F64x8* p) const {
    double highest = -1e301;
    for (std::size_t v = 0; v < vectors_; ++v) {
      F64x8 z = column(dim_)[v];
      for (std::size_t k = 0; k < dim_; ++k) z += column(k)[v] * static_cast<double>(point[k]);
      for (int l = 0; l < kDoubles; ++l) {
        const double one = z[l];
        highest = std::max(highest, one);
      }
      p[v] = z;
    }
    double total = 0.0;
    for (std::size_t v = 0; v < vectors_; ++v) {
      p[v] = exp_negative(p[v] - highest);
      total += sum_doubles(p[v]);
    }
    for (std::size_t v = 0; v < vectors_; ++v) p[v] /= total;
    return highest + quality::plain_log(total);
  }

 private:
  std::size_t classes_, dim_, vectors_;
  std::vector<F64x8> columns_, squares_;
};

constexpr std::size_t kLabelBlock = 512;

// Points `rows` (m of them) of classes `codes`. `moves` is (m, dim). `sums` gets classes * (dim +
// 1) gradients of the head, then dim sums of coordinates, the sum of squared lengths, and the cost.
inline void pull_classes(const float* points, const std::int32_t* rows, const std::int32_t* codes,
                         std::size_t m, const WideHead& head, float step, float* moves,
                         double* sums, int n_threads) {
  const std::size_t dim = head.dim(), vectors = head.vectors();
  const std::size_t further = dim + 2;
  const std::size_t wide = (dim + 1) * vectors;
  const std::size_t blocks = (m + kLabelBlock - 1) / kLabelBlock;
  std::vector<F64x8> gradients(blocks * wide, F64x8{});
  std::vector<double> others(blocks * further, 0.0);
  for_blocks(m, kLabelBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    F64x8* const gradient = gradients.data() + begin / kLabelBlock * wide;
    double* const other = others.data() + begin / kLabelBlock * further;
    std::vector<F64x8> p(vectors);
    for (std::size_t i = begin; i < end; ++i) {
      const float* const y = points + static_cast<std::size_t>(rows[i]) * dim;
      const std::size_t label = static_cast<std::size_t>(codes[i]);
      const double level = head.probabilities(y, p.data());
      double own = head.column(dim)[label / kDoubles][label % kDoubles];
      double trace = 0.0;
      for (std::size_t v = 0; v < vectors; ++v) trace += sum_doubles(p[v] * head.squares()[v]);
      for (std::size_t k = 0; k < dim; ++k) {
        const double weight = head.column(k)[label / kDoubles][label % kDoubles];
        double mean = 0.0;
        for (std::size_t v = 0; v < vectors; ++v) mean += sum_doubles(p[v] * head.column(k)[v]);
        own += weight * static_cast<double>(y[k]);
        trace -= mean * mean;
        moves[i * dim + k] = static_cast<float>(mean - weight);
        other[k] += static_cast<double>(y[k]);
        other[dim] += static_cast<double>(y[k]) * static_cast<double>(y[k]);
      }
      other[dim + 1] += level - own;
      const float damped = step / (1.0f + step * static_cast<float>(std::max(trace, 0.0)));
      for (std::size_t k = 0; k < dim; ++k)
        moves[i * dim + k] = -damped * std::clamp(moves[i * dim + k], -kClip, kClip);
      p[label / kDoubles][label % kDoubles] -= 1.0;
      for (std::size_t v = 0; v < vectors; ++v) {
        for (std::size_t k = 0; k < dim; ++k)
          gradient[k * vectors + v] += p[v] * static_cast<double>(y[k]);
        gradient[dim * vectors + v] += p[v];
      }
    }
  });
  std::fill_n(sums, head.classes() * (dim + 1) + further, 0.0);
  double* const last = sums + head.classes() * (dim + 1);
  for (std::size_t b = 0; b < blocks; ++b) {
    for (std::size_t c = 0; c < head.classes(); ++c)
      for (std::size_t k = 0; k <= dim; ++k)
        sums[c * (dim + 1) + k] += gradients[b * wide + k * vectors + c / kDoubles][c % kDoubles];
    for (std::size_t k = 0; k < further; ++k) last[k] += others[b * further + k];
  }
}

// out[i][c] = p_c of point i; both in row order.
inline void class_probabilities(const float* points, std::size_t m, const WideHead& head,
                                double* out, int n_threads) {
  for_blocks(m, kLabelBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    std::vector<F64x8> p(head.vectors());
    for (std::size_t i = begin; i < end; ++i) {
      head.probabilities(points + i * head.dim(), p.data());
      for (std::size_t c = 0; c < head.classes(); ++c)
        out[i * head.classes() + c] = p[c / kDoubles][c % kDoubles];
    }
  });
}

UMAPKIT_END
