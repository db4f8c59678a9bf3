// Matrix products of bfloat16 numbers by the processor's own instructions (Intel's AMX).
#ifndef RECALL_BF16_H
#define RECALL_BF16_H

#include <stddef.h>

#include "gemm.h"

/// Whether this processor has these instructions. The first call asks the operating system to allow them.
int recall_has_bf16_products(void);

/// Bytes of memory that the product of [m, k] and [k, n] needs.
size_t recall_bf16_memory(ptrdiff_t m, ptrdiff_t k, ptrdiff_t n);

/// The product of both operands rounded to bfloat16, to nearest, ties to even; sums are float. If b is transposed, it is
/// stored as [n, k]. Only where recall_has_bf16_products.
void recall_bf16_gemm(const struct recall_gemm *gemm, int b_transposed, void *memory);

#endif
