// What the kernels of `layout` offer to the bindings: one table for every instruction set.
#pragma once
#include <cstddef>
#include <cstdint>

namespace umapkit {

struct LayoutTable {
};

const LayoutTable& layout_kernels();

}  // namespace umapkit
