#include "tables/neighbors.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace nb = nanobind;

namespace umapkit {

void bind_neighbors(nb::module_& m) {
  (void)m;
}

}  // namespace umapkit
