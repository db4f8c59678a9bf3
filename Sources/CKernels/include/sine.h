// Sines with a frequency for each channel.
#ifndef RECALL_SINE_H
#define RECALL_SINE_H

#include "rows.h"

struct recall_sine_operands {
  ptrdiff_t rows, columns;
  struct recall_rows x;    // [rows, columns]
  const float *frequency;  // [columns]
};

#endif
