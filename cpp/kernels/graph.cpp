#include "tables/graph.hpp"

#include "umapkit/bandwidth.hpp"
#include "umapkit/fuzzy.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/pad.hpp"

UMAPKIT_BEGIN

extern const GraphTable graph_table;
const GraphTable graph_table = {
    &find_bandwidths, &find_memberships, &transpose,   &count_union,
    &fill_union,      &count_padded,     &fill_padded,
};

UMAPKIT_END
