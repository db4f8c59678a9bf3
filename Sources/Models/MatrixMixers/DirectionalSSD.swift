import Autodiff
import Foundation
import Support

/// State-space duality from the first token to the last and back, with decay rates that both directions share.
struct DirectionalSSD: Sendable {
  let heads: Int
  /// P
  let headDimension: Int
  /// Heads of a group share B and C.
  let groups: Int
  /// N
  let states: Int
  let chunkLength: Int
  /// [heads]
  let dtBias: Parameter, aLog: Parameter

  /// The parameters' names start with `prefix`.
  init(
    heads: Int, headDimension: Int, groups: Int, states: Int, chunkLength: Int, prefix: String,
    in layout: ParameterLayout
  ) {
    (self.heads, self.headDimension, self.groups) = (heads, headDimension, groups)
    (self.states, self.chunkLength) = (states, chunkLength)
    dtBias = layout.add(prefix + "dt_bias", [heads], .dtBias)
    aLog = layout.add(prefix + "A_log", [heads], .zeros)
  }

  /// Channels of B, and of C.
  var width: Int { groups * states }
  private var inner: Int { heads * headDimension }

  /// What one direction reads and writes with: [batch or 1, length, groups · N], dt [batch, length, heads] before its
  /// bias and softplus, nil for 0.
  struct Operands {
    let b: Tensor, c: Tensor
    let dt: Tensor?
  }

  /// Both scans in one batch [2 batch, length, inner channels], the second from the last token to the first.
  func scan(
    _ x: Tensor, forward: Operands, backward: Operands, direct: Parameter?, on tape: Tape
  ) -> Tensor {
    let both = tape.bothDirections(x, x)
    let dt: Tensor =
      if let first = forward.dt, let second = backward.dt {
        tape.bothDirections(first, second)
      } else {
        tape.constant(0, channels: heads, like: both)
      }
    return tape.ssd(
      both, dt: dt, B: tape.bothDirections(forward.b, backward.b, batch: x.batch),
      C: tape.bothDirections(forward.c, backward.c, batch: x.batch), aLog: aLog, D: direct,
      dtBias: dtBias, headDimension: headDimension, groups: groups, chunkLength: chunkLength)
  }

  // MARK: - Counting

  /// The arithmetic of both scans.
  func multiplyAdds(length: Int) -> Int {
    let crossing = states * inner
    return 2
      * ChunkedArithmetic(perPair: width + inner, perRead: crossing, perWrite: crossing)
      .multiplyAdds(length: length, chunk: chunkLength)
  }

  /// x, B, C, dt and the results of both scans with their gradients; of each chunk C Bᵀ and the state at its start.
  func trainingFloats(length: Int) -> Double {
    let chunk = min(chunkLength, length)
    let states = Double((length - 1) / chunk) * Double(inner * states)
    let widths = 2 * inner + 2 * width + heads
    return 2 * (Double(length) * Double(2 * widths + groups * chunk) + states)
  }

  // MARK: - The specification

  /// One direction's operands in Double: b, c [length][groups · N], dt [length][heads].
  struct ReferenceOperands: Sendable {
    let b: [[Double]], c: [[Double]], dt: [[Double]]

    var reversed: ReferenceOperands {
      ReferenceOperands(b: b.reversed(), c: c.reversed(), dt: dt.reversed())
    }
  }

  /// The lower triangular matrix of one scan and head [length, length], which t reads after `delay` tokens:
  /// M_ts = C_τ · B_s Δ_s exp(A Σ_{s<j≤τ} Δ_j) for τ = t − delay ≥ s. The scan makes it, run on values of which each is 1
  /// at one token.
  private func lower(
    _ head: Int, _ x: ReferenceOperands, delay: Int, weights: ReferenceWeights
  ) -> [Double] {
    let length = x.b.count
    let first = head * groups / heads * states
    let channels = first..<first + states
    let scan = MixingMatrices.ofSteps(count: 1, width: 1, length: length) { _ in
      [Double](repeating: 0, count: length * states)
    } step: { _, token, values, state in
      TokenStep.ssd(
        values, dt: [x.dt[token][head]], B: Array(x.b[token][channels]),
        C: Array(x.c[token][channels]), aLog: [weights(aLog)[head]], D: [0],
        dtBias: [weights(dtBias)[head]], groups: 1, state: &state)
    }
    let above = [Double](repeating: 0, count: min(delay, length) * length)
    return above + scan[0].dropLast(above.count)
  }

  /// The matrices of both scans of a head: the forward one is lower triangular, the backward one upper triangular.
  func matrices(
    _ head: Int, forward: ReferenceOperands, backward: ReferenceOperands, delay: Int,
    weights: ReferenceWeights
  ) -> (lower: [Double], upper: [Double]) {
    (
      lower(head, forward, delay: delay, weights: weights),
      // Turned around in both directions, the matrix of the turned sequence.
      lower(head, backward.reversed, delay: delay, weights: weights).reversed()
    )
  }
}

/// Hydra's quasiseparable matrix: the sum of two scans, each read by the token after, and a diagonal of its own
/// δ_t = fc_D x_t + D for each head.
struct QuasiseparableMatrix: Sendable {
  let scans: DirectionalSSD
  /// [heads, inner channels]
  let diagonalProj: Parameter
  /// [heads]
  let diagonalBias: Parameter

  init(_ scans: DirectionalSSD, prefix: String, _ context: LayerContext, in layout: ParameterLayout)
  {
    self.scans = scans
    diagonalBias = layout.add(prefix + "D", [scans.heads], .ones)
    let inner = scans.heads * scans.headDimension
    let start = Initializer.uniform(bound: 1 / Double(inner).squareRoot())
    diagonalProj = layout.add(
      prefix + "fc_D.weight", [scans.heads, inner], context.linearStart(start), isMatrix: true)
  }

  /// M x
  func callAsFunction(
    _ x: Tensor, forward: DirectionalSSD.Operands, backward: DirectionalSSD.Operands,
    on tape: Tape
  ) -> Tensor {
    let diagonal = tape.linear(x, weight: diagonalProj, bias: diagonalBias)
    let both = scans.scan(x, forward: forward, backward: backward, direct: nil, on: tape)
    return tape.headProduct(
      x, factors: diagonal, adding: tape.joinDirections(both, delayed: true))
  }

  /// A multiply-add of the diagonal's product for each channel.
  func multiplyAdds(length: Int) -> Int {
    scans.multiplyAdds(length: length)
      + length * (diagonalProj.count + scans.heads * scans.headDimension)
  }

  /// Beside the scans, the diagonal and their sum with their gradients.
  func trainingFloats(length: Int) -> Double {
    scans.trainingFloats(length: length)
      + Double(length) * Double(2 * (scans.heads + scans.heads * scans.headDimension))
  }

  /// M of every head, x [length][inner channels].
  func matrices(
    _ x: [[Double]], forward: DirectionalSSD.ReferenceOperands,
    backward: DirectionalSSD.ReferenceOperands, weights: ReferenceWeights
  ) -> MixingMatrices {
    let diagonals = x.map {
      TokenStep.linear($0, weight: weights(diagonalProj), bias: weights(diagonalBias))
    }
    let length = x.count
    return MixingMatrices(
      of: .head, count: scans.heads, width: scans.headDimension, length: length
    ) { head in
      let parts = scans.matrices(
        head, forward: forward, backward: backward, delay: 1, weights: weights)
      var m = zip(parts.lower, parts.upper).map(+)
      for t in 0..<length { m[t * length + t] = diagonals[t][head] }
      return m
    }
  }
}
