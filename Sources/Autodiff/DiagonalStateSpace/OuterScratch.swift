import Kernels

/// Sixteen heads of one example, entry by entry, each [length, 16] with zeros in columns without a head.
struct OuterScratch {
  private let length: Int, width: Int
  private let block = Fourier.channels
  /// q, k, v, then their gradients [6, P, length, 16].
  private let entries: UnsafeMutablePointer<Float>
  let products: UnsafeMutablePointer<Float>  // k_e v_f
  let y: UnsafeMutablePointer<Float>
  let sum: UnsafeMutablePointer<Float>  // forward
  var dy: UnsafeMutablePointer<Float> { sum }  // backward
  let response: UnsafeMutablePointer<Float>
  let responseGradient: UnsafeMutablePointer<Float>
  let transform: UnsafeMutablePointer<Float>
  let gradient: UnsafeMutablePointer<Float>

  init(_ length: Int, _ width: Int, _ fourier: Fourier, _ arena: Arena) {
    (self.length, self.width) = (length, width)
    let size = length * Fourier.channels
    entries = arena.allocate(6 * width * size)
    (products, y, sum) = (arena.allocate(size), arena.allocate(size), arena.allocate(size))
    response = arena.allocate(fourier.transformSize)
    responseGradient = arena.allocate(fourier.transformSize)
    transform = arena.allocate(fourier.transformSize)
    gradient = arena.allocate(fourier.transformSize)
  }

  private func entry(_ kind: Int, _ index: Int) -> UnsafeMutablePointer<Float> {
    entries + (kind * width + index) * length * block
  }
  func q(_ e: Int) -> UnsafeMutablePointer<Float> { entry(0, e) }
  func k(_ e: Int) -> UnsafeMutablePointer<Float> { entry(1, e) }
  func v(_ e: Int) -> UnsafeMutablePointer<Float> { entry(2, e) }
  func dq(_ e: Int) -> UnsafeMutablePointer<Float> { entry(3, e) }
  func dk(_ e: Int) -> UnsafeMutablePointer<Float> { entry(4, e) }
  func dv(_ e: Int) -> UnsafeMutablePointer<Float> { entry(5, e) }

  func clearGradients() { entry(3, 0).update(repeating: 0, count: 3 * width * length * block) }

  /// Every `step`th channel from `column` on, of so many heads.
  func read(
    _ x: Tensor, _ row: Int, _ column: Int, _ step: Int, _ count: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    read(x.valueRows.block(row, column: column), step, count, into: target)
  }

  func readGradient(
    _ x: Tensor, _ row: Int, _ column: Int, _ count: Int, into target: UnsafeMutablePointer<Float>
  ) {
    read(x.gradientRows.block(row, column: column), 1, count, into: target)
  }

  private func read(
    _ rows: Rows, _ step: Int, _ count: Int, into target: UnsafeMutablePointer<Float>
  ) {
    for t in 0..<length {
      let (from, to) = (rows.values + t * rows.stride, target + t * block)
      for head in 0..<count { to[head] = from[head * step] }
      for head in count..<block { to[head] = 0 }
    }
  }

  func write(
    _ x: UnsafeMutablePointer<Float>, _ count: Int, to target: GradientRows, step: Int
  ) {
    for t in 0..<length {
      let (from, to) = (x + t * block, target.rows.values + t * target.rows.stride)
      if target.accumulates {
        for head in 0..<count { to[head * step] += from[head] }
      } else {
        for head in 0..<count { to[head * step] = from[head] }
      }
    }
  }

  func product(
    _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>,
    into target: UnsafeMutablePointer<Float>
  ) {
    Kernels.multiplyRows(
      1, length * block, Rows(a, stride: 0), Rows(b, stride: 0), into: Rows(target, stride: 0))
  }

  func addProduct(
    _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>,
    to target: UnsafeMutablePointer<Float>
  ) {
    Kernels.multiplyRows(
      1, length * block, Rows(a, stride: 0), Rows(b, stride: 0), into: Rows(target, stride: 0),
      accumulate: true)
  }

  /// y = κ ∗ (k_e v_f) + D k_e v_f; `transform` is that of the product.
  func respond(
    _ e: Int, _ f: Int, _ count: Int, _ direct: UnsafePointer<Float>, _ fourier: Fourier
  ) {
    product(k(e), v(f), into: products)
    fourier.transform(length, block, Rows(products, stride: block), into: transform)
    fourier.multiply(transform, response, into: gradient)
    y.update(from: products, count: length * block)
    scale(y, by: direct, count)
    fourier.transformBack(
      length, block, gradient, into: GradientRows(Rows(y, stride: block), accumulates: true))
  }

  /// Multiplies by one factor a head.
  func scale(_ x: UnsafeMutablePointer<Float>, by factors: UnsafePointer<Float>, _ count: Int) {
    for t in 0..<length { for head in 0..<count { x[t * block + head] *= factors[head] } }
  }

  /// dD = Σ dy_ef k_e v_f, with dy_ef in `y`.
  func addDGradient(_ count: Int, to target: UnsafeMutablePointer<Float>) {
    for head in 0..<count {
      var sum: Float = 0
      for t in 0..<length { sum += y[t * block + head] * products[t * block + head] }
      target[head] += sum
    }
  }
}
