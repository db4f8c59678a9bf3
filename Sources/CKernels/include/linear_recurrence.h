// Operands that the kernels of linear recurrences share. Rows are their stride apart.
#ifndef RECALL_LINEAR_RECURRENCE_H
#define RECALL_LINEAR_RECURRENCE_H

#include "rows.h"

/// Rows of a chunk are cut into blocks of this many.
enum { RECALL_PAIR_ROWS = 16 };

/// What the decay of every key channel does within one chunk, each [length, channels]. A product of decays
/// below 1e-30 is 0.
struct recall_decay {
  ptrdiff_t length, channels, stride;
  float *step;          // exp(g_i)
  float *prefix;        // the product of steps from the chunk's first row to row i
  float *suffix;        // from row i + 1 to the chunk's last row
  float *block_prefix;  // from the first row of i's block to i
  float *block_suffix;  // from row i + 1 to the last row of i's block
};

/// A block's pairs of tokens, at most RECALL_PAIR_ROWS rows.
struct recall_pair_operands {
  ptrdiff_t rows, channels;
  struct recall_rows x;     // [rows, channels]
  struct recall_rows step;  // exp(g) [rows, channels]
  struct recall_rows y;     // [rows, channels], or transposed
};

struct recall_pair_gradients {
  struct recall_rows dp;  // [rows, rows]
  float *dx, *dy;         // [rows, channels], added to
  ptrdiff_t dx_stride, dy_stride;
};

/// The last step of the backward pass, to queries, keys and log-decays of one head and chunk.
struct recall_recurrence_gradients {
  ptrdiff_t length, channels;
  const float *q, *k;  // as they entered the products
  ptrdiff_t q_stride, k_stride;
  // Gradients of q, of k where it is written, and (may be null) of k where it is read, less the terms of a query
  // with its own key: these are `diagonal` (may be null), [length], a matrix's diagonal its row length + 1 apart.
  const float *from_q, *from_write, *from_read;
  ptrdiff_t from_stride;
  const float *diagonal;
  ptrdiff_t diagonal_stride;
  float q_scale;  // q = q_scale times the operand
  float *q_gradient, *k_gradient;
  ptrdiff_t q_gradient_stride, k_gradient_stride;
  int q_adds, k_adds;
  float *g_gradient;  // may be null; [length, channels], or [length, 1] when per_head is not 0
  ptrdiff_t g_stride;
  int g_adds, per_head;
  float *carry;  // [channels] or [1]: on entry the gradient of the whole chunk's log-decay
};

#endif
