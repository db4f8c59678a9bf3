#include "include/CKernels.h"

struct kernels {
#define KERNEL(result, name, parameters, arguments) result(*name) parameters;
#include "include/kernels.def"
#undef KERNEL
};

#define KERNEL(result, name, parameters, arguments) result name##_baseline parameters;
#include "include/kernels.def"
#undef KERNEL
static const struct kernels baseline = {
#define KERNEL(result, name, parameters, arguments) .name = name##_baseline,
#include "include/kernels.def"
#undef KERNEL
};

#if defined(__x86_64__)
#define KERNEL(result, name, parameters, arguments) \
  result name##_avx2 parameters;                    \
  result name##_avx512 parameters;
#include "include/kernels.def"
#undef KERNEL
static const struct kernels avx2 = {
#define KERNEL(result, name, parameters, arguments) .name = name##_avx2,
#include "include/kernels.def"
#undef KERNEL
};
static const struct kernels avx512 = {
#define KERNEL(result, name, parameters, arguments) .name = name##_avx512,
#include "include/kernels.def"
#undef KERNEL
};
static const struct kernels *const sets[] = {&baseline, &avx2, &avx512};

int recall_best_instruction_set(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return 2;
  if (__builtin_cpu_supports("x86-64-v3")) return 1;
  return 0;
}
#else
static const struct kernels *const sets[] = {&baseline};

int recall_best_instruction_set(void) { return 0; }
#endif

#if defined(__x86_64__)
// Flush to zero, and denormals are zero.
uint64_t recall_flush_subnormals(void) {
  uint32_t mode = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(mode | 0x8040);
  return mode;
}

void recall_set_float_mode(uint64_t mode) { __builtin_ia32_ldmxcsr((uint32_t)mode); }
#elif defined(__aarch64__)
uint64_t recall_flush_subnormals(void) {
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  recall_set_float_mode(mode | 1 << 24);
  return mode;
}

void recall_set_float_mode(uint64_t mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
#else
uint64_t recall_flush_subnormals(void) { return 0; }

void recall_set_float_mode(uint64_t mode) { (void)mode; }
#endif

static _Thread_local int rounding;

int recall_rounding(void) { return rounding; }

int recall_set_rounding(int next) {
  const int before = rounding;
  rounding = next;
  return before;
}

static int best;
// For tests: the number of levels by which this thread's instruction set is below the best. Thread local.
static _Thread_local int lowered;

__attribute__((constructor)) static void choose(void) { best = recall_best_instruction_set(); }

int recall_instruction_set(void) { return best - lowered; }

void recall_use_instruction_set(int level) {
  lowered = level < 0 ? best : (level > best ? 0 : best - level);
}

#define KERNEL(result, name, parameters, arguments) \
  result recall_##name parameters { return sets[best - lowered]->name arguments; }
#include "include/kernels.def"
#undef KERNEL
