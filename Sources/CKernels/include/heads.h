// Operands of small operations; rows are their stride apart.
#ifndef RECALL_HEADS_H
#define RECALL_HEADS_H

#include "rows.h"

struct recall_interpolation {
  ptrdiff_t rows, columns;
  struct recall_rows x, z;  // [rows, columns]
  struct recall_rows w;     // [rows, columns], with stride 0 the same for all rows
};

struct recall_interpolation_gradients {
  struct recall_rows dy;
  struct recall_target_rows dx, dz;
  struct recall_target_rows dw;  // With stride 0 it must be added to.
};

/// Of one example.
struct recall_token_shift_operands {
  ptrdiff_t length, columns;
  struct recall_rows x;  // [length, columns]
  const float *w;        // [columns]
};

struct recall_unit_norm_operands {
  ptrdiff_t rows, columns;
  struct recall_rows x;
  const float *w;  // [columns], may be null
  float epsilon, floor, scale;
  float *inverse;  // [rows], written by the forward pass
};

/// Angles of rows and channels.
struct recall_rotation {
  ptrdiff_t rows, half;
  const float *table;  // cosines and sines [rows, 2, half]
  float sign;          // -1 turns the other way
  float scale;
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
