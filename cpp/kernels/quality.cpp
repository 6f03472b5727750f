#include "tables/quality.hpp"

#include "umapkit/distance_rows.hpp"
#include "umapkit/map_tree.hpp"
#include "umapkit/nearest_rows.hpp"
#include "umapkit/pair_repulsion.hpp"
#include "umapkit/rank.hpp"
#include "umapkit/silhouette.hpp"

UMAPKIT_BEGIN

extern const QualityTable quality_table;
const QualityTable quality_table = {
    quality::nearest_rows,     quality::nearest_points,  quality::rank_rows,
    quality::listed_distances, quality::silhouette_rows, quality::pair_repulsion,
    quality::distance_rows,
};

UMAPKIT_END
