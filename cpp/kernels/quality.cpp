#include "tables/quality.hpp"

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

extern const QualityTable quality_table;
const QualityTable quality_table = {};

UMAPKIT_END
