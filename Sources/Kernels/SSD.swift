import CKernels

/// What the decay of one head does within one chunk: six rows of `padded` floats.
public struct DecayTable {
  public static let rows = 6
  public let values: UnsafeMutablePointer<Float>
  public let length: Int
  public let padded: Int

  /// A chunk's row length in tables and square blocks: whole vectors.
  public static func padded(_ length: Int) -> Int { Kernels.wholeVectors(length) }

  @inline(__always)
  public init(_ values: UnsafeMutablePointer<Float>, length: Int, padded: Int) {
    (self.values, self.length, self.padded) = (values, length, padded)
  }

  /// dt = softplus(raw + bias).
  public var timeStep: UnsafeMutablePointer<Float> { values }
  /// exp(a), with a the cumulative log-decay from the chunk's start; rows 1 and 2 are a itself, high and low part.
  public var fromStart: UnsafeMutablePointer<Float> { values + 3 * padded }
  /// exp(a_last − a) · dt: the weight of each step in the state after the chunk.
  public var stateWeight: UnsafeMutablePointer<Float> { values + 5 * padded }
  /// exp(a_last): the weight of the state before the chunk in the state after it.
  public var whole: UnsafeMutablePointer<Float> { fromStart + (length - 1) }
}

/// One head's raw time steps in one chunk, `stride` apart.
public struct RawTimeSteps {
  public let values: UnsafePointer<Float>
  public let stride: Int
  public let bias: Float
  /// −exp(aLog).
  public let rate: Float

  @inline(__always)
  public init(_ values: UnsafePointer<Float>, stride: Int, bias: Float, rate: Float) {
    (self.values, self.stride, self.bias, self.rate) = (values, stride, bias, rate)
  }
}

/// Values and gradients of one head's inputs and output in one chunk, [length, columns].
public struct HeadRows {
  public let x: UnsafePointer<Float>
  public let xGradient: UnsafeMutablePointer<Float>
  public let xStride: Int
  public let y: UnsafePointer<Float>
  public let yGradient: UnsafePointer<Float>
  public let yStride: Int
  public let columns: Int

  @inline(__always)
  public init(
    x: UnsafePointer<Float>, xGradient: UnsafeMutablePointer<Float>, xStride: Int,
    y: UnsafePointer<Float>, yGradient: UnsafePointer<Float>, yStride: Int, columns: Int
  ) {
    (self.x, self.xGradient, self.xStride) = (x, xGradient, xStride)
    (self.y, self.yGradient, self.yStride, self.columns) = (y, yGradient, yStride, columns)
  }
}

extension Kernels {
  /// y = log(1 + exp x), within 4 ulp.
  @inline(__always)
  public static func softplus(
    _ count: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) { recall_softplus(count, x, y) }

  /// y row i = factors[i · factorStride] · x row i.
  @inline(__always)
  public static func scaleRows(
    _ rows: Int, _ columns: Int, _ factors: UnsafePointer<Float>, factorStride: Int = 1,
    _ x: UnsafePointer<Float>, _ xStride: Int, into y: UnsafeMutablePointer<Float>, _ yStride: Int
  ) { recall_scale_rows(rows, columns, factors, factorStride, x, xStride, y, yStride) }

  /// Σ x ⊙ y over [rows, columns].
  @inline(__always)
  public static func dot(
    _ rows: Int, _ columns: Int, _ x: UnsafePointer<Float>, _ xStride: Int,
    _ y: UnsafePointer<Float>, _ yStride: Int
  ) -> Double { recall_dot_block(rows, columns, x, xStride, y, yStride) }

  @inline(__always)
  public static func fill(_ table: DecayTable, from raw: RawTimeSteps) {
    recall_ssd_decay(
      table.length, table.padded, raw.values, raw.stride, raw.bias, raw.rate, table.values)
  }

  /// mask_ij = scores_ij exp(a_i − a_j) dt_j below and on the diagonal, which also gets `skip`; 0 above.
  @inline(__always)
  public static func ssdMask(
    _ table: DecayTable, scores: UnsafePointer<Float>, skip: Float,
    into mask: UnsafeMutablePointer<Float>
  ) { recall_ssd_mask(table.length, table.padded, scores, table.values, skip, mask) }

  /// decayed_ij = scores_ij exp(a_i − a_j), and the mask's gradient taken back to the scores.
  @inline(__always)
  public static func ssdMaskBackward(
    _ table: DecayTable, scores: UnsafePointer<Float>, maskGradient: UnsafePointer<Float>,
    decayed: UnsafeMutablePointer<Float>, scoresGradient: UnsafeMutablePointer<Float>,
    accumulate: Bool
  ) {
    recall_ssd_mask_backward(
      table.length, table.padded, scores, table.values, maskGradient, decayed, scoresGradient,
      accumulate ? 1 : 0)
  }

  /// Gradient of x from that of dt x, which is `direct` + exp(a_last − a) `fromState`; per step, gradients
  /// of dt (through dt x) and of a. Returns the gradient of `skip`.
  @inline(__always)
  public static func ssdRowsBackward(
    _ table: DecayTable, _ rows: HeadRows, skip: Float, direct: UnsafePointer<Float>,
    fromState: UnsafePointer<Float>?, scratchStride: Int, accumulate: Bool,
    timeStepGradient: UnsafeMutablePointer<Float>, decayGradient: UnsafeMutablePointer<Float>
  ) -> Double {
    recall_ssd_rows_backward(
      table.length, rows.columns, table.padded, table.values, skip, direct, fromState,
      scratchStride, rows.x, rows.xStride, rows.y, rows.yGradient, rows.yStride, rows.xGradient,
      rows.xStride, accumulate ? 1 : 0, timeStepGradient, decayGradient)
  }

  /// Takes the gradients of dt and a back to the raw time steps, the bias and log(−rate).
  @inline(__always)
  public static func ssdDecayBackward(
    _ table: DecayTable, _ raw: RawTimeSteps, timeStepGradient: UnsafePointer<Float>,
    decayGradient: UnsafePointer<Float>, wholeGradient: Double,
    into gradient: UnsafeMutablePointer<Float>, accumulate: Bool,
    biasGradient: UnsafeMutablePointer<Float>, rateGradient: UnsafeMutablePointer<Float>
  ) {
    recall_ssd_decay_backward(
      table.length, raw.values, raw.stride, raw.bias, raw.rate, table.values, timeStepGradient,
      decayGradient, wholeGradient, gradient, raw.stride, accumulate ? 1 : 0, biasGradient,
      rateGradient)
  }
}
