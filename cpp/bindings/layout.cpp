#include "tables/layout.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace nb = nanobind;

namespace umapkit {

void bind_layout(nb::module_& m) {
  (void)m;
}

}  // namespace umapkit
