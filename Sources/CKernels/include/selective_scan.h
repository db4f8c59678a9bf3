// Operands of one example's selective scan, shared by its kernels. Rows are their stride apart.
#ifndef RECALL_SELECTIVE_SCAN_H
#define RECALL_SELECTIVE_SCAN_H

#include <stddef.h>

/// Channels go through the scan in blocks of this many, time in chunks of that many steps.
enum { RECALL_SCAN_LANES = 32, RECALL_SCAN_STEPS = 32 };

struct recall_scan {
  ptrdiff_t time, channels, states;
  const float *x, *dt, *z;  // [time, channels]; dt before softplus
  ptrdiff_t x_stride, dt_stride, z_stride;
  const float *b, *c;  // [time, states]
  ptrdiff_t b_stride, c_stride;
  const float *rates;  // [channel block, states, lanes], by selective_scan_rates
  const float *skip;   // [channels]
};

/// Gradients of the same operands, rows their operand's stride apart.
struct recall_scan_gradients {
  float *x, *dt, *z, *b, *c;
  int adds_x, adds_dt, adds_z, adds_b, adds_c;  // 0: assigned
  float *a_log, *skip;                          // always added to
};

#endif
