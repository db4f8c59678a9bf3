// A matrix product of blocks that are in cache.
#ifndef RECALL_GEMM_H
#define RECALL_GEMM_H

#include <stddef.h>

/// c = alpha a b + beta c. c is not read when beta is 0. Rows of c that are written must not overlap a or b.
struct recall_gemm {
  ptrdiff_t m, k, n;
  float alpha, beta;
  const float *a;  // [m, k], element (i, l) at i * a_row + l * a_column
  ptrdiff_t a_row, a_column;
  const float *b;  // [k, n], rows b_stride apart
  ptrdiff_t b_stride;
  float *c;  // [m, n], rows c_stride apart
  ptrdiff_t c_stride;
};

#endif
