#include "scratch.h"

#include <stdlib.h>

// Each thread has one block. What does not fit comes from the heap; when the block is free again, it is enlarged.
static _Thread_local struct {
  char *block;
  size_t size, used, wanted;
} scratch;

static size_t rounded(size_t bytes) { return (bytes + 15) & ~(size_t)15; }

void *recall_take_scratch(size_t bytes) {
  size_t need = rounded(bytes);
  if (scratch.used == 0 && scratch.wanted > scratch.size) {
    free(scratch.block);
    scratch.size = scratch.wanted;
    scratch.block = malloc(scratch.size);
    if (!scratch.block) abort();
  }
  scratch.used += need;
  if (scratch.used > scratch.wanted) scratch.wanted = scratch.used;
  if (scratch.used <= scratch.size) return scratch.block + scratch.used - need;
  void *memory = malloc(need ? need : 1);
  if (!memory) abort();
  return memory;
}

void recall_give_scratch(void *memory, size_t bytes) {
  size_t need = rounded(bytes);
  if (scratch.used > scratch.size) free(memory);
  scratch.used -= need;
}
