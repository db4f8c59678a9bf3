// Depthwise convolution along the sequence of one example, then SiLU if wanted.
#ifndef RECALL_CONVOLUTION_H
#define RECALL_CONVOLUTION_H

#include <stddef.h>

/// y_t = SiLU(bias + sum_w weight[w] x_(t + ahead - width + 1 + w)), or that without SiLU; x = 0 before the first row and
/// after the last.
struct recall_convolution {
  ptrdiff_t length, channels, width;
  ptrdiff_t ahead;  // rows after t that y_t sees, below width; 0: causal
  const float *x;  // [length, channels], rows x_stride apart
  ptrdiff_t x_stride;
  const float *weight;  // [width, channels]
  const float *bias;    // [channels]
  int silu;             // 0: without SiLU
};

struct recall_convolution_gradients {
  const float *dy;  // [length, channels], rows dy_stride apart
  ptrdiff_t dy_stride;
  float *slope;  // [length, channels]: scratch for the gradient before SiLU, unless width is 4 and ahead 0
  float *dx;     // [length, channels], rows dx_stride apart
  ptrdiff_t dx_stride;
  int adds_dx;     // 0: dx is assigned
  float *dweight;  // [width, channels], added to
  float *dbias;    // [channels], added to
};

#endif
