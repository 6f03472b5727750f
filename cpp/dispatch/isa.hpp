// Which instruction set runs: the widest that this processor has, or the one that the
// environment variable UMAPKIT_ISA names (baseline, avx2, avx512). Chosen once, at import.
#pragma once
#include <string>
#include <vector>

namespace umapkit {

enum class Isa { baseline = 0, avx2 = 1, avx512 = 2 };

const char* isa_name(Isa isa);
std::vector<std::string> isas_available();

// Reads UMAPKIT_ISA; throws std::runtime_error on an unknown or missing instruction set.
void choose_isa();
Isa chosen_isa();

}  // namespace umapkit
