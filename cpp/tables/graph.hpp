// What the kernels of `graph` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct GraphTable {
};

const GraphTable& graph_kernels();

}  // namespace umapkit
