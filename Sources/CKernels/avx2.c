#if defined(__x86_64__)
#define GEMM_VECTORS 1
#define GEMM_ROWS 6
#define GEMM_NARROW_ROWS 6
#define VARIANT(name) name##_avx2
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#include "bodies/all.inc"
#pragma clang attribute pop
#endif
