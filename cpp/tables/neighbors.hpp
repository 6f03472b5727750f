// What the kernels of `neighbors` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct NeighborsTable {
};

const NeighborsTable& neighbors_kernels();

}  // namespace umapkit
