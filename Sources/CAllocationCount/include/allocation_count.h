#pragma once

/// The number of heap allocations of this process since it started; -1 if they are not counted.
///
/// A program that links this target has malloc and its relatives replaced by functions that count. Only the program
/// `recall` links it; the library products do not.
long recall_heap_allocations(void);
