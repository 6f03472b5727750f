#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "dispatch/isa.hpp"

namespace nb = nanobind;

namespace umapkit {
void bind_data(nb::module_&);
void bind_neighbors(nb::module_&);
void bind_growing(nb::module_&);
void bind_distances(nb::module_&);
void bind_graph(nb::module_&);
void bind_init(nb::module_&);
void bind_layout(nb::module_&);
void bind_tsne(nb::module_&);
void bind_contrast(nb::module_&);
void bind_output(nb::module_&);
void bind_labels(nb::module_&);
void bind_quality(nb::module_&);
void bind_sparse(nb::module_&);
void bind_streaming(nb::module_&);
}  // namespace umapkit

NB_MODULE(_kernels, m) {
  m.doc() = "Compiled kernels of umapkit. Private: the rooms above wrap every function.";
  umapkit::choose_isa();
  m.def(
      "isa", [] { return std::string(umapkit::isa_name(umapkit::chosen_isa())); },
      "Name of the instruction set in use.");
  m.def("isas_available", &umapkit::isas_available, "Instruction sets that this machine can run.");
  umapkit::bind_data(m);
  umapkit::bind_neighbors(m);
  umapkit::bind_growing(m);
  umapkit::bind_distances(m);
  umapkit::bind_graph(m);
  umapkit::bind_init(m);
  umapkit::bind_layout(m);
  umapkit::bind_tsne(m);
  umapkit::bind_contrast(m);
  umapkit::bind_output(m);
  umapkit::bind_labels(m);
  umapkit::bind_quality(m);
  umapkit::bind_sparse(m);
  umapkit::bind_streaming(m);
}
