import CKernels

/// The decay of one head within one chunk: six rows of `padded` floats, one number per step.
public struct DecayTable {
  fileprivate let table: recall_decay_table

  /// Floats of a table with rows of `padded` floats.
  public static func size(padded: Int) -> Int { Int(RECALL_DECAY_ROWS) * padded }

  /// The row length of tables and square blocks for a chunk: its length rounded up to whole vectors.
  public static func padded(_ length: Int) -> Int { Kernels.wholeVectors(length) }

  @inline(__always)
  public init(_ values: UnsafeMutablePointer<Float>, length: Int, padded: Int) {
    precondition(
      length >= 0 && padded >= length && padded % 16 == 0,
      "a chunk of \(length) steps in rows of \(padded)")
    table = recall_decay_table_at(values, length, padded)
  }

  public var length: Int { table.length }
  /// The weight of each step when it enters the state: dt.
  package var dt: UnsafeMutablePointer<Float> { table.dt }
  /// exp(a), with a the cumulative log-decay from the chunk's start.
  public var fromStart: UnsafeMutablePointer<Float> { table.from_start }
  /// exp(a_last − a).
  package var toEnd: UnsafeMutablePointer<Float> { table.to_end }
  /// exp(a_last − a) · dt: the weight of each step in the state after the chunk.
  public var stateWeight: UnsafeMutablePointer<Float> { table.state_weight }
  /// exp(a_last): the weight of the state before the chunk in the state after it.
  public var chunkDecay: UnsafeMutablePointer<Float> { fromStart + (length - 1) }
}

/// One head's dt before its bias and softplus in one chunk, `stride` apart.
public struct RawDt {
  fileprivate let steps: recall_time_steps

  /// `rate` is A = −exp(aLog).
  @inline(__always)
  public init(_ values: UnsafePointer<Float>, stride: Int, bias: Float, rate: Float) {
    precondition(stride > 0, "rows of dt \(stride) apart")
    steps = recall_time_steps(raw: values, stride: stride, bias: bias, rate: rate)
  }
}

/// One head's log-decays in one chunk, `stride` apart: 0 if all steps decay alike. Every step has the same weight.
public struct GivenDecay {
  fileprivate let decays: recall_log_decays

  @inline(__always)
  public init(_ values: UnsafePointer<Float>, stride: Int, weight: Float) {
    precondition(stride >= 0, "log-decays \(stride) apart")
    decays = recall_log_decays(values: values, stride: stride, weight: weight)
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
  /// Fills the table: dt = softplus(raw + bias), a = the cumulative sum of rate · dt.
  @inline(__always)
  public static func fill(_ table: DecayTable, from raw: RawDt) {
    withUnsafePointer(to: table.table) { table in
      withUnsafePointer(to: raw.steps) { recall_ssd_decay(table, $0) }
    }
  }

  /// Fills the table: dt = the weight, a = the cumulative sum of the log-decays.
  @inline(__always)
  public static func fill(_ table: DecayTable, from given: GivenDecay) {
    withUnsafePointer(to: table.table) { table in
      withUnsafePointer(to: given.decays) { recall_ssd_given_decay(table, $0) }
    }
  }

  /// mask_ij = scores_ij exp(a_i − a_j) dt_j below and on the diagonal, which also gets `d`; 0 above. Both
  /// [length, padded].
  @inline(__always)
  public static func ssdMask(
    _ table: DecayTable, scores: UnsafePointer<Float>, d: Float,
    into mask: UnsafeMutablePointer<Float>
  ) { withUnsafePointer(to: table.table) { recall_ssd_mask($0, scores, d, mask) } }

  /// decayed_ij = scores_ij exp(a_i − a_j), and the gradient of the scores from that of the mask; all
  /// [length, padded].
  @inline(__always)
  public static func ssdMaskBackward(
    _ table: DecayTable, scores: UnsafePointer<Float>, maskGradient: UnsafePointer<Float>,
    decayed: UnsafeMutablePointer<Float>, scoresGradient: UnsafeMutablePointer<Float>,
    accumulates: Bool
  ) {
    withUnsafePointer(to: table.table) {
      recall_ssd_mask_backward(
        $0, scores, maskGradient, decayed, scoresGradient, accumulates ? 1 : 0)
    }
  }

  /// The gradient of x from that of dt x, which is `direct` + exp(a_last − a) `fromState`, both [length, columns], and
  /// the gradients of dt (through dt x) and of a [length]. Returns the gradient of `d`.
  @inline(__always)
  public static func ssdRowsBackward(
    _ table: DecayTable, _ rows: HeadRows, d: Float, direct: UnsafePointer<Float>,
    fromState: UnsafePointer<Float>?, scratchStride: Int, accumulates: Bool,
    dtGradient: UnsafeMutablePointer<Float>, aGradient: UnsafeMutablePointer<Float>
  ) -> Double {
    checkRows(
      table.length, rows.columns, stride: min(rows.xStride, rows.yStride, scratchStride))
    let rows = recall_ssd_rows(
      columns: rows.columns, x: rows.x, dx: rows.xGradient, x_stride: rows.xStride, y: rows.y,
      dy: rows.yGradient, y_stride: rows.yStride, d: d, direct: direct,
      from_state: fromState, scratch_stride: scratchStride, adds_dx: accumulates ? 1 : 0,
      dt_gradient: dtGradient, a_gradient: aGradient)
    return withUnsafePointer(to: table.table) { table in
      withUnsafePointer(to: rows) { recall_ssd_rows_backward(table, $0) }
    }
  }

  /// The gradients of the raw time steps, their bias and aLog, from those of dt and a [length]. `lastGradient` is the
  /// gradient of a_last from the state after the chunk.
  @inline(__always)
  public static func ssdDecayBackward(
    _ table: DecayTable, _ raw: RawDt, dtGradient: UnsafePointer<Float>,
    aGradient: UnsafePointer<Float>, lastGradient: Double,
    into gradient: UnsafeMutablePointer<Float>, accumulates: Bool,
    biasGradient: UnsafeMutablePointer<Float>, aLogGradient: UnsafeMutablePointer<Float>
  ) {
    let gradients = recall_decay_gradients(
      dt_gradient: dtGradient, a_gradient: aGradient, last_gradient: lastGradient, raw: gradient,
      adds_raw: accumulates ? 1 : 0, bias: biasGradient, log_rate: aLogGradient)
    withUnsafePointer(to: table.table) { table in
      withUnsafePointer(to: raw.steps) { steps in
        withUnsafePointer(to: gradients) { recall_ssd_decay_backward(table, steps, $0) }
      }
    }
  }
  /// The gradients of log-decays that were given, from that of a [length], `stride` apart in `gradient`.
  /// `lastGradient` is the gradient of a_last from the state after the chunk.
  @inline(__always)
  public static func givenDecayBackward(
    _ length: Int, aGradient: UnsafePointer<Float>, lastGradient: Double,
    into gradient: UnsafeMutablePointer<Float>, stride: Int, accumulates: Bool
  ) {
    precondition(length >= 0 && stride > 0, "\(length) log-decays \(stride) apart")
    var gradients = recall_log_decay_gradients(
      a_gradient: aGradient, last_gradient: lastGradient, target: gradient, stride: stride,
      adds: accumulates ? 1 : 0)
    recall_ssd_given_decay_backward(length, &gradients)
  }
}
