import CMemory

extension UnsafeMutableRawBufferPointer {
  /// Allocates uninitialised memory on a 64-byte boundary, with huge pages if it is large. `deallocate` frees it.
  package static func allocateLarge(byteCount: Int) -> UnsafeMutableRawBufferPointer {
    let page = Int(RECALL_HUGE_PAGE)
    let isLarge = byteCount >= page
    let memory = recall_allocate(isLarge ? page : 64, byteCount)
    if isLarge { recall_prefer_huge_pages(memory, byteCount) }
    return UnsafeMutableRawBufferPointer(start: memory, count: byteCount)
  }
}
