#ifndef COPENBLAS_H
#define COPENBLAS_H

#include <stdbool.h>

// OpenBLAS, which is loaded at the first call: it reserves memory when it is loaded, and most commands need no matrices.
// If it cannot be loaded, or there is no address space for its buffers, these functions write why to standard error and
// end the process with status 1. OpenBLAS itself would try for ever.

/// C ← alpha · A · B + beta · C, row-major, with A [m, k] and B [k, n] after transposition.
void recall_sgemm(
    bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a, int a_stride, const float *b,
    int b_stride, float beta, float *c, int c_stride);

/// The singular values of a [m, n], largest first, into values [min(m, n)]; a is overwritten. m and n are at least 1, and
/// every element is finite. 0, or another number if there is no memory or they did not converge. LAPACK's dgesdd.
int recall_singular_values(int m, int n, double *a, double *values);

/// Makes every product run on its caller's thread.
void recall_blas_single_threaded(void);

/// The name of the processor family whose kernels it chose.
const char *recall_blas_core_name(void);

#endif
