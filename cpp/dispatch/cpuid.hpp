// Which instruction sets the processor and the operating system offer (x86-64 only).
//
// Asked by CPUID and XGETBV (Intel SDM vol. 1, ch. 14.3 and 15.4): __builtin_cpu_supports says no
// to everything where the compiler is zig, whose runtime does not fill in the table that it reads.
#pragma once
#include <cpuid.h>

#include <cstdint>
#include <initializer_list>

namespace umapkit {

struct CpuFeatures {
  bool avx2 = false;    // with FMA, BMI, BMI2, POPCNT and F16C
  bool avx512 = false;  // F, BW, DQ and VL, beside all of avx2
};

inline CpuFeatures cpu_features() {
  const auto all = [](std::uint64_t word, std::initializer_list<int> bits) {
    for (const int bit : bits)
      if (((word >> bit) & 1) == 0) return false;
    return true;
  };
  CpuFeatures found;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) return found;
  // FMA, POPCNT, OSXSAVE, AVX, F16C.
  if (!all(ecx, {12, 23, 27, 28, 29})) return found;
  // The system saves the wide registers: SSE and AVX state, then the three parts of AVX-512's.
  unsigned low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if (!all(low, {1, 2})) return found;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return found;
  // BMI, AVX2, BMI2; then AVX-512 F, DQ, BW, VL.
  found.avx2 = all(ebx, {3, 5, 8});
  found.avx512 = found.avx2 && all(low, {5, 6, 7}) && all(ebx, {16, 17, 30, 31});
  return found;
}

}  // namespace umapkit
