#include "poison.h"

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>

void recall_forbid(void *start, size_t bytes) { __asan_poison_memory_region(start, bytes); }
void recall_allow(void *start, size_t bytes) { __asan_unpoison_memory_region(start, bytes); }
#else
void recall_forbid(void *start, size_t bytes) { (void)start, (void)bytes; }
void recall_allow(void *start, size_t bytes) { (void)start, (void)bytes; }
#endif
