// Operands of the recurrence S = diag(exp w) S + b u' + k v', u = S' alpha before the decay, alpha = -removal,
// b = removal * rate, one chunk of one head at a time.
#ifndef RECALL_DIAGONAL_PLUS_LOW_RANK_H
#define RECALL_DIAGONAL_PLUS_LOW_RANK_H

#include "heads.h"

/// Rows [length, channels] of operands, and what the products are made of, all of one stride. With prefix the
/// product of exp w from the chunk's first row on, its own included (at the row before for alpha), and suffix
/// that of later rows: r * prefix, alpha * prefix before, k / prefix, b / prefix, k * suffix, b * suffix.
struct recall_dplr {
  ptrdiff_t length, channels, stride;
  struct recall_rows r, w, k, removal, rate;
  float *prefix, *inverse, *suffix;
  float *reads, *removals, *writes, *corrections, *writes_until_end, *corrections_until_end;
};

/// Gradients of the products' operands, of the stride of recall_dplr, and where those of the operands go. The
/// gradients of the last two are stored in place of the operands. carry [channels] is that of the chunk's whole
/// log-decay.
struct recall_dplr_gradients {
  const float *reads, *removals, *writes, *corrections, *writes_until_end, *corrections_until_end;
  struct recall_target_rows r, w, k, removal, rate;
  float *carry;
};

#endif
