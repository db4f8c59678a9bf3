// Monomials of first and second degree.
#ifndef RECALL_TAYLOR_H
#define RECALL_TAYLOR_H

#include "rows.h"

/// Of each row (1, x_a, x_a x_b with b >= a), squares times `square`.
struct recall_monomial_operands {
  ptrdiff_t rows, channels;
  struct recall_rows x;  // [rows, channels]
  float square;
};

#endif
