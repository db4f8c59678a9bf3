/// Memory of one thread's forward and backward pass: allocation moves a mark, `reset` takes all back.
///
/// Not zeroed. After the first passes have shown the peak, no pass asks the system for memory.
public final class Arena {
  private static let alignment = 64
  private var blocks: [UnsafeMutableRawBufferPointer] = []
  private var current = 0
  private var used = 0

  /// Bytes held from the system.
  public private(set) var capacity = 0
  /// How often memory was asked of the system.
  public private(set) var growths = 0

  public init() {}

  deinit { for block in blocks { block.deallocate() } }

  /// `count` uninitialised elements on a 64-byte boundary, valid until `reset` or `release(to:)`.
  public func allocate<T: BitwiseCopyable>(_ count: Int, of type: T.Type = Float.self)
    -> UnsafeMutablePointer<T>
  {
    allocateBytes(count * MemoryLayout<T>.stride).bindMemory(to: T.self, capacity: max(1, count))
  }

  func allocateBytes(_ count: Int) -> UnsafeMutableRawPointer {
    let bytes = (max(1, count) + Self.alignment - 1) / Self.alignment * Self.alignment
    while current < blocks.count, used + bytes > blocks[current].count {
      current += 1
      used = 0
    }
    if current == blocks.count { grow(atLeast: bytes) }
    let address = blocks[current].baseAddress! + used
    used += bytes
    return address
  }

  private func grow(atLeast bytes: Int) {
    let size = max(bytes, capacity, 1 << 20)
    blocks.append(.allocateLarge(byteCount: size))
    capacity += size
    growths += 1
    used = 0
  }

  /// Forgets every allocation; if several blocks were needed, one of their total size replaces them.
  public func reset() {
    current = 0
    used = 0
    guard blocks.count > 1 else { return }
    let total = capacity
    for block in blocks { block.deallocate() }
    blocks = []
    capacity = 0
    grow(atLeast: total)
  }

  /// A point in the arena's order of allocations.
  public struct Mark { fileprivate let block: Int, used: Int }

  public var mark: Mark { Mark(block: current, used: used) }

  /// Takes back all that was allocated since the mark.
  public func release(to mark: Mark) {
    current = mark.block
    used = mark.used
  }

  /// Runs `body` and takes back what it allocated.
  @inline(__always)
  public func withScratch<R>(_ body: () throws -> R) rethrows -> R {
    let start = mark
    defer { release(to: start) }
    return try body()
  }
}

extension Arena {
  /// Bytes from the first to the last allocation that is held, with gaps where a block ended early; after a
  /// `reset` and the same allocations again there are none.
  public var bytesInUse: Int { blocks[..<current].reduce(used) { $0 + $1.count } }
}
