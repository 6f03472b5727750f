#include "dispatch/isa.hpp"

#ifdef UMAPKIT_X86
#include "dispatch/cpuid.hpp"
#endif

#include <cstdlib>
#include <stdexcept>

#include "tables/contrast.hpp"
#include "tables/data.hpp"
#include "tables/distances.hpp"
#include "tables/graph.hpp"
#include "tables/growing.hpp"
#include "tables/init.hpp"
#include "tables/labels.hpp"
#include "tables/layout.hpp"
#include "tables/neighbors.hpp"
#include "tables/output.hpp"
#include "tables/quality.hpp"
#include "tables/sparse.hpp"
#include "tables/streaming.hpp"
#include "tables/tsne.hpp"

namespace umapkit {

namespace {

Isa g_isa = Isa::baseline;

bool has(Isa isa) {
#ifdef UMAPKIT_X86
  static const CpuFeatures features = cpu_features();
  switch (isa) {
    case Isa::baseline: return true;
    case Isa::avx2: return features.avx2;
    case Isa::avx512: return features.avx512;
  }
  return false;
#else
  return isa == Isa::baseline;
#endif
}

constexpr Isa kAll[] = {Isa::baseline, Isa::avx2, Isa::avx512};

}  // namespace

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::baseline: return "baseline";
    case Isa::avx2: return "avx2";
    case Isa::avx512: return "avx512";
  }
  return "?";
}

std::vector<std::string> isas_available() {
  std::vector<std::string> names;
  for (const Isa isa : kAll)
    if (has(isa)) names.emplace_back(isa_name(isa));
  return names;
}

void choose_isa() {
  const char* wanted = std::getenv("UMAPKIT_ISA");
  if (wanted != nullptr && *wanted != '\0') {
    std::string list;
    for (const Isa isa : kAll) {
      if (!has(isa)) continue;
      if (std::string(wanted) == isa_name(isa)) {
        g_isa = isa;
        return;
      }
      list += (list.empty() ? "" : ", ") + std::string(isa_name(isa));
    }
    throw std::runtime_error("UMAPKIT_ISA=" + std::string(wanted) +
                             " is not an instruction set of this machine; it has: " + list +
                             ". Unset the variable to take the widest.");
  }
  for (const Isa isa : kAll)
    if (has(isa)) g_isa = isa;
}

Isa chosen_isa() { return g_isa; }

#ifdef UMAPKIT_X86
#define UMAPKIT_DISPATCH(Table, room)                \
  namespace baseline {                               \
  extern const Table room##_table;                   \
  }                                                  \
  namespace avx2 {                                   \
  extern const Table room##_table;                   \
  }                                                  \
  namespace avx512 {                                 \
  extern const Table room##_table;                   \
  }                                                  \
  const Table& room##_kernels() {                    \
    switch (g_isa) {                                 \
      case Isa::avx512: return avx512::room##_table; \
      case Isa::avx2: return avx2::room##_table;     \
      default: return baseline::room##_table;        \
    }                                                \
  }
#else
#define UMAPKIT_DISPATCH(Table, room) \
  namespace baseline {                \
  extern const Table room##_table;    \
  }                                   \
  const Table& room##_kernels() { return baseline::room##_table; }
#endif

UMAPKIT_DISPATCH(DataTable, data)
UMAPKIT_DISPATCH(NeighborsTable, neighbors)
UMAPKIT_DISPATCH(GrowingTable, growing)
UMAPKIT_DISPATCH(DistancesTable, distances)
UMAPKIT_DISPATCH(GraphTable, graph)
UMAPKIT_DISPATCH(InitTable, init)
UMAPKIT_DISPATCH(LayoutTable, layout)
UMAPKIT_DISPATCH(TsneTable, tsne)
UMAPKIT_DISPATCH(ContrastTable, contrast)
UMAPKIT_DISPATCH(OutputTable, output)
UMAPKIT_DISPATCH(LabelsTable, labels)
UMAPKIT_DISPATCH(QualityTable, quality)
UMAPKIT_DISPATCH(SparseTable, sparse)
UMAPKIT_DISPATCH(StreamingTable, streaming)

}  // namespace umapkit
