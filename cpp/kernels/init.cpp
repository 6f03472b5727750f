#include "tables/init.hpp"

#include "umapkit/components.hpp"
#include "umapkit/isa.hpp"
#include "umapkit/place.hpp"
#include "umapkit/spectral.hpp"

UMAPKIT_BEGIN

extern const InitTable init_table;
const InitTable init_table = {
    &normalise,       &filter_step,   &inner_products<float, float>,
    &project_out,     &rotate,        &fill_uniform,
    &find_components, &weighted_mean,
};

UMAPKIT_END
