#include "include/COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// cblas.h's numbers.
enum { row_major = 101, no_transpose = 111, transpose = 112 };

typedef void sgemm_function(
    int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int a_stride,
    const float *b, int b_stride, float beta, float *c, int c_stride);

// LAPACK's, by Fortran's convention; the last argument is the length of the first.
typedef void dgesdd_function(
    const char *job, const int *m, const int *n, double *a, const int *a_stride, double *values, double *u,
    const int *u_stride, double *vt, const int *vt_stride, double *work, const int *work_count, int *integers,
    int *info, size_t job_length);

static sgemm_function *sgemm;
static dgesdd_function *dgesdd;
static void (*set_threads)(int);
static char *(*core_name)(void);

static pthread_once_t loading = PTHREAD_ONCE_INIT;
/// Whether this process may use so much address space and no more (ulimit -v).
static bool is_limited;
/// Of each thread that computes a product at the same time as others: OpenBLAS's own, and something beside it.
static const size_t buffer_bytes = 136 << 20;
/// Products that are computed now, and the most at one time so far.
static atomic_int running, most;

static _Noreturn void stop(const char *format, ...) {
  char text[512];
  va_list values;
  va_start(values, format);
  const int length = vsnprintf(text, sizeof text - 1, format, values);
  va_end(values);
  const size_t count = length < 0 ? 0 : (size_t)length < sizeof text - 2 ? (size_t)length : sizeof text - 2;
  text[count] = '\n';
  // Other threads may hold locks, so nothing else is cleaned up. Runs go on from their checkpoints.
  const ssize_t written = write(STDERR_FILENO, text, count + 1);
  (void)written;
  _exit(1);
}

/// Ends the process if so much address space is not left.
static void require_space(size_t bytes) {
  void *space = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (space != MAP_FAILED) {
    munmap(space, bytes);
    return;
  }
  struct rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  stop(
      "error: a product of matrices takes %zu MB of address space more (for OpenBLAS), but this "
      "process may use %llu MB in all (ulimit -v); raise the limit, or use fewer threads (and jobs, where runs are trained)",
      bytes >> 20, (unsigned long long)limit.rlim_cur >> 20);
}

static void *open_library(void) {
  static const char *const names[] = {
#ifdef __APPLE__
      "libopenblas.dylib", "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
      "/usr/local/opt/openblas/lib/libopenblas.dylib",
#else
      "libopenblas.so.0", "libopenblas.so",
#endif
  };
  void *library = NULL;
  char *reason = NULL;
  for (size_t i = 0; !library && i < sizeof names / sizeof *names; ++i) {
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (!library && !reason) reason = dlerror();
  }
  if (!library) {
    stop(
        "error: OpenBLAS cannot be loaded: %s; on Debian: apt-get install libopenblas0",
        reason ? reason : "not found");
  }
  core_name = (char *(*)(void))dlsym(library, "openblas_get_corename");
  if (!core_name) stop("error: this OpenBLAS lacks functions: %s", dlerror());
  return library;
}

/// OpenBLAS chooses kernels by the model of the processor. For one that is newer than itself it may take those of 2004.
/// Then this loads it again with kernels that the processor has the instructions for; they are many times faster.
static void *open_for_this_processor(void) {
  void *library = open_library();
#if defined __x86_64__
  static const char variable[] = "OPENBLAS_CORETYPE";
  if (getenv(variable) || strcmp(core_name(), "Prescott") != 0) return library;
  const char *core = NULL;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) core = "Haswell";
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    core = "SkylakeX";
  }
  if (!core) return library;
  dlclose(library);
  setenv(variable, core, 1);
  library = open_library();
  unsetenv(variable);
#endif
  return library;
}

static void load(void) {
  struct rlimit limit;
  is_limited = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  if (is_limited) {
    require_space(buffer_bytes);
    // Its other threads, which are not used, would take a buffer each.
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
  }
  void *library = open_for_this_processor();
  sgemm = (sgemm_function *)dlsym(library, "cblas_sgemm");
  dgesdd = (dgesdd_function *)dlsym(library, "dgesdd_");
  set_threads = (void (*)(int))dlsym(library, "openblas_set_num_threads");
  if (!sgemm || !set_threads) stop("error: this OpenBLAS lacks functions: %s", dlerror());
}

static void multiply(
    bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int a_stride, const float *b,
    int b_stride, float beta, float *c, int c_stride) {
  sgemm(
      row_major, transpose_a ? transpose : no_transpose, transpose_b ? transpose : no_transpose, m, n, k, alpha, a,
      a_stride, b, b_stride, beta, c, c_stride);
}

/// Before and after every call that takes a buffer.
static void begin(void) {
  pthread_once(&loading, load);
  if (!is_limited) return;
  // OpenBLAS keeps a buffer for as many products as ever ran at the same time.
  const int now = atomic_fetch_add(&running, 1) + 1;
  int before = atomic_load(&most);
  while (now > before) {
    if (!atomic_compare_exchange_weak(&most, &before, now)) continue;
    require_space(buffer_bytes);
    break;
  }
}

static void end(void) {
  if (is_limited) atomic_fetch_sub(&running, 1);
}

void recall_sgemm(
    bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int a_stride, const float *b,
    int b_stride, float beta, float *c, int c_stride) {
  begin();
  multiply(transpose_a, transpose_b, m, n, k, alpha, a, a_stride, b, b_stride, beta, c, c_stride);
  end();
}

int recall_singular_values(int m, int n, double *a, double *values) {
  begin();
  if (!dgesdd) stop("error: this OpenBLAS has no LAPACK (dgesdd), which singular values need; on Debian: apt-get install libopenblas0");
  const int few = m < n ? m : n, one = 1, query = -1;
  double count = 0, none = 0;
  int info = 0;
  int *integers = malloc(8 * (size_t)few * sizeof *integers);
  if (!integers) return -1;
  // The values of the transpose, which is what column-major order makes of a, are the same.
  dgesdd("N", &m, &n, a, &m, values, &none, &one, &none, &one, &count, &query, integers, &info, 1);
  const int work_count = (int)count;
  double *work = info == 0 ? malloc((size_t)work_count * sizeof *work) : NULL;
  if (work) {
    dgesdd("N", &m, &n, a, &m, values, &none, &one, &none, &one, work, &work_count, integers, &info, 1);
  } else {
    info = -1;
  }
  free(work);
  free(integers);
  end();
  return info;
}

void recall_blas_single_threaded(void) {
  pthread_once(&loading, load);
  set_threads(1);
}

const char *recall_blas_core_name(void) {
  pthread_once(&loading, load);
  return core_name();
}
