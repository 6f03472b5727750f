#include "tables/layout.hpp"

#include "umapkit/isa.hpp"

UMAPKIT_BEGIN

extern const LayoutTable layout_table;
const LayoutTable layout_table = {};

UMAPKIT_END
