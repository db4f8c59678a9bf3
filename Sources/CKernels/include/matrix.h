// Rows of mixing matrices.
#ifndef RECALL_MATRIX_H
#define RECALL_MATRIX_H

#include <stddef.h>

/// m[r, c] = sum over i of 1 / (x[r, i] + z[i, c] + constant)
struct recall_cauchy {
  ptrdiff_t rows, columns, rank;
  const float *x;  // [rows, rank]
  const float *z;  // [rank, columns], rows z_stride apart
  ptrdiff_t z_stride;
  float constant;
};

/// m[r, c] = sum over i of cos(angle[r, i] * (first + c))
struct recall_cosines {
  ptrdiff_t rows, columns, rank;
  const float *angle;  // [rows, rank]
  ptrdiff_t first;
  float *table;  // [50 * rank]: scratch
};

#endif
