#if defined(__x86_64__)
#define GEMM_VECTORS 4
#define GEMM_ROWS 6
#define GEMM_NARROW_ROWS 12
#define VARIANT(name) name##_avx512
// Without no-prefer-256-bit clang stays at 256 bits on x86-64-v4.
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,no-prefer-256-bit"))), \
                             apply_to = function)
#include "bodies/all.inc"
#pragma clang attribute pop
#endif
