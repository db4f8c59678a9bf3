import Kernels

extension DropoutRate {
  /// The plain twin of the C kernels' `dropout_factor`: the factor of element `counter` of the mask named by `key`.
  package func plainFactor(key: UInt32, counter: UInt32) -> Float {
    var h = counter &* 0x9E37_79B1
    h = (h ^ (h >> 15)) &+ key
    h = (h ^ (h >> 16)) &* 0x7FEB_352D
    h = (h ^ (h >> 15)) &* 0x846C_A68B
    h ^= h >> 16
    return h >= threshold ? scale : 0
  }
}

extension Kernels {
  package static func plainDropout(
    _ count: Int, _ rate: DropoutRate, key: UInt32, counter: UInt32, _ x: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, accumulates: Bool
  ) {
    for i in 0..<count {
      let kept =
        x[i] * rate.plainFactor(key: key, counter: counter &+ UInt32(truncatingIfNeeded: i))
      y[i] = accumulates ? y[i] + kept : kept
    }
  }

  package static func plainDropout(
    _ count: Int, _ rate: DropoutRate, key: UInt32, counter: UInt32,
    positions: UnsafePointer<Int32>, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<count {
      let number = counter &+ UInt32(truncatingIfNeeded: positions[i])
      y[i] = x[i] * rate.plainFactor(key: key, counter: number)
    }
  }
}
