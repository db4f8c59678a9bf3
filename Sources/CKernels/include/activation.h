// The operands of a gated activation: `rows` rows of `columns` floats, each matrix with a stride of its own.
struct recall_activation_rows {
  ptrdiff_t rows, columns;
  int kind;  // 0: SiLU, 1: GELU
  const float *gate;
  ptrdiff_t gate_stride;
  const float *factor;  // or NULL
  ptrdiff_t factor_stride;
};

// Where a gradient of such rows goes: added to what is there, or not.
struct recall_gradient_rows {
  float *values;
  ptrdiff_t stride;
  int accumulates;
};
