#if defined(__x86_64__)
#define PRODUCT_VECTORS 1
#define PRODUCT_ROWS 6
#define NARROW_ROWS 6
#define VARIANT(name) name##_avx2
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#include "bodies/all.inc"
#pragma clang attribute pop
#endif
