// The selective scan of one example. Rows of each matrix are its stride apart.
#ifndef RECALL_SELECTIVE_SCAN_H
#define RECALL_SELECTIVE_SCAN_H

#include <stddef.h>

/// The scan works on blocks of RECALL_SCAN_LANES channels and on chunks of RECALL_SCAN_STEPS steps.
enum { RECALL_SCAN_LANES = 32, RECALL_SCAN_STEPS = 32 };

/// With delta = softplus(dt) and a = -exp(a_log):
/// h_t = exp(delta_t a) h_(t-1) + delta_t x_t b_t,  ungated_t = sum over states of h_t c_t + d x_t,
/// y_t = ungated_t SiLU(z_t).
struct recall_scan {
  ptrdiff_t length, channels, states;
  const float *x, *dt, *z;  // [length, channels]
  ptrdiff_t x_stride, dt_stride, z_stride;
  const float *b, *c;  // [length, states]
  ptrdiff_t b_stride, c_stride;
  const float *rates;  // [channel block, states, lanes], from selective_scan_rates
  const float *d;      // [channels]
};

/// What the forward pass saves for the backward pass.
struct recall_scan_saved {
  float *ungated;  // [length, channels], dense
  float *starts;   // states at the chunks' starts, [chunk, channel block, states, lanes]
};

/// The gradient of the result, and the gradients of the operands, with rows as far apart as in the operand.
struct recall_scan_gradients {
  const float *dy;  // [length, channels]
  ptrdiff_t dy_stride;
  float *x, *dt, *z, *b, *c;
  int adds_x, adds_dt, adds_z, adds_b, adds_c;  // 0: assigned
  float *a_log, *d;                             // [channels, states], [channels]; always added to
};

#endif
