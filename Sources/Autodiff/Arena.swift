import CMemory

/// Memory for one thread's forward and backward pass. An allocation takes the next free bytes; `reset` frees all.
///
/// Memory is not zeroed. After the first passes the arena is as large as the largest pass, and later passes ask the
/// system for no memory. AddressSanitizer reports access to bytes that are not allocated or were freed.
public final class Arena {
  private static let alignment = 64
  private var blocks: [UnsafeMutableRawBufferPointer] = []
  private var current = 0
  private var used = 0

  /// Bytes that the arena has from the system.
  public private(set) var capacity = 0

  public init() {}

  deinit { deallocateBlocks() }

  /// `count` uninitialised elements on a 64-byte boundary, valid until `reset` or `release(to:)`.
  public func allocate<T: BitwiseCopyable>(_ count: Int, of type: T.Type = Float.self)
    -> UnsafeMutablePointer<T>
  {
    allocateBytes(count * MemoryLayout<T>.stride).bindMemory(to: T.self, capacity: max(1, count))
  }

  /// `count` uninitialised bytes on a 64-byte boundary.
  func allocateBytes(_ count: Int) -> UnsafeMutableRawPointer {
    let bytes = (max(1, count) + Self.alignment - 1) / Self.alignment * Self.alignment
    while current < blocks.count, used + bytes > blocks[current].count {
      current += 1
      used = 0
    }
    if current == blocks.count { grow(atLeast: bytes) }
    let address = blocks[current].baseAddress! + used
    used += bytes
    recall_allow(address, count)
    return address
  }

  private func grow(atLeast bytes: Int) {
    let size = max(bytes, capacity, 1 << 20)
    let block = UnsafeMutableRawBufferPointer.allocateLarge(byteCount: size)
    recall_forbid(block.baseAddress, size)
    blocks.append(block)
    capacity += size
    used = 0
  }

  private func deallocateBlocks() {
    for block in blocks {
      recall_allow(block.baseAddress, block.count)
      block.deallocate()
    }
    blocks = []
    capacity = 0
  }

  /// Frees every allocation. If several blocks were needed, one block of their total size replaces them.
  public func reset() {
    release(to: Mark(block: 0, used: 0))
    guard blocks.count > 1 else { return }
    let total = capacity
    deallocateBlocks()
    grow(atLeast: total)
  }

  /// A point between two allocations.
  public struct Mark { fileprivate let block: Int, used: Int }

  /// The point after the last allocation.
  public var mark: Mark { Mark(block: current, used: used) }

  /// Frees everything that was allocated since the mark.
  public func release(to mark: Mark) {
    var start = mark.used
    for index in mark.block..<min(current + 1, blocks.count) {
      let end = index == current ? used : blocks[index].count
      recall_forbid(blocks[index].baseAddress! + start, end - start)
      start = 0
    }
    (current, used) = (mark.block, mark.used)
  }

  /// Runs `body`, then frees what it allocated.
  @inline(__always)
  public func withScratch<R>(_ body: () throws -> R) rethrows -> R {
    let start = mark
    defer { release(to: start) }
    return try body()
  }
}

extension Arena {
  /// Bytes from the first to the last allocation, with the unused ends of blocks between them. After a `reset` and the
  /// same allocations again there is one block, and so no unused end.
  public var bytesInUse: Int { blocks[..<current].reduce(used) { $0 + $1.count } }
}
