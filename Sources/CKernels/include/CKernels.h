// The hot loops. Each kernel in kernels.def is written once, in bodies/*.inc, and compiled for every instruction set
// of the architecture; recall_NAME calls the best version that this processor can run.
#ifndef RECALL_CKERNELS_H
#define RECALL_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "activation.h"
#include "bf16.h"
#include "convolution.h"
#include "diagonal_plus_low_rank.h"
#include "dropout.h"
#include "gemm.h"
#include "heads.h"
#include "linear_recurrence.h"
#include "matrix.h"
#include "norm.h"
#include "optimizer.h"
#include "rows.h"
#include "selective_scan.h"
#include "sine.h"
#include "ssd.h"
#include "taylor.h"

#define KERNEL(result, name, parameters, arguments) result recall_##name parameters;
#include "kernels.def"
#undef KERNEL

/// Instruction sets in rising order: 0 baseline (SSE2 or NEON), 1 AVX2 with FMA, 2 AVX-512.
int recall_best_instruction_set(void);
int recall_instruction_set(void);
/// For tests: from now on, this thread's calls use this instruction set.
void recall_use_instruction_set(int level);

/// From now on this thread's arithmetic reads and writes 0 in place of subnormal numbers (below 1.2e-38), where the
/// processor can. Returns the mode before, for recall_set_float_mode.
uint64_t recall_flush_subnormals(void);
void recall_set_float_mode(uint64_t mode);

/// What this thread rounds to bfloat16, a sum of these.
enum { RECALL_ROUND_VALUES = 1, RECALL_ROUND_STATES = 2 };
int recall_rounding(void);
/// Returns what was rounded before.
int recall_set_rounding(int rounding);

/// Tells the processor that this thread is waiting in a loop for another.
static inline void recall_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
