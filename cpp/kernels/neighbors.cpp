#include "tables/neighbors.hpp"

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

extern const NeighborsTable neighbors_table;
const NeighborsTable neighbors_table = {};

UMAPKIT_END
