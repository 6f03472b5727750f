// The last step of an approximate search: true distances of the candidates, the k best kept.
//
// A list of K narrow neighbours holds nearly all of the k < K true ones; each is measured by
// row_key on the whole rows, cut short once its partial sum passes the k-th best. Rows are taken
// in tree order, so that neighbouring lists find their rows in the cache. O(n K d).
#pragma once
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

// Scratch of one thread: the best `keep` so far of one query.
class Ranking {
 public:
  explicit Ranking(int k) : k_(k), keep_(k + 2), keys_(keep_), ids_(keep_) {}

  template <Metric M, class GetId>
  void rank(const float* query, const float* table, std::size_t d, int count, GetId&& get_id,
            Finish how, std::size_t number, std::int32_t* ids, float* distances) {
    clear_list(keys_.data(), ids_.data(), keep_);
    for (int j = 0; j < count; ++j) {
      const std::uint32_t x = get_id(j);
      if (j + 4 < count) prefetch(table + static_cast<std::size_t>(get_id(j + 4)) * d, d);
      const float key = row_key<M>(query, table + static_cast<std::size_t>(x) * d, d,
                                   keys_[static_cast<std::size_t>(keep_ - 1)]);
      offer(keys_.data(), ids_.data(), keep_, key, x);
    }
    found_.clear();
    for (int j = 0; j < keep_ && ids_[j] != kNobody; ++j)
      found_.emplace_back(how(keys_[j], number), static_cast<std::int32_t>(ids_[j]));
    write_best(found_, k_, ids, distances);
  }

 private:
  static UMAPKIT_INLINE void prefetch(const float* row, std::size_t d) {
    const std::size_t bytes = d * sizeof(float) < 1024 ? d * sizeof(float) : 1024;
    for (std::size_t b = 0; b < bytes; b += 64)
      __builtin_prefetch(reinterpret_cast<const char*>(row) + b);
  }

  int k_, keep_;
  std::vector<float> keys_;
  std::vector<std::uint32_t> ids_;
  std::vector<std::pair<float, std::int32_t>> found_;
};

// lists: n x width ids in tree order (kNobody ends a list); order[i] is the row of place i. Writes
// k neighbours of every row, self excluded, at the row's own index.
template <Metric M>
void rerank(const float* table, std::size_t n, std::size_t d, const std::int32_t* order,
            const std::uint32_t* lists, int width, int k, Finish how, std::int32_t* ids,
            float* distances, int n_threads) {
  for_blocks(n, 64, n_threads, [&](std::size_t begin, std::size_t end, int) {
    Ranking ranking(k);
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t* list = lists + i * static_cast<std::size_t>(width);
      int count = 0;
      while (count < width && (list[count] & kIdMask) != kNobody) ++count;
      const std::size_t row = static_cast<std::size_t>(order[i]);
      ranking.rank<M>(
          table + row * d, table, d, count,
          [&](int j) { return static_cast<std::uint32_t>(order[list[j] & kIdMask]); }, how, row,
          ids + row * static_cast<std::size_t>(k), distances + row * static_cast<std::size_t>(k));
    }
  });
}

UMAPKIT_END
