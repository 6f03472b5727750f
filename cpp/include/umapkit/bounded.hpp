// The k nearest rows of a wide table, exactly, at the cost of narrow rows.
//
// On orthonormal axes, with r what the axes do not see (project.hpp),
//
//   b(q, x) = |y_q - y_x|^2 + (r_q - r_x)^2  <=  |q - x|^2,
//
// so a row whose b exceeds the k-th smallest distance known so far cannot be among the k nearest.
// Of 70,000 images with 784 numbers some 200 survive 63 axes and are measured by row_key.
//
// Two passes of narrow rows (y, r) by dense blocks (exact.hpp): the first finds rows that are near
// by b, whose true keys give a limit T; the second measures every row with b <= T, and T falls.
//
// b carries rounding: of the axes (orthonormal to 1e-6), of the sums that laid the rows on them,
// and of its own. All are relative to the rows' squares s = |x - mu|^2, not to b; so
// kSlack (s_q + s_x) is taken off b, and T is stretched by 1e-4. Larger slack costs survivors only.
// O(n m p) and the survivors; memory as in exact.hpp.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "umapkit/distance.hpp"
#include "umapkit/exact.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/lists.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

constexpr float kSlack = 2e-5f;
constexpr float kStretch = 1.0001f;

// Rows (y, r), n x p (any smaller last number than r will do, and narrow rows hold r / sqrt2), and
// the squares s.
struct Bounds {
  const float* rows;
  const float* squares;
};

// As nearest<Metric::square>, with the bounds of queries and table. Returns how many rows were
// measured.
inline std::size_t nearest_bounded(const float* queries, Bounds of_queries, std::size_t m,
                                   const float* table, Bounds of_table, std::size_t n,
                                   std::size_t d, std::size_t p, const std::int32_t* self, int k,
                                   Finish how, std::int32_t* ids, float* distances, int n_threads) {
  const int keep = static_cast<int>(std::min<std::size_t>(n, static_cast<std::size_t>(k + kSpare)));
  const auto slack_of = [](const float* squares, std::size_t count) {
    std::vector<float> slack(squares, squares + count);
    for (float& s : slack) s *= -kSlack;
    return slack;
  };
  const std::vector<float> query_slack = slack_of(of_queries.squares, m);
  const std::vector<float> table_slack = slack_of(of_table.squares, n);
  std::atomic<std::size_t> measured{0};
  for_blocks(m, tile_size(m, n_threads), n_threads, [&](std::size_t begin, std::size_t end, int) {
    const std::size_t size = end - begin;
    Tile tile(of_queries.rows, p, begin, end, query_slack.data());
    const auto is_self = [&](std::size_t q, std::size_t x) {
      return self != nullptr && self[begin + q] == static_cast<std::int32_t>(x);
    };
    Nearest near(size, keep);
    tile.stream<Metric::square>(of_table.rows, n, table_slack.data(),
                                [&](std::size_t q, std::size_t x, float key) {
                                  if (!is_self(q, x)) tile.limit(q) = near.give(q, x, key);
                                });
    Nearest best(size, keep);
    std::size_t count = 0;
    // The rows of the first pass are measured here, and met again below: a list keeps them once.
    for (std::size_t q = 0; q < size; ++q) {
      float limit = std::numeric_limits<float>::infinity();
      for (int j = 0; j < keep && near.id(q, j) != kNobody; ++j, ++count) {
        const std::size_t x = near.id(q, j);
        limit =
            best.give(q, x, row_key<Metric::square>(queries + (begin + q) * d, table + x * d, d));
      }
      tile.limit(q) = limit * kStretch;
    }
    tile.stream<Metric::square>(
        of_table.rows, n, table_slack.data(), [&](std::size_t q, std::size_t x, float) {
          if (is_self(q, x)) return;
          ++count;
          const float worst = best.keys[(q + 1) * static_cast<std::size_t>(keep) - 1];
          const float key =
              row_key<Metric::square>(queries + (begin + q) * d, table + x * d, d, worst);
          tile.limit(q) = best.give(q, x, key) * kStretch;
        });
    measured.fetch_add(count, std::memory_order_relaxed);
    std::vector<std::pair<float, std::int32_t>> found;
    for (std::size_t q = 0; q < size; ++q) {
      found.clear();
      for (int j = 0; j < keep && best.id(q, j) != kNobody; ++j)
        found.emplace_back(how(best.keys[q * static_cast<std::size_t>(keep) + j], begin + q),
                           static_cast<std::int32_t>(best.id(q, j)));
      write_best(found, k, ids + (begin + q) * k, distances + (begin + q) * k);
    }
  });
  return measured.load();
}

UMAPKIT_END
