// Equal sparse rows, as in hash.hpp: a hash of the row, then the rows themselves.
//
// hash(row) = h_m,  h_0 = mix(entries + G),  h_e = mix(h_{e-1} ^ (column_e << 32 | bits(value_e)))
//
// over the entries in the order of their columns; mix and G as in random.hpp. Rows hold no zeros,
// so equal rows have equal entries. O(entries), threaded. Collisions cost time, never correctness.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tables/sparse_rows.hpp"
#include "umapkit/hash.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/parallel.hpp"
#include "umapkit/random.hpp"

UMAPKIT_BEGIN

inline std::uint64_t sparse_row_hash(const CsrRows& x, std::size_t i) {
  const std::int64_t from = x.indptr[i], to = x.indptr[i + 1];
  std::uint64_t h = mix(static_cast<std::uint64_t>(to - from) + kGolden);
  for (std::int64_t e = from; e < to; ++e) {
    std::uint32_t bits;
    std::memcpy(&bits, x.values + e, sizeof bits);
    h = mix(h ^ (static_cast<std::uint64_t>(x.indices[e]) << 32 | bits));
  }
  return h;
}

inline bool sparse_rows_equal(const CsrRows& a, std::size_t i, const CsrRows& b, std::size_t j) {
  const std::int64_t p = a.indptr[i], q = b.indptr[j], count = a.indptr[i + 1] - p;
  if (b.indptr[j + 1] - q != count) return false;
  for (std::int64_t e = 0; e < count; ++e)
    if (a.indices[p + e] != b.indices[q + e] || !(a.values[p + e] == b.values[q + e])) return false;
  return true;
}

inline void sparse_hash_rows(const CsrRows& x, std::uint64_t* hashes, int n_threads) {
  for_blocks(x.n, kHashBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t i = begin; i < end; ++i) hashes[i] = sparse_row_hash(x, i);
  });
}

inline void sparse_fill_table(const CsrRows& x, const std::uint64_t* hashes, std::int64_t* table,
                              std::size_t capacity, std::int64_t* first) {
  fill_slots(x.n, hashes, table, capacity, first,
             [&](std::size_t i, std::size_t j) { return sparse_rows_equal(x, i, x, j); });
}

inline void sparse_find_rows(const CsrRows& queries, const CsrRows& x, const std::uint64_t* hashes,
                             const std::int64_t* table, std::size_t capacity, std::int64_t* found,
                             int n_threads) {
  for_blocks(queries.n, kHashBlock, n_threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t q = begin; q < end; ++q)
      found[q] = look_up(sparse_row_hash(queries, q), hashes, table, capacity - 1,
                         [&](std::size_t i) { return sparse_rows_equal(queries, q, x, i); });
  });
}

UMAPKIT_END
