#pragma once

/// How often this process has asked its heap for memory since it started; -1 where that is not counted.
///
/// Whoever links this replaces malloc and its relatives by functions that count. Only the program `recall` does; the
/// library products do not.
long recall_heap_allocations(void);
