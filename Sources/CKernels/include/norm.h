// Norms over rows. Each matrix has rows of its own stride.
#ifndef RECALL_NORM_H
#define RECALL_NORM_H

#include "rows.h"

/// LayerNorm with a bias, RMSNorm without: s = h + residual, y = (s - mean) * rstd * weight + bias;
/// without a bias mean is 0.
struct recall_residual_norm {
  ptrdiff_t rows, channels;
  const float *weight;  // [channels]
  const float *bias;    // [channels], or null
  float epsilon;
  float *sum;  // s [rows, channels], rows sum_stride apart
  ptrdiff_t sum_stride;
  float *statistics;  // (mean, rstd) of each row, [rows, 2]
};

struct recall_residual_norm_gradients {
  struct recall_rows dy;       // [rows, channels]
  struct recall_rows outside;  // [rows, channels]: gradient of s from other consumers; values may be null
  float *ds;                   // [channels]: scratch
  float *dweight;              // [channels], added to
  float *dbias;                // [channels], added to; null exactly if there is no bias
  struct recall_target_rows dh, dresidual;  // [rows, channels]; dresidual.values may be null
};

/// RMSNorm of v = y * SiLU(z) over each of a row's groups of `channels`: out = v * rstd * weight.
struct recall_gated_norm {
  ptrdiff_t rows, groups, channels;
  struct recall_rows y, z;  // [rows, groups * channels]
  const float *weight;      // [groups * channels]
  float epsilon;
  float *rstds;  // [rows, groups]
};

struct recall_gated_norm_gradients {
  struct recall_rows dout;           // [rows, groups * channels]
  float *scratch;                    // [4 * channels]
  float *dweight;                    // [groups * channels], added to
  struct recall_target_rows dy, dz;  // [rows, groups * channels]
};

#endif
