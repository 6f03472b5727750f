// A few rows against a panel of thirty-two.
//
// keys[i * 32 + j] as by block_keys (distance.hpp), to the bit; but rows that do not fill a block
// go by fours and twos. One by one each would wait for its own chain of sums, and where a few rows
// come to many panels that is most of the work. O(p) a pair.
#pragma once
#include <cstddef>

#include "umapkit/distance.hpp"
#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

template <Metric M, int NV>
UMAPKIT_INLINE void some_columns(const float* const* rows, int count, const float* panel,
                                 std::size_t d, int first, float* keys) {
  int i = 0;
  for (; i + kBlockRows <= count; i += kBlockRows)
    block_part<M, kBlockRows, NV>(rows + i, panel, d, first, keys + i * kPanel);
  if constexpr (kBlockRows > 4) {
    if (i + 4 <= count) {
      block_part<M, 4, NV>(rows + i, panel, d, first, keys + i * kPanel);
      i += 4;
    }
  }
  if (kBlockRows > 2 && i + 2 <= count) {
    block_part<M, 2, NV>(rows + i, panel, d, first, keys + i * kPanel);
    i += 2;
  }
  for (; i < count; ++i) block_part<M, 1, NV>(rows + i, panel, d, first, keys + i * kPanel);
}

template <Metric M>
inline void some_keys(const float* const* rows, int count, const float* panel, std::size_t d,
                      int columns, float* keys) {
  if (columns == kPanel && kBlockVectors == 2) {
    some_columns<M, kBlockVectors>(rows, count, panel, d, 0, keys);
  } else {
    for (int first = 0; first < columns; first += kLanes)
      some_columns<M, 1>(rows, count, panel, d, first, keys);
  }
}

UMAPKIT_END
