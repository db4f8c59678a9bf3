// Dropout's mask.
#ifndef RECALL_DROPOUT_H
#define RECALL_DROPOUT_H

#include <stdint.h>

/// Element i of the mask named by key has number counter + i. A hash of both below the threshold drops it (factor 0);
/// otherwise its factor is scale.
struct recall_dropout_mask {
  uint32_t key, counter;
  uint32_t threshold;  // probability to drop * 2^32
  float scale;         // 1 / (1 - probability to drop)
};

#endif
