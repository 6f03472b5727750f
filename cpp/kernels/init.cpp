#include "tables/init.hpp"

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

extern const InitTable init_table;
const InitTable init_table = {};

UMAPKIT_END
