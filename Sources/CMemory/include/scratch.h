#pragma once
#include <stddef.h>

/// Uninitialised memory of the calling thread, 16-byte aligned. The same thread must give blocks back, the last one
/// first. After a few rounds no heap memory is allocated any more.
void *recall_take_scratch(size_t bytes);
void recall_give_scratch(void *memory, size_t bytes);
