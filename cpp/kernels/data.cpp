#include "tables/data.hpp"

#include "umapkit/finite.hpp"
#include "umapkit/hash.hpp"
#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

namespace {

void report_not_finite(const float* x, std::size_t n, std::int64_t* report, int n_threads) {
  const NotFinite found = find_not_finite(x, n, n_threads);
  report[0] = found.first;
  report[1] = found.nans;
  report[2] = found.infinities;
}

}  // namespace

extern const DataTable data_table;
const DataTable data_table = {report_not_finite, hash_rows, fill_table, find_rows};

UMAPKIT_END
