#pragma once

/// How often this process has asked its heap for memory since it started; -1 where that is not counted.
long recall_heap_allocations(void);

/// Gives free memory back and, on Linux, measures the largest resident memory anew from now on.
void recall_reset_peak_memory(void);

/// The largest resident memory in bytes; -1 where it is not known.
long recall_peak_memory(void);
