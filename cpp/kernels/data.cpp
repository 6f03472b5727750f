#include "tables/data.hpp"

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

extern const DataTable data_table;
const DataTable data_table = {};

UMAPKIT_END
