import Kernels

/// Memory for the gradients of activations, used in a circle so that it stays in cache.
///
/// An activation's gradient lives, on the way back, from its last consumer to its producer. All gradients that
/// live at a time were handed out between the oldest of them and its last consumer's results; the largest such
/// distance, which the first pass of its kind shows, is what a circle must hold. Positions count floats as if
/// there were no circle.
package struct GradientRing {
  /// After the last gradient handed out; on the way back, after the results of the operation at work.
  package var position = 0
  /// Of the last gradient handed out.
  package private(set) var start = 0
  private var shapeKey: ShapeKey?
  /// The largest distance, the largest gradient and all together, of this pass.
  private var reach = 0
  private var largest = 0
  private var total = 0
  private var memory: UnsafeMutablePointer<Float>?
  private var size = 0
  /// Floats that the circle of each kind of pass needs.
  private var sizes: [ShapeKey: Int] = [:]

  package init() {}

  /// Before the first activation of a pass; without a key, of a pass that does not come again.
  package mutating func reset(shapeKey: ShapeKey?, in arena: Arena) {
    (self.shapeKey, position, start, reach, largest, total) = (shapeKey, 0, 0, 0, 0, 0)
    size = shapeKey.flatMap { sizes[$0] } ?? 0
    memory = size > 0 ? arena.allocate(size) : nil
  }

  package mutating func allocate(_ count: Int, in arena: Arena) -> UnsafeMutablePointer<Float> {
    let count = Kernels.wholeVectors(count)
    largest = max(largest, count)
    start = position
    guard let memory else {
      position += count
      total = position
      return arena.allocate(count)
    }
    precondition(count <= size, "a gradient of \(count) floats in a circle of \(size)")
    // Not around the end.
    if start % size + count > size { start += size - start % size }
    position = start + count
    return memory + start % size
  }

  /// An operation on the way back writes the gradient that was handed out here.
  package mutating func write(at start: Int) {
    reach = max(reach, position - start)
    precondition(memory == nil || reach <= size, "gradients \(reach) apart in a circle of \(size)")
  }

  /// After the way back.
  package mutating func finish() {
    guard let shapeKey, memory == nil else { return }
    // What may be left free at the end is less than the largest; and more than all together is never needed.
    sizes[shapeKey] = min(reach + largest, total)
  }
}
