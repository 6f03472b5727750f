// The convolution of numbers on a grid of one to three axes with an even kernel.
//
//   out_g = sum_h k(|g - h|) in_h,   hat out = hat k . hat in
//
// g, h: nodes of a grid of G_0 x G_1 x G_2; every axis is padded with zeros to N_d >= 2 G_d, so
// that nothing comes round (Hockney and Eastwood: Computer simulation using particles, 1988,
// section 6). Axes that are not used have one node. The transform along the last axis is that of
// real numbers: two rows travel as the real and imaginary part of one. The kernel is real and even,
// so is its transform. Passes over lines of nodes, sixteen lines a lane each (fourier.hpp): lines
// go to lanes by their numbers alone, so no thread changes a bit. O(N log N), N = N_0 N_1 N_2;
// memory: two spectra of N numbers where three axes are used, else one. Nothing is approximated but
// by rounding.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "umapkit/fourier.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN
namespace fourier {

using Shape = std::array<std::size_t, 3>;

class Convolution {
 public:
  // `nodes` on each axis, 1 for those not used; the last one is. An axis has at least two nodes,
  // or one.
  explicit Convolution(const Shape& nodes)
      : nodes_(nodes),
        padded_{padded(nodes[0]), padded(nodes[1]), padded(nodes[2])},
        plans_{Plan(padded_[0]), Plan(padded_[1]), Plan(padded_[2])} {
    lines_ = (padded_[2] / 2 + 1) * padded_[1];
  }

  static std::size_t padded(std::size_t nodes) { return nodes == 1 ? 1 : good_length(2 * nodes); }

  // kernel(i, j, l) of the distances between nodes along the axes; divisor(axis, turn) divides the
  // spectrum at `turn` (a share of the full turn).
  template <class Kernel, class Divisor>
  void prepare(Kernel&& kernel, Divisor&& divisor, int n_threads) {
    const Shape& n = padded_;
    std::vector<float> values(n[0] * n[1] * n[2]);
    for_blocks(n[0] * n[1], 8, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t r = begin; r < end; ++r) {
        const std::size_t i = near(r / n[1], n[0]), j = near(r % n[1], n[1]);
        for (std::size_t l = 0; l < n[2]; ++l) values[r * n[2] + l] = kernel(i, j, near(l, n[2]));
      }
    });
    Spectrum rows, planes;
    const Spectrum& spectrum = forward(values.data(), n, rows, planes, n_threads);
    std::array<std::vector<double>, 3> share;
    for (std::size_t axis = 0; axis < 3; ++axis)
      for (std::size_t k = 0; k < n[axis]; ++k)
        share[axis].push_back(
            n[axis] == 1 ? 1.0
                         : 1.0 / (divisor(static_cast<double>(k) / static_cast<double>(n[axis])) *
                                  static_cast<double>(n[axis])));
    const std::size_t groups = (lines_ + kLanes - 1) / kLanes;
    kernel_.assign(groups * n[0] * kLanes, 0.0f);
    Scratch scratch(n[0], n_threads);
    for_blocks(groups, 1, n_threads, [&](std::size_t g, std::size_t, int thread) {
      float* data = scratch.of(thread);
      load_lines(spectrum, g, n[0], data);
      data = plans_[0].run<false>(data, scratch.spare(thread));
      for (std::size_t k = 0; k < n[0]; ++k)
        for (std::size_t l = 0; l < kLanes && g * kLanes + l < lines_; ++l) {
          const std::size_t line = g * kLanes + l;
          kernel_[(g * n[0] + k) * kLanes + l] =
              static_cast<float>(static_cast<double>(data[k * kPair + l]) * share[0][k] *
                                 share[1][line % n[1]] * share[2][line / n[1]]);
        }
    });
  }

  // `in` and `out` are nodes[0] x nodes[1] x nodes[2]; they may be the same.
  void run(const float* in, float* out, int n_threads) {
    Spectrum& spectrum = forward(in, nodes_, rows_, planes_, n_threads);
    const std::size_t groups = (lines_ + kLanes - 1) / kLanes;
    Scratch scratch(padded_[0], n_threads);
    for_blocks(groups, 1, n_threads, [&](std::size_t g, std::size_t, int thread) {
      float* data = scratch.of(thread);
      load_lines(spectrum, g, nodes_[0], data);
      data = plans_[0].run<false>(data, scratch.spare(thread));
      const float* k = kernel_.data() + g * padded_[0] * kLanes;
      for (std::size_t j = 0; j < padded_[0]; ++j) {
        const F32x16 weight = load(k + j * kLanes);
        const Complex16 v = load_element(data + j * kPair);
        store_element(data + j * kPair, {v.re * weight, v.im * weight});
      }
      data = plans_[0].run<true>(data, scratch.other(thread, data));
      store_lines(spectrum, g, nodes_[0], data);
    });
    backward(spectrum, out, n_threads);
  }

 private:
  // Element (k2, k1 or i1, i0) at (k2 * middle + .) * stride + i0.
  struct Spectrum {
    std::size_t middle = 1, stride = 0;
    std::vector<float> re, im;
    void resize(std::size_t slabs, std::size_t middle_size, std::size_t first) {
      middle = middle_size;
      stride = (first + 31) / 32 * 32;
      // A group of lines may reach beyond the last one.
      re.resize((slabs * middle + kLanes) * stride);
      im.resize(re.size());
    }
  };

  struct Scratch {
    std::size_t size;
    std::vector<float> all;
    Scratch(std::size_t length, int n_threads)
        : size(length * kPair),
          all(2 * size * static_cast<std::size_t>(n_threads < 1 ? 1 : n_threads)) {}
    float* of(int thread) { return all.data() + 2 * size * static_cast<std::size_t>(thread); }
    float* spare(int thread) { return of(thread) + size; }
    float* other(int thread, const float* used) {
      return used == of(thread) ? spare(thread) : of(thread);
    }
  };

  static std::size_t near(std::size_t i, std::size_t n) { return i <= n - i ? i : n - i; }

  // Rows along the last axis, then lines along the middle one, of `extent` numbers.
  Spectrum& forward(const float* in, const Shape& extent, Spectrum& rows, Spectrum& planes,
                    int n_threads) const {
    const std::size_t half = padded_[2] / 2 + 1;
    rows.resize(half, extent[1], extent[0]);
    {
      const std::size_t groups = rows.stride / 32;
      Scratch scratch(padded_[2], n_threads);
      for_blocks(extent[1] * groups, 1, n_threads, [&](std::size_t unit, std::size_t, int thread) {
        const std::size_t i1 = unit / groups, i0 = unit % groups * 32;
        float* data = scratch.of(thread);
        std::fill(data, data + scratch.size, 0.0f);
        for (std::size_t l = 0; l < 32 && i0 + l < extent[0]; ++l) {
          const float* row = in + ((i0 + l) * extent[1] + i1) * extent[2];
          for (std::size_t j = 0; j < extent[2]; ++j) data[j * kPair + l] = row[j];
        }
        data = plans_[2].run<false>(data, scratch.spare(thread));
        for (std::size_t k = 0; k < half; ++k) {
          const Complex16 z = load_element(data + k * kPair);
          const Complex16 w = load_element(data + (k == 0 ? 0 : padded_[2] - k) * kPair);
          const std::size_t at = (k * rows.middle + i1) * rows.stride + i0;
          store(rows.re.data() + at, (z.re + w.re) * 0.5f);
          store(rows.im.data() + at, (z.im - w.im) * 0.5f);
          store(rows.re.data() + at + kLanes, (z.im + w.im) * 0.5f);
          store(rows.im.data() + at + kLanes, (w.re - z.re) * 0.5f);
        }
      });
    }
    if (padded_[1] == 1) return rows;
    planes.resize(half, padded_[1], extent[0]);
    middle<false>(rows, planes, extent[1], padded_[1], n_threads);
    return planes;
  }

  void backward(Spectrum& spectrum, float* out, int n_threads) {
    if (&spectrum == &planes_) {
      rows_.resize(padded_[2] / 2 + 1, nodes_[1], nodes_[0]);
      middle<true>(planes_, rows_, padded_[1], nodes_[1], n_threads);
    }
    last(rows_, out, n_threads);
  }

  // Lines along the middle axis: `given` numbers in, `wanted` out.
  template <bool kBack>
  void middle(const Spectrum& in, Spectrum& out, std::size_t given, std::size_t wanted,
              int n_threads) const {
    const std::size_t half = padded_[2] / 2 + 1, groups = in.stride / kLanes;
    Scratch scratch(padded_[1], n_threads);
    for_blocks(half * groups, 4, n_threads, [&](std::size_t begin, std::size_t end, int thread) {
      for (std::size_t unit = begin; unit < end; ++unit) {
        const std::size_t k2 = unit / groups, i0 = unit % groups * kLanes;
        float* data = scratch.of(thread);
        std::fill(data + given * kPair, data + scratch.size, 0.0f);
        for (std::size_t j = 0; j < given; ++j) {
          const std::size_t at = (k2 * in.middle + j) * in.stride + i0;
          store_element(data + j * kPair, {load(in.re.data() + at), load(in.im.data() + at)});
        }
        data = plans_[1].run<kBack>(data, scratch.spare(thread));
        for (std::size_t j = 0; j < wanted; ++j) {
          const std::size_t at = (k2 * out.middle + j) * out.stride + i0;
          store(out.re.data() + at, load(data + j * kPair));
          store(out.im.data() + at, load(data + j * kPair + kLanes));
        }
      }
    });
  }

  void last(const Spectrum& rows, float* out, int n_threads) const {
    const std::size_t half = padded_[2] / 2 + 1, groups = rows.stride / 32;
    Scratch scratch(padded_[2], n_threads);
    for_blocks(nodes_[1] * groups, 1, n_threads, [&](std::size_t unit, std::size_t, int thread) {
      const std::size_t i1 = unit / groups, i0 = unit % groups * 32;
      float* data = scratch.of(thread);
      for (std::size_t k = 0; k < half; ++k) {
        const std::size_t at = (k * rows.middle + i1) * rows.stride + i0;
        const F32x16 a = load(rows.re.data() + at), a_im = load(rows.im.data() + at);
        const F32x16 b = load(rows.re.data() + at + kLanes);
        const F32x16 b_im = load(rows.im.data() + at + kLanes);
        store_element(data + k * kPair, {a - b_im, a_im + b});
        if (k > 0 && 2 * k < padded_[2])
          store_element(data + (padded_[2] - k) * kPair, {a + b_im, b - a_im});
      }
      data = plans_[2].run<true>(data, scratch.spare(thread));
      for (std::size_t l = 0; l < 32 && i0 + l < nodes_[0]; ++l) {
        float* row = out + ((i0 + l) * nodes_[1] + i1) * nodes_[2];
        for (std::size_t j = 0; j < nodes_[2]; ++j) row[j] = data[j * kPair + l];
      }
    });
  }

  // Sixteen lines along the first axis: `given` numbers of each, then zeros.
  void load_lines(const Spectrum& s, std::size_t group, std::size_t given, float* data) const {
    std::fill(data + given * kPair, data + padded_[0] * kPair, 0.0f);
    for (std::size_t l = 0; l < kLanes; ++l) {
      const std::size_t line = (group * kLanes + l) * s.stride;
      for (std::size_t i = 0; i < given; ++i) data[i * kPair + l] = s.re[line + i];
      for (std::size_t i = 0; i < given; ++i) data[i * kPair + kLanes + l] = s.im[line + i];
    }
  }

  void store_lines(Spectrum& s, std::size_t group, std::size_t wanted, const float* data) const {
    for (std::size_t l = 0; l < kLanes; ++l) {
      const std::size_t line = (group * kLanes + l) * s.stride;
      for (std::size_t i = 0; i < wanted; ++i) s.re[line + i] = data[i * kPair + l];
      for (std::size_t i = 0; i < wanted; ++i) s.im[line + i] = data[i * kPair + kLanes + l];
    }
  }

  Shape nodes_, padded_;
  std::array<Plan, 3> plans_;
  std::size_t lines_;
  Spectrum rows_, planes_;
  std::vector<float> kernel_;  // (group of lines, k0, lane)
};

}  // namespace fourier
UMAPKIT_END
