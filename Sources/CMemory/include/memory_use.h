#pragma once

#include <stddef.h>

/// The largest resident memory in bytes; -1 where it is not known.
long recall_peak_memory(void);

/// Uninitialised memory, which free() gives back. If the system has none left, this writes why to standard error and ends
/// the process with status 1: no caller could go on, and runs go on from their checkpoints.
void *recall_allocate(size_t alignment, size_t bytes);

enum { RECALL_HUGE_PAGE = 2 << 20 };

/// Asks for these bytes, which begin at a multiple of RECALL_HUGE_PAGE, to be mapped by pages of that size: rows far
/// apart then miss address translation less often. No effect where the system has no such pages.
void recall_prefer_huge_pages(void *start, size_t bytes);
