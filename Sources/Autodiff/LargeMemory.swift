import CMemory

extension UnsafeMutableRawBufferPointer {
  /// Allocates uninitialised memory on a 64-byte boundary, with huge pages if it is large. `deallocate` frees it.
  static func allocateLarge(byteCount: Int) -> UnsafeMutableRawBufferPointer {
    let page = Int(RECALL_HUGE_PAGE)
    guard byteCount >= page else { return .allocate(byteCount: byteCount, alignment: 64) }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: page)
    recall_prefer_huge_pages(memory.baseAddress!, byteCount)
    return memory
  }
}
