#include "tables/graph.hpp"

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

extern const GraphTable graph_table;
const GraphTable graph_table = {};

UMAPKIT_END
