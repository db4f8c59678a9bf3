import Benchmarks
import CAllocationCount
import RecallCommands

HeapAllocations.count(by: recall_heap_allocations)
Recall.main()
