// Operands of small operations; rows are their stride apart.
#ifndef RECALL_HEADS_H
#define RECALL_HEADS_H

#include "norm.h"

struct recall_interpolation {
  ptrdiff_t rows, columns;
  struct recall_rows x, z, w, dy;
  struct recall_target_rows dx, dz, dw;
};

struct recall_unit_norm_operands {
  ptrdiff_t rows, columns;
  const float *x;
  ptrdiff_t x_stride;
  const float *w;  // [columns], may be null
  float epsilon, floor, scale;
  float *inverse;  // [rows], written by the forward pass
};

struct recall_norm_gate_operands {
  ptrdiff_t rows, columns;
  struct recall_rows x, z;  // z without values: no gate
  const float *weight;      // [columns]
  float epsilon;
  int gate;
  float *inverse;  // [rows], written by the forward pass
};

struct recall_norm_gate_gradients {
  struct recall_rows dy;
  struct recall_target_rows dx, dz;
  float *dweight;
};

struct recall_bonus_operands {
  ptrdiff_t rows, columns;
  struct recall_rows n, r, k, v, gate;
  const float *weight;  // [columns]
  float *dots;          // [rows], written by the forward pass
};

struct recall_bonus_gradients {
  struct recall_rows dy;
  struct recall_target_rows dn, dr, dk, dv, dgate;
  float *dweight;
};

#endif
