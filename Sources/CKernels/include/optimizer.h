// One step of AdamW.
#ifndef RECALL_OPTIMIZER_H
#define RECALL_OPTIMIZER_H

/// g = gradient_scale * gradient; m = beta1 m + one_minus_beta1 g; v = beta2 v + one_minus_beta2 g^2;
/// p = weight_decay_factor * p - step * m / (root_scale * sqrt(v) + epsilon)
struct recall_adamw {
  float gradient_scale;
  float beta1, one_minus_beta1, beta2, one_minus_beta2;
  float weight_decay_factor;  // 1 - rate * weight decay
  float step;                 // rate / (1 - beta1^t)
  float root_scale;           // 1 / sqrt(1 - beta2^t)
  float epsilon;
};

#endif
