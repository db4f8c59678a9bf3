import Autodiff
import Support

/// What mixes information along time: the part of a model whose memory is measured.
public protocol SequenceMixer: Sendable {
  /// All positions at once on a tape: x [batch, length, d_model] → [batch, length, d_model]. With `rows`, only
  /// their outputs [1, rows, d_model], and no work that only other outputs need.
  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor

  /// The same of a mixer that hands something of each token to later layers: `shared` [batch, length, channels] is
  /// nil before the first such layer. Other mixers leave it alone.
  func callAsFunction(
    _ x: Tensor, shared: inout Tensor?, rows: PositionSelection?, on tape: Tape
  ) -> Tensor

  /// Multiply-adds of the parallel form's forward pass over one sequence with these outputs, counted from the
  /// shapes, with causal halves counted once. Elementwise work other than the recurrence is left out.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int

  /// Floats that a training pass over one sequence with so many outputs needs at least: the larger activations
  /// with their gradients, and what the backward pass saves. In floating point, because it may be beyond any
  /// memory.
  func trainingFloats(length: Int, outputs: Int) -> Double
}

extension SequenceMixer {
  public func callAsFunction(
    _ x: Tensor, shared: inout Tensor?, rows: PositionSelection?, on tape: Tape
  ) -> Tensor {
    self(x, rows: rows, on: tape)
  }
}

/// A mixer with a recurrence. The recurrence is its specification, and what it carries from token to token is
/// the state that is counted.
public protocol RecurrentMixer: SequenceMixer {
  /// What the recurrence carries before the first token.
  func initialState() -> MixerState

  /// The paper's recurrence for one token, in Double: x [d_model] → [d_model], without dropout. The parallel
  /// form must equal it.
  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double]

  /// The same of a mixer that hands something of the token to later layers, as in the parallel form.
  func step(
    _ x: [Double], shared: inout [Double]?, state: inout MixerState, weights: ReferenceWeights
  ) -> [Double]

  /// Multiply-adds of one `step` that leaves a state of these sizes: every weight of a projection or
  /// convolution once, and the recurrence's own for each scalar carried.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int
}

extension RecurrentMixer {
  public func step(
    _ x: [Double], shared: inout [Double]?, state: inout MixerState, weights: ReferenceWeights
  ) -> [Double] {
    step(x, state: &state, weights: weights)
  }
}

/// Positions of a sequence whose outputs are wanted, as far as arithmetic depends on them.
public struct OutputPositions: Hashable, Sendable {
  public let count: Int
  /// Tokens that the outputs look at: the sum of position + 1.
  public let tokens: Int
  private let positions: Positions

  private enum Positions: Hashable, Sendable {
    case all
    case listed([Int])
  }

  /// Every position.
  public init(length: Int) {
    (count, tokens, positions) = (length, length * (length + 1) / 2, .all)
  }

  /// Where a label is not negative.
  public init(labels: some Sequence<Int32>) {
    self.init(listed: labels.enumerated().filter { $0.element >= 0 }.map(\.offset))
  }

  /// So many, evenly spread over a sequence from its start.
  public init(_ count: Int, spreadOver length: Int) {
    precondition((0...length).contains(count), "\(count) outputs in \(length) tokens")
    self.init(listed: Self.spread(count, over: length))
  }

  private init(listed: [Int]) {
    (count, positions) = (listed.count, .listed(listed))
    tokens = listed.reduce(0) { $0 + $1 + 1 }
  }

  /// The same if an output sees no more than the last `window` tokens.
  public func tokens(within window: Int) -> Int {
    switch positions {
    case .all:
      let growing = min(count, window)
      return growing * (growing + 1) / 2 + (count - growing) * window
    case .listed(let positions): return positions.reduce(0) { $0 + min($1 + 1, window) }
    }
  }

  /// Their positions.
  public static func spread(_ count: Int, over length: Int) -> [Int] {
    (0..<count).map { $0 * length / count }
  }
}
