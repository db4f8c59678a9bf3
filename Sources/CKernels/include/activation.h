// Gated activations over rows.
#ifndef RECALL_ACTIVATION_H
#define RECALL_ACTIVATION_H

#include "rows.h"

/// Functions of one number. SiLU is x sigmoid(x), GELU x Phi(x), log-sigmoid -log(1 + exp -x).
enum recall_activation_kind {
  RECALL_SILU,
  RECALL_GELU,
  RECALL_SIGMOID,
  RECALL_TANH,
  RECALL_RELU,
  RECALL_SOFTPLUS,
  RECALL_LOG_SIGMOID,
  RECALL_ELU_PLUS_ONE
};

/// y = f(gate) * factor, or f(gate) without a factor.
struct recall_gated_activation {
  ptrdiff_t rows, columns;
  int kind;                   // recall_activation_kind
  struct recall_rows gate;    // [rows, columns]
  struct recall_rows factor;  // [rows, columns], with stride 0 the same for all rows; values may be null
};

struct recall_gated_activation_gradients {
  struct recall_rows dy;                     // [rows, columns]
  // [rows, columns]; dfactor.values may be null. With stride 0 it must be added to.
  struct recall_target_rows dgate, dfactor;
};

#endif
