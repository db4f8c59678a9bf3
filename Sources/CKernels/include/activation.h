// Gated activations over rows.
#ifndef RECALL_ACTIVATION_H
#define RECALL_ACTIVATION_H

#include <stddef.h>

#include "norm.h"

/// y = f(gate) * factor, or f(gate) without a factor; f is x sigmoid(x) or x Phi(x).
struct recall_gated_activation {
  ptrdiff_t rows, columns;
  int kind;                   // 0: SiLU, 1: GELU
  struct recall_rows gate;    // [rows, columns]
  struct recall_rows factor;  // [rows, columns]; values may be null
};

struct recall_gated_activation_gradients {
  struct recall_rows dy;                     // [rows, columns]
  struct recall_target_rows dgate, dfactor;  // [rows, columns]; dfactor.values null exactly if there is no factor
};

#endif
