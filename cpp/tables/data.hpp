// What the kernels of `data` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct DataTable {
};

const DataTable& data_kernels();

}  // namespace umapkit
