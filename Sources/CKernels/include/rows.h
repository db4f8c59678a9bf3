// Matrices whose rows are consecutive floats.
#ifndef RECALL_ROWS_H
#define RECALL_ROWS_H

#include <stddef.h>

/// Rows `stride` floats apart.
struct recall_rows {
  const float *values;
  ptrdiff_t stride;
};

/// Rows that results are written to. They are assigned, or added to if adds is not 0.
struct recall_target_rows {
  float *values;
  ptrdiff_t stride;
  int adds;
};

#endif
