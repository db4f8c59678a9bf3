// Dropout's mask.
#ifndef RECALL_DROPOUT_H
#define RECALL_DROPOUT_H

#include <stdint.h>

/// Element i has number counter + i. If the hash of key and number is below the threshold, the element is dropped
/// (factor 0); otherwise its factor is scale.
struct recall_dropout_mask {
  uint32_t key, counter;
  uint32_t threshold;  // probability to drop * 2^32
  float scale;         // 1 / (1 - probability to drop)
};

#endif
