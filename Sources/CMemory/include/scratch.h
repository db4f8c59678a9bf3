#pragma once
#include <stddef.h>

/// Uninitialised memory of the calling thread, 16-byte aligned, until it is given back; the last taken is
/// given back first, by the thread that took it. After a few rounds nothing is asked of the heap.
void *recall_take_scratch(size_t bytes);
void recall_give_scratch(void *memory, size_t bytes);
