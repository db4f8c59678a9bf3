import Kernels

/// Memory for the gradients of activations: a ring buffer, so that it stays in cache.
///
/// In the backward pass, an activation's gradient is needed from its last consumer to its producer. All gradients
/// that are needed at once were handed out between the oldest of them and the results of its last consumer. The
/// first pass with a shape key measures the largest such distance; later passes use a ring of that size.
/// Positions count floats as if the memory were endless.
package struct GradientRing {
  /// The end of the last gradient handed out; in the backward pass, of the results of the current operation.
  package var position = 0
  /// The start of the last gradient handed out.
  package private(set) var start = 0
  private var shapeKey: ShapeKey?
  /// In this pass: the largest distance, the largest gradient, and all gradients together, in floats.
  private var reach = 0
  private var largest = 0
  private var total = 0
  private var memory: UnsafeMutablePointer<Float>?
  private var size = 0
  /// Floats that the ring of each kind of pass needs.
  private var sizes: [ShapeKey: Int] = [:]

  package init() {}

  /// Starts a pass; without a key, one that does not come again.
  package mutating func reset(shapeKey: ShapeKey?, in arena: Arena) {
    (self.shapeKey, position, start, reach, largest, total) = (shapeKey, 0, 0, 0, 0, 0)
    size = shapeKey.flatMap { sizes[$0] } ?? 0
    memory = size > 0 ? arena.allocate(size) : nil
  }

  /// `count` floats for the next gradient.
  package mutating func allocate(_ count: Int, in arena: Arena) -> UnsafeMutablePointer<Float> {
    let count = Kernels.wholeVectors(count)
    largest = max(largest, count)
    start = position
    guard let memory else {
      position += count
      total = position
      return arena.allocate(count)
    }
    precondition(count <= size, "a gradient of \(count) floats in a ring of \(size)")
    // A gradient does not wrap around the end.
    if start % size + count > size { start += size - start % size }
    position = start + count
    return memory + start % size
  }

  /// Notes that the current operation of the backward pass writes the gradient that starts here.
  package mutating func write(at start: Int) {
    reach = max(reach, position - start)
    precondition(memory == nil || reach <= size, "gradients \(reach) apart in a ring of \(size)")
  }

  /// Ends a pass, after its backward pass.
  package mutating func finish() {
    guard let shapeKey, memory == nil else { return }
    // Less than the largest gradient stays free before the end; more than all together is never needed.
    sizes[shapeKey] = min(reach + largest, total)
  }
}
