// Rows written to the slots of a table.
//
//   table[slots[i]] = rows[i]
//
// By all threads: what is written for the first time is memory that the system has yet to give,
// page by page, and that takes longer than the copy. O(m d).
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"

UMAPKIT_BEGIN

inline void store_rows(const float* rows, const std::int32_t* slots, std::size_t m, std::size_t d,
                       float* table, int n_threads) {
  const std::size_t block = std::max<std::size_t>(1, (std::size_t{1} << 18) / d);
  for_blocks(m, block, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i)
      std::copy_n(rows + i * d, d, table + static_cast<std::size_t>(slots[i]) * d);
  });
}

UMAPKIT_END
