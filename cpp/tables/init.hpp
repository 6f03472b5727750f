// What the kernels of `init` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct InitTable {
};

const InitTable& init_kernels();

}  // namespace umapkit
