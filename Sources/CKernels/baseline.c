#define GEMM_VECTORS 1
#define GEMM_ROWS 2
#define GEMM_NARROW_ROWS 2
#define VARIANT(name) name##_baseline
#include "bodies/all.inc"
