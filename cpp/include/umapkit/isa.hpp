// Every kernel header lives in the namespace of the instruction set that it is compiled for, so
// that the linker can never merge an AVX-512 copy of an inline function into the baseline.
#pragma once

#ifndef UMAPKIT_ISA
#error "UMAPKIT_ISA must name the instruction set of this translation unit"
#endif

#define UMAPKIT_BEGIN \
  namespace umapkit { \
  namespace UMAPKIT_ISA {
#define UMAPKIT_END \
  }                 \
  }
#define UMAPKIT_INLINE inline __attribute__((always_inline))
