// What the kernels of `quality` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct QualityTable {
};

const QualityTable& quality_kernels();

}  // namespace umapkit
