#include "tables/distances.hpp"

#include "umapkit/transport.hpp"
#include "umapkit/warp.hpp"

UMAPKIT_BEGIN

extern const DistancesTable distances_table;
const DistancesTable distances_table = {warp_rows, transport_rows, sinkhorn_rows};

UMAPKIT_END
