import Kernels

/// Memory for the gradients of activations: a ring buffer, which is small enough to stay in cache.
///
/// The backward pass needs an activation's gradient from its last consumer back to its producer. Gradients are
/// allocated in the order of the forward pass, so all that are needed at the same time lie between the oldest of them
/// and the results of its last consumer. The first pass with a shape key measures the largest such distance; later
/// passes use a ring of that size. Positions count all floats allocated so far, without wrapping around.
package struct GradientRing {
  /// The end of the last gradient allocated; in the backward pass, of the gradients of the current operation's results.
  package var position = 0
  /// The start of the last gradient allocated.
  package private(set) var start = 0
  private var shapeKey: ShapeKey?
  /// The largest distance, the largest gradient, and the sum of all gradients of this pass, in floats.
  private var reach = 0
  private var largest = 0
  private var total = 0
  private var memory: UnsafeMutablePointer<Float>?
  private var size = 0
  /// The size of the ring for each shape key, in floats.
  private var sizes: [ShapeKey: Int] = [:]

  package init() {}

  /// Starts a pass. Without a key the pass has no ring and is not measured.
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

  /// Must be called when the current operation of the backward pass writes the gradient that starts here.
  package mutating func write(at start: Int) {
    reach = max(reach, position - start)
    precondition(memory == nil || reach <= size, "gradients \(reach) apart in a ring of \(size)")
  }

  /// Ends a pass, after its backward pass.
  package mutating func finish() {
    guard let shapeKey, memory == nil else { return }
    // Before the ring's end, less than the largest gradient stays unused. The sum of all gradients is always enough.
    sizes[shapeKey] = min(reach + largest, total)
  }
}
