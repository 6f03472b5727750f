// The parallel sampled optimiser: one epoch in which every vertex moves once.
//
// With p = s^b, s = |y_i - y_j|^2, the forces of UMAP (tutorial, Eqs. 12 and 13; eps = 0.001) are
//
//   attraction of an edge      f_a = -2ab (p / s) / (1 + a p) (y_i - y_j)
//   repulsion of a negative    f_r =  2 gamma b / ((eps + s)(1 + a p)) (y_i - y_j)
//
// every component clipped to [-4, 4]. Vertex i reads all positions from the start of the epoch
// and moves by a semi-implicit step:
//
//   F_i = 2 sum_j w_ij f_a(i, j) + r_i sum_{l in N_i} f_r(i, l),   r_i = m d_i / |N_i|
//   k_ij = 2 w_ij |c_a(i, j)|,   K_i = sum_j k_ij
//   h = 2 rate min(1, (epoch + 1) / (0.5 n_epochs)) (1 - t) min(1, (1 - t) / 0.4),
//   t = epoch / n_epochs,   h_i = min(h, 6500 / (n_epochs K_i))
//   v_i <- h_i (F_i + sum_j k_ij v_j + K_i v_i) / (1 + 2 h_i K_i)
//   y_i <- y_i + v_i
//
// w is the membership over its largest value, d_i = sum_j w_ij, m the negative sample rate, N_i
// the negatives of i in this epoch, c_a the coefficient in f_a = -c_a (y_i - y_j). The sums are
// the expectation of Algorithm 1 (the factor 2: both ends of an edge are visited and both move),
// so the attraction has no sampling noise.
//
// Why semi-implicit: edges are springs of stiffness k_ij. When all points jump at once by h F, a
// spring with h k > 1 overshoots, and a hub and its neighbours swing against each other. The step
// solves the implicit one, (I + h L) v = h F with L the Laplacian of k, by one damped Jacobi
// iteration from the velocities of the last epoch. It is stable for any h K (docs/notes/layout.md)
// and, other than plain damping, leaves common motion alone: where all v_j agree, springs do not
// act, so clusters drift apart at full speed.
//
// Why h grows over the first half of the schedule, and why h_i K_i is bounded: velocities last for
// about 2 h_i K_i epochs. A dense start pushes hard, and with a large h its push would be carried
// on long after the points are apart: clusters fly off and a map of tiny islands is left (seen on
// Fashion-MNIST). Small dense sets have large K: their parts would swing about each other and tear
// (seen on iris, whose classes came apart).
//
// How many negatives: as many as umap-learn's schedule draws, m d_i, in the last quarter, where
// their noise stays in the map; before that half as many, each counting double. Of fewer than
// 16,384 vertices up to four times as many, each counting less: they cost little there, and in a
// small map their noise moves whole clusters.
//
// Negatives come as runs of 16 out of a shuffled copy of the positions, begun at a hashed place:
// every vertex is as likely as any other, and no gather is needed.
//
// Approximated: negatives of one run are drawn together, so they are not independent of each
// other (their mean is right). Complexity: sum of degrees + n |N| pairs an epoch; two copies of
// the state and one of the positions. Every vertex writes its own place only: the bits do not
// depend on threads.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "tables/layout.hpp"
#include "umapkit/force.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"
#include "umapkit/simd.hpp"

UMAPKIT_BEGIN

// h rises in the part kRise of the schedule (tables/layout.hpp).
constexpr float kPeak = 2.0f;           // h over the learning rate, were it not for rise and fall
constexpr float kFall = 0.6f;           // where its faster fall begins
constexpr float kMemory = 6500.0f;      // h_i K_i is at most this over the length of the schedule
constexpr float kFew = 0.75f;           // the part of the schedule with few negatives,
constexpr float kFewShare = 0.5f;       // and how many of them
constexpr float kManyBelow = 16384.0f;  // vertices below which more negatives are drawn,
constexpr float kManyMost = 4.0f;       // and how many times as many at most

// Rows padded to whole vectors: place i is vectors[i] .. vectors[i + 1], 16 edges each; the padding
// points at i itself with weight 0. Place i holds vertex vertices[i]: neighbours that lie near each
// other in memory are found in the cache, and the order changes no bit of the result.
struct PaddedGraph {
  std::size_t n;
  const std::int64_t* vectors;
  const std::int32_t* heads;
  const float* weights;
  const float* degree;  // d_i
  const std::int32_t* vertices;
};

struct SampledOptions {
  Curve curve;
  float learning_rate;
  float negative_rate;         // m
  std::int32_t negative_runs;  // most runs of 16 negatives a vertex draws in an epoch
  std::uint64_t seed;
  std::int64_t n_epochs;  // length of the schedule
};

// Runs of 16 negatives: as many as m d_i asks for, at least one, at most the cap.
UMAPKIT_INLINE std::int32_t runs_of(float wanted, std::int32_t cap) {
  if (!(wanted > 0.0f)) return 0;
  const float runs = wanted * (1.0f / kLanes);
  return runs >= static_cast<float>(cap) ? cap
                                         : std::max(1, static_cast<std::int32_t>(runs + 0.5f));
}

// A row of the state: the position, then the velocity, so that a neighbour is one cache line. In
// two dimensions it is one load of 16 bytes, in three two of them (turned_rows).
UMAPKIT_INLINE constexpr std::size_t row_width(std::size_t dim) { return dim == 3 ? 8 : 2 * dim; }
UMAPKIT_INLINE constexpr std::size_t velocity_at(std::size_t dim) { return dim == 3 ? 4 : dim; }

// The pairs of a few vertices, one vector of sixteen after the other. Their coefficients are
// computed side by side: each is a chain of some fifty operations that wait for one another, and
// several chains at once keep the units busy.
struct Pairs {
  static constexpr std::size_t kAtOnce = kRegisterBytes == 64 ? 4 : kRegisterBytes == 32 ? 2 : 1;
  std::vector<F32x16> delta, velocity, coefficient;

  void resize(std::size_t vectors, std::size_t dim) {
    vectors = (vectors + kAtOnce - 1) / kAtOnce * kAtOnce;
    if (coefficient.size() >= vectors) return;
    coefficient.resize(vectors, splat(1.0f));
    delta.resize(vectors * dim);
    velocity.resize(vectors * dim);
  }
  // Squared distances in, coefficients out.
  template <class F>
  void compute(std::size_t vectors, F&& f) {
    float* const all = reinterpret_cast<float*>(coefficient.data());
    constexpr int kMany = static_cast<int>(kAtOnce) * kLanes;
    for (std::size_t v = 0; v < vectors; v += kAtOnce)
      store(all + v * kLanes, f(load_pack<float, kMany>(all + v * kLanes)));
  }
};

// How much a negative counts: here all alike.
struct Alike {
  static constexpr bool kAny = false;
};

constexpr std::size_t kVertices = 16;  // of which the pairs are held at once

// Scratch of one thread.
struct Bench {
  Pairs pairs;
  std::vector<const float*> runs;  // negatives of the vertices, one after the other
  std::int32_t n_runs[kVertices];
  float wanted[kVertices];
  std::vector<F32x16> sums;  // force, pulled, repulsion: 3 dim a vertex
};

// What does not change within an epoch.
struct Epoch {
  float drawn;         // share of the m d_i negatives that are drawn
  const float* state;  // rows of the last epoch
  const float* copy;   // its positions, shuffled; columns `stride` apart
  std::size_t stride;
  std::uint64_t number;
  float step;    // h
  float memory;  // most of h_i K_i
};

// `rate` is h over the learning rate.
inline Epoch begin_epoch(const SampledOptions& options, std::size_t n, std::int64_t epoch,
                         float rate, const float* state, const float* copy, std::size_t stride) {
  const float length = static_cast<float>(options.n_epochs);
  const float many = std::clamp(kManyBelow / static_cast<float>(n), 1.0f, kManyMost);
  const float drawn = many * (static_cast<float>(epoch) < kFew * length ? kFewShare : 1.0f);
  return {drawn,
          state,
          copy,
          stride,
          static_cast<std::uint64_t>(epoch),
          options.learning_rate * rate,
          kMemory / length};
}

// Draws the runs of the vertices, and asks the memory for them.
inline void draw_runs(const PaddedGraph& graph, const SampledOptions& options, std::size_t dim,
                      const Epoch& now, std::size_t begin, std::size_t end, Bench& bench) {
  bench.runs.clear();
  for (std::size_t i = begin; i < end; ++i) {
    const float wanted = options.negative_rate * graph.degree[i];
    const std::int32_t n_runs = runs_of(now.drawn * wanted, options.negative_runs);
    bench.wanted[i - begin] = wanted;
    bench.n_runs[i - begin] = n_runs;
    const std::uint64_t key_i = key(options.seed, Stage::negative, now.number,
                                    static_cast<std::uint64_t>(graph.vertices[i]));
    for (std::int32_t r = 0; r < n_runs; ++r) {
      const float* const run = now.copy + below(draw(key_i, static_cast<std::uint64_t>(r)),
                                                static_cast<std::uint32_t>(graph.n));
      for (std::size_t k = 0; k < dim; ++k) {
        __builtin_prefetch(run + k * now.stride);
        __builtin_prefetch(run + k * now.stride + kLanes - 1);
      }
      bench.runs.push_back(run);
    }
  }
}

// sums[.][2 dim ..]: repulsion on every vertex.
template <int D, class Far = Alike>
void repel(const SampledOptions& options, std::size_t dim_given, const Epoch& now,
           std::size_t begin, std::size_t end, Bench& bench, const Far& far = {}) {
  const std::size_t dim = D > 0 ? D : dim_given;
  Pairs& pairs = bench.pairs;
  pairs.resize(bench.runs.size(), dim);
  std::size_t at = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const float* const here = now.state + i * row_width(dim);
    for (std::int32_t r = 0; r < bench.n_runs[i - begin]; ++r, ++at) {
      F32x16 s = {};
      for (std::size_t k = 0; k < dim; ++k) {
        const F32x16 d = splat(here[k]) - load(bench.runs[at] + k * now.stride);
        pairs.delta[at * dim + k] = d;
        s += d * d;
      }
      pairs.coefficient[at] = s;
    }
  }
  pairs.compute(at, [&](const auto& s) { return options.curve.repulsion(s); });
  at = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const std::int32_t n_runs = bench.n_runs[i - begin];
    if (n_runs == 0) continue;
    const float share = bench.wanted[i - begin] / static_cast<float>(n_runs * kLanes);
    F32x16 local[D > 0 ? D : 1] = {};
    F32x16* const kept = &bench.sums[(i - begin) * 3 * dim + 2 * dim];
    F32x16* const force = D > 0 ? local : kept;
    for (std::int32_t r = 0; r < n_runs; ++r, ++at) {
      F32x16 counts = splat(share);
      if constexpr (Far::kAny) counts *= far.weight(i, bench.runs[at] - now.copy);
      for (std::size_t k = 0; k < dim; ++k)
        force[k] +=
            clamp(pairs.coefficient[at] * pairs.delta[at * dim + k], options.curve.clip) * counts;
    }
    if (D > 0) std::copy_n(local, dim, kept);
  }
}

// Differences, velocities and squared distances of the edges of the vertices.
template <int D>
std::size_t meet_neighbors(const PaddedGraph& graph, std::size_t dim_given, const Epoch& now,
                           std::size_t begin, std::size_t end, Pairs& pairs) {
  const std::size_t dim = D > 0 ? D : dim_given;
  const std::size_t vectors = static_cast<std::size_t>(graph.vectors[end] - graph.vectors[begin]);
  pairs.resize(vectors, dim);
  std::size_t at = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const float* const here = now.state + i * row_width(dim);
    for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v, ++at) {
      const std::int32_t* const heads = graph.heads + v * kLanes;
      __builtin_prefetch(heads + 40 * kLanes);  // of the vertices to come
      __builtin_prefetch(graph.weights + (v + 20) * kLanes);
      F32x16 s = {};
      F32x16 there[8];
      if constexpr (D == 2) turned_rows(now.state, row_width(2), heads, there);
      if constexpr (D == 3) {
        turned_rows(now.state, row_width(3), heads, there);
        turned_rows(now.state + velocity_at(3), row_width(3), heads, there + velocity_at(3));
      }
      for (std::size_t k = 0; k < dim; ++k) {
        F32x16 place, velocity;
        if constexpr (D == 2 || D == 3) {
          place = there[k];
          velocity = there[velocity_at(D) + k];
        } else {
          const float* const column = now.state + k;
          place = pick<float, kLanes>(
              [&](int l) { return column[static_cast<std::size_t>(heads[l]) * row_width(dim)]; });
          velocity = pick<float, kLanes>([&](int l) {
            return column[static_cast<std::size_t>(heads[l]) * row_width(dim) + velocity_at(dim)];
          });
        }
        const F32x16 d = splat(here[k]) - place;
        pairs.delta[at * dim + k] = d;
        pairs.velocity[at * dim + k] = velocity;
        s += d * d;
      }
      pairs.coefficient[at] = s;
    }
  }
  return vectors;
}

// h_i / (1 + 2 h_i K_i), with `total` = K_i.
UMAPKIT_INLINE float step_of(const Epoch& now, float total) {
  const float h = now.step * total > now.memory ? now.memory / total : now.step;
  return h / (1.0f + 2.0f * h * total);
}

// The semi-implicit step of the vertices, from bench.sums and the stiffness of their springs.
template <int D>
UMAPKIT_INLINE void step_vertices(std::size_t dim_given, const Epoch& now, std::size_t begin,
                                  std::size_t end, const float* totals, const Bench& bench,
                                  float* to) {
  const std::size_t dim = D > 0 ? D : dim_given;
  for (std::size_t i = begin; i < end; ++i) {
    const F32x16* const force = &bench.sums[(i - begin) * 3 * dim];
    const float total = totals[i - begin];
    const float step = step_of(now, total);
    const float* const here = now.state + i * row_width(dim);
    for (std::size_t k = 0; k < dim; ++k) {
      const F32x16 all = (force[k] + force[dim + k]) * 2.0f + force[2 * dim + k];
      const float velocity = step * (sum(all) + total * here[velocity_at(dim) + k]);
      to[i * row_width(dim) + k] = here[k] + velocity;
      to[i * row_width(dim) + velocity_at(dim) + k] = velocity;
    }
  }
}

// One epoch of the vertices begin .. end - 1; `to` gets their new rows.
template <int D, class Far = Alike>
void move_vertices(const PaddedGraph& graph, const SampledOptions& options, std::size_t dim_given,
                   const Epoch& now, std::size_t begin, std::size_t end, Bench& bench, float* to,
                   const Far& far = {}) {
  const std::size_t dim = D > 0 ? D : dim_given;
  bench.sums.assign((end - begin) * 3 * dim, F32x16{});
  draw_runs(graph, options, dim, now, begin, end, bench);
  Pairs& pairs = bench.pairs;
  const std::size_t vectors = meet_neighbors<D>(graph, dim, now, begin, end, pairs);
  pairs.compute(vectors, [&](const auto& s) { return options.curve.attraction(s); });
  std::size_t at = 0;
  float totals[kVertices];
  for (std::size_t i = begin; i < end; ++i) {
    F32x16 local[D > 0 ? 2 * D : 1] = {};
    F32x16* const kept = &bench.sums[(i - begin) * 3 * dim];
    F32x16* const force = D > 0 ? local : kept;
    F32x16* const pulled = force + dim;  // sum_j w_ij c_a v_j
    F32x16 stiffness = {};
    for (std::int64_t v = graph.vectors[i]; v < graph.vectors[i + 1]; ++v, ++at) {
      const F32x16 w = load(graph.weights + v * kLanes);
      const F32x16 c = pairs.coefficient[at];
      const F32x16 spring = w * c;
      stiffness += spring;
      for (std::size_t k = 0; k < dim; ++k) {
        force[k] -= w * clamp(c * pairs.delta[at * dim + k], options.curve.clip);
        pulled[k] += spring * pairs.velocity[at * dim + k];
      }
    }
    if (D > 0) std::copy_n(local, 2 * dim, kept);
    totals[i - begin] = 2.0f * sum(stiffness);
  }
  repel<D>(options, dim, now, begin, end, bench, far);
  step_vertices<D>(dim, now, begin, end, totals, bench, to);
}

// copy[k][i] = position k of vertex order[i] for i < n, and 16 more that begin again at 0. A row of
// `positions` takes `width` >= dim numbers.
inline void shuffled_copy(const float* positions, std::size_t width, const std::int32_t* order,
                          std::size_t n, int dim, int n_threads, float* copy) {
  const std::size_t stride = n + kLanes;
  for_blocks(n, 16384, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) {
      const float* const source = positions + static_cast<std::size_t>(order[i]) * width;
      for (int k = 0; k < dim; ++k) copy[k * stride + i] = source[k];
    }
  });
  for (int k = 0; k < dim; ++k)
    for (std::size_t l = 0; l < kLanes; ++l) copy[k * stride + n + l] = copy[k * stride + l % n];
}

// What moves the vertices of an epoch: here UMAP's forces alone (density_step.hpp: with densities).
struct PlainMover {
  // h over the learning rate in an epoch that begins and ends at these parts of the schedule.
  static float step(std::int64_t, float begin, float end) {
    return kPeak * (1.0f - begin) * std::min(1.0f, end / kRise) *
           std::min(1.0f, (1.0f - begin) / (1.0f - kFall));
  }
  void prepare(const PaddedGraph&, const SampledOptions&, std::size_t, const Epoch&, int) {}
  template <int D>
  void move(const PaddedGraph& graph, const SampledOptions& options, std::size_t dim,
            const Epoch& now, std::size_t begin, std::size_t end, Bench& bench, float* to) const {
    move_vertices<D>(graph, options, dim, now, begin, end, bench, to);
  }
};

// Runs epochs state[0] .. until - 1; state[0] is advanced as the last one ends. `order` is a fixed
// permutation of the places; `positions` and `velocities` are (n, dim), in and out.
template <class Mover>
void run_sampled(const PaddedGraph& graph, const SampledOptions& options, int dim,
                 const std::int32_t* order, float* positions, float* velocities,
                 std::int64_t* state, std::int64_t until, int n_threads, Mover&& mover) {
  const std::size_t n = graph.n;
  const std::size_t width = static_cast<std::size_t>(dim);
  const std::size_t stride = n + kLanes;
  std::vector<float> copy(stride * width), from(n * row_width(width)), to(from.size());
  const auto exchange = [&](auto&& f) {  // f(row of the state, position, velocity)
    for_blocks(n, 8192, n_threads, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t v = static_cast<std::size_t>(graph.vertices[i]);
        f(from.data() + i * row_width(width), positions + v * width, velocities + v * width);
      }
    });
  };
  exchange([&](float* row, const float* position, const float* velocity) {
    std::copy_n(position, width, row);
    std::copy_n(velocity, width, row + velocity_at(width));
  });
  const std::size_t threads = static_cast<std::size_t>(std::max(n_threads, 1));
  const std::size_t block = std::clamp<std::size_t>(n / (8 * threads), 64, 2048);
  std::vector<Bench> benches(threads);
  const float length = static_cast<float>(options.n_epochs);

  std::int64_t epoch = state[0];
  for (; epoch < until; ++epoch) {
    shuffled_copy(from.data(), row_width(width), order, n, dim, n_threads, copy.data());
    const float past = static_cast<float>(epoch) / length;
    const float rate = mover.step(epoch, past, static_cast<float>(epoch + 1) / length);
    const Epoch now = begin_epoch(options, n, epoch, rate, from.data(), copy.data(), stride);
    mover.prepare(graph, options, width, now, n_threads);
    for_blocks(n, block, n_threads, [&](std::size_t begin, std::size_t end, int thread) {
      Bench& bench = benches[static_cast<std::size_t>(thread)];
      for (std::size_t i = begin; i < end; i += kVertices) {
        const std::size_t stop = std::min(end, i + kVertices);
        auto call = [&]<int D>() {
          mover.template move<D>(graph, options, width, now, i, stop, bench, to.data());
        };
        switch (dim) {
          case 1: call.template operator()<1>(); break;
          case 2: call.template operator()<2>(); break;
          case 3: call.template operator()<3>(); break;
          default: call.template operator()<0>();
        }
      }
    });
    from.swap(to);
  }
  exchange([&](const float* row, float* position, float* velocity) {
    std::copy_n(row, width, position);
    std::copy_n(row + velocity_at(width), width, velocity);
  });
  state[0] = epoch;
}

UMAPKIT_END
