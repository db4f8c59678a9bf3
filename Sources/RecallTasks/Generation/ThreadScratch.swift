import CMemory

/// Calls `body` with uninitialised memory. The thread keeps the memory for the next call, because generators need some
/// for each of a million examples.
func withThreadScratch<Element: BitwiseCopyable, Result>(
  of type: Element.Type, capacity: Int,
  _ body: (UnsafeMutableBufferPointer<Element>) -> Result
) -> Result {
  let bytes = capacity * MemoryLayout<Element>.stride
  let memory = recall_take_scratch(bytes)!
  defer { recall_give_scratch(memory, bytes) }
  return body(
    UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: type, capacity: capacity), count: capacity))
}
