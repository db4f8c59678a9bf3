import Kernels

/// The tokens whose keys a query sees.
public enum AttentionSpan: Sendable, Hashable {
  /// Its own and those before it.
  case earlier
  /// Its own and the so many − 1 before it.
  case window(Int)
  /// All tokens, also later ones.
  case all
}

/// Some queries of one head of one example, and the keys from the first that one of them sees to the last.
struct AttentionBlock {
  let example: Int, head: Int
  /// The first query's row among the queries of all examples.
  let row: Int
  /// Number of queries.
  let count: Int
  /// Positions of the first key and of the one after the last.
  let start: Int, end: Int
  /// The queries' positions in their example, ascending [count].
  let positions: UnsafePointer<Int32>
  /// The start of its exponentials [keys, queries] among those of all blocks.
  let offset: Int
  /// Whether it is the first or the last block of its example and head.
  let isFirst: Bool, isLast: Bool
  /// Tokens up to its own that a query sees.
  let window: Int
  /// Whether a query does not see later tokens.
  let isCausal: Bool

  /// Calls `body` for each of these keys that some queries must not see, with the range of these queries: first the
  /// queries before the key, then the queries whose window begins after it.
  @inline(__always)
  func forEachHidden(_ keys: Range<Int>, _ body: (_ key: Int, _ queries: Range<Int>) -> Void) {
    guard isCausal else { return }
    var hidden = 0
    let second = Int(positions[0]) + 1
    for key in max(keys.lowerBound, second)..<max(keys.upperBound, second) {
      while hidden < count, positions[hidden] < key { hidden += 1 }
      body(key, 0..<hidden)
    }
    // Before this key the last query's window begins.
    let last = Int(positions[count - 1]) - window + 1
    var seeing = 0
    for key in keys.lowerBound..<max(keys.lowerBound, min(keys.upperBound, last)) {
      while seeing < count, Int(positions[seeing]) - window < key { seeing += 1 }
      body(key, seeing..<count)
    }
  }
}

/// All blocks of one use of attention, ordered by example, head and query. An example without queries has one empty
/// block.
struct AttentionBlocks {
  let list: UnsafeBufferPointer<AttentionBlock>
  /// The most queries of a block. Short sequences have smaller blocks: tiles on the diagonal, half of which is wasted,
  /// are a larger part of them.
  let queries: Int
  /// Floats of the exponentials of all blocks.
  let exponentials: Int
  /// Whether later blocks may see other keys than earlier ones.
  let hasWindow: Bool

  /// Without `rows`, every row has a query.
  init(
    batch: Int, length: Int, heads: Int, rows: PositionSelection?, span: AttentionSpan,
    in arena: Arena
  ) {
    let window: Int? = if case .window(let tokens) = span { tokens } else { nil }
    let most = length <= 256 && span != .all ? 32 : 64
    // In blocks longer than the window, queries would share few of their keys.
    queries = min(most, max(16, Kernels.wholeVectors(window ?? most)))
    hasWindow = window != nil
    let positions = arena.allocate(rows?.count ?? length, of: Int32.self)
    for row in 0..<(rows?.count ?? length) { positions[row] = Int32(rows?.position(row) ?? row) }
    let rowCount = rows?.count ?? batch * length
    // Selected rows may lie so far apart that each has a block of its own.
    let perHead = batch + (window == nil || rows == nil ? rowCount / queries : rowCount)
    let blocks = arena.allocate(heads * perHead, of: AttentionBlock.self)
    var (next, size, first) = (0, 0, 0)
    for example in 0..<batch {
      let end = rows?.end(ofExample: example, from: first) ?? first + length
      // Without `rows` all examples have the same positions.
      let ofExample = rows == nil ? positions : positions + first
      for head in 0..<heads {
        var row = first
        repeat {
          let ofBlock = ofExample + (row - first)  // [count]
          var count = min(queries, end - row)
          if let window {
            let reach = max(window, queries)
            while count > 1, Int(ofBlock[count - 1]) - Int(ofBlock[0]) >= reach { count -= 1 }
          }
          let last = span == .all ? length - 1 : count == 0 ? -1 : Int(ofBlock[count - 1])
          let keys = count == 0 ? 0 : last + 1
          let start = count == 0 ? 0 : max(0, Int(ofBlock[0]) - (window ?? length) + 1)
          blocks[next] = AttentionBlock(
            example: example, head: head, row: row, count: count, start: start, end: keys,
            positions: ofBlock, offset: size, isFirst: row == first, isLast: row + count == end,
            window: window ?? length, isCausal: span != .all)
          (next, size, row) = (next + 1, size + queries * (keys - start), row + count)
        } while row < end
      }
      first = end
    }
    exponentials = size
    list = UnsafeBufferPointer(start: blocks, count: next)
  }
}

// MARK: - Addresses of a block's operands

extension BlockedAttention {
  /// Tiles of at most 64 keys, from the block's first key to its last.
  @inline(__always)
  func forEachTile(_ block: AttentionBlock, _ body: (_ key: Int, _ count: Int) -> Void) {
    for key in stride(from: block.start, to: block.end, by: Self.keys) {
      body(key, min(Self.keys, block.end - key))
    }
  }

  @inline(__always)
  func query(_ block: AttentionBlock, of base: UnsafeMutablePointer<Float>)
    -> UnsafeMutablePointer<Float>
  { base + block.row * q.rowStride + block.head * keyWidth }

  /// From the start of k or v to the block's head at this position.
  @inline(__always)
  private func offset(_ block: AttentionBlock, _ key: Int, in x: Tensor) -> Int {
    (block.example * length + key) * x.rowStride + block.head * (x.channels / heads)
  }

  @inline(__always)
  func keys(_ block: AttentionBlock, _ key: Int) -> UnsafeMutablePointer<Float> {
    k.values + offset(block, key, in: k)
  }

  @inline(__always)
  func values(_ block: AttentionBlock, _ key: Int) -> UnsafeMutablePointer<Float> {
    v.values + offset(block, key, in: v)
  }

  @inline(__always)
  func keyGradients(_ block: AttentionBlock, _ key: Int) -> UnsafeMutablePointer<Float> {
    k.gradient + offset(block, key, in: k)
  }

  @inline(__always)
  func valueGradients(_ block: AttentionBlock, _ key: Int) -> UnsafeMutablePointer<Float> {
    v.gradient + offset(block, key, in: v)
  }

  @inline(__always)
  func values(_ block: AttentionBlock) -> UnsafeMutablePointer<Float> {
    y.values + block.row * y.rowStride + block.head * valueWidth
  }

  @inline(__always)
  func gradient(_ block: AttentionBlock) -> UnsafeMutablePointer<Float> {
    y.gradient + block.row * y.rowStride + block.head * valueWidth
  }

  @inline(__always)
  func inverseSums(_ block: AttentionBlock) -> UnsafeMutablePointer<Float> {
    inverseSums + block.head * y.rows + block.row
  }
}

/// Scratch memory for one block at a time.
struct AttentionTiles {
  let exponentials: UnsafeMutablePointer<Float>  // [keys, queries], when they are not saved
  let transposed: UnsafeMutablePointer<Float>  // [head width, queries]: Qᵀ scale, then dyᵀ/σ
  let dy: UnsafeMutablePointer<Float>  // [queries, head width]: dy/σ
  let ds: UnsafeMutablePointer<Float>  // [keys of a tile, queries]
  let masked: UnsafeMutablePointer<Float>  // [keys of a tile, queries]
  let maximum: UnsafeMutablePointer<Float>  // [queries]
  let mean: UnsafeMutablePointer<Float>  // [queries]: dy · y / σ

  init(_ attention: BlockedAttention, _ arena: Arena) {
    let (width, queries) = (attention.valueWidth, attention.queries)
    exponentials = arena.allocate(attention.saved == nil ? attention.length * queries : 0)
    transposed = arena.allocate(max(width, attention.keyWidth) * queries)
    dy = arena.allocate(queries * width)
    ds = arena.allocate(BlockedAttention.keys * queries)
    masked = arena.allocate(attention.mask == nil ? 0 : BlockedAttention.keys * queries)
    maximum = arena.allocate(queries)
    mean = arena.allocate(queries)
  }
}
