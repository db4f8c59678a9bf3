// State-space duality ("Transformers are SSMs", Dao and Gu, 2024, Listing 1): operands of one head in one chunk.
#ifndef RECALL_SSD_H
#define RECALL_SSD_H

#include <stddef.h>

/// What the decay of one head does within one chunk of `length` steps. a is the cumulative log-decay from the
/// chunk's start, a_last that of its last step.
struct recall_decay_table {
  ptrdiff_t length, padded;  // padded: a multiple of 16, at least length
  float *dt;                 // [padded]: a step's weight when it enters the state
  float *high, *low;         // [padded]: a = high + low
  float *from_start;         // [padded]: exp(a)
  float *to_end;             // [padded]: exp(a_last - a)
  float *state_weight;       // [padded]: exp(a_last - a) dt, a step's weight in the state after the chunk
};

enum { RECALL_DECAY_ROWS = 6 };

/// The table whose rows lie in `values` [RECALL_DECAY_ROWS, padded].
static inline struct recall_decay_table recall_decay_table_at(float *values, ptrdiff_t length,
                                                              ptrdiff_t padded) {
  return (struct recall_decay_table){
      .length = length, .padded = padded, .dt = values, .high = values + padded,
      .low = values + 2 * padded, .from_start = values + 3 * padded,
      .to_end = values + 4 * padded, .state_weight = values + 5 * padded};
}

/// One head's time steps before softplus, and what they become decay by.
struct recall_time_steps {
  const float *raw;  // [length], stride apart
  ptrdiff_t stride;
  float bias;
  float rate;  // A = -exp(A_log)
};

/// One head's log-decays, where they are given, and the weight of every step.
struct recall_log_decays {
  const float *values;  // [length], stride apart
  ptrdiff_t stride;     // 0: the same for every step
  float weight;
};

/// Values and gradients of one head's input and output in one chunk.
struct recall_ssd_rows {
  ptrdiff_t columns;
  const float *x;  // [length, columns], rows x_stride apart, as dx's
  float *dx;
  ptrdiff_t x_stride;
  const float *y, *dy;  // [length, columns], rows y_stride apart
  ptrdiff_t y_stride;
  float d;                 // D
  const float *direct;     // [length, columns]: gradient of dt x by the mask
  const float *from_state; // [length, columns]: by the state after the chunk, times exp(a - a_last); null: none
  ptrdiff_t scratch_stride;  // between rows of direct and of from_state
  int adds_dx;               // 0: dx is assigned
  float *dt_gradient;        // [length]: of dt, through dt x alone
  float *a_gradient;         // [length]
};

/// Gradients of one head's decay, and where they go.
struct recall_decay_gradients {
  const float *dt_gradient;  // [length]: of dt, through dt x alone
  const float *a_gradient;   // [length]
  double last_gradient;      // what reaches a_last by the state carried on
  float *raw;                // [length], as far apart as the raw time steps
  int adds_raw;              // 0: assigned
  float *bias, *log_rate;    // one number each, added to; log_rate: of log(-rate), A_log
};

/// Gradients of one head's log-decays, where they are given.
struct recall_log_decay_gradients {
  const float *a_gradient;  // [length]
  double last_gradient;     // what reaches a_last by the state carried on
  float *target;            // [length], stride apart
  ptrdiff_t stride;
  int adds;                 // 0: assigned
};

#endif
