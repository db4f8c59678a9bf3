#ifndef RECALL_ACTIVATION_H
#define RECALL_ACTIVATION_H

/// Elementwise functions. Log-sigmoid is -log(1 + exp -x).
enum recall_activation {
  RECALL_SIGMOID,
  RECALL_TANH,
  RECALL_RELU,
  RECALL_SOFTPLUS,
  RECALL_LOG_SIGMOID,
  RECALL_ELU_PLUS_ONE
};

#endif
