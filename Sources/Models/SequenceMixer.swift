import Autodiff
import Support

/// What mixes information along time: the part of a model whose memory is measured.
public protocol SequenceMixer: Sendable {
  /// All positions at once on a tape: x [batch, length, d_model] → [batch, length, d_model]. With `rows`, only
  /// their outputs [1, rows, d_model], and no work that only other outputs need.
  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor

  /// Multiply-adds of the parallel form's forward pass over one sequence with these outputs, counted from the
  /// shapes, with causal halves counted once. Elementwise work other than the recurrence is left out.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int

  /// Floats that a training pass over one sequence with so many outputs needs at least: the larger activations
  /// with their gradients, and what the backward pass saves. In floating point, because it may be beyond any
  /// memory.
  func trainingFloats(length: Int, outputs: Int) -> Double
}

/// A mixer with a recurrence. The recurrence is its specification, and what it carries from token to token is
/// the state that is counted.
public protocol RecurrentMixer: SequenceMixer {
  /// What the recurrence carries before the first token.
  func initialState() -> MixerState

  /// The paper's recurrence for one token, in Double: x [d_model] → [d_model], without dropout. The parallel
  /// form must equal it.
  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double]

  /// Multiply-adds of one `step` that leaves a state of these sizes: every weight of a projection or
  /// convolution once, and the recurrence's own for each scalar carried.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int
}

/// Positions of a sequence whose outputs are wanted, as far as arithmetic depends on them.
public struct OutputPositions: Hashable, Sendable {
  public let count: Int
  /// Tokens that the outputs look at: the sum of position + 1.
  public let tokens: Int

  /// Every position.
  public init(length: Int) { (count, tokens) = (length, length * (length + 1) / 2) }

  /// Where a label is not negative.
  public init(labels: some Sequence<Int32>) {
    var (count, tokens) = (0, 0)
    for (position, label) in labels.enumerated() where label >= 0 {
      (count, tokens) = (count + 1, tokens + position + 1)
    }
    (self.count, self.tokens) = (count, tokens)
  }

  /// So many, evenly spread over a sequence from its start.
  public init(_ count: Int, spreadOver length: Int) {
    precondition((0...length).contains(count), "\(count) outputs in \(length) tokens")
    let positions = Self.spread(count, over: length)
    (self.count, tokens) = (count, positions.reduce(0) { $0 + $1 + 1 })
  }

  /// Their positions.
  public static func spread(_ count: Int, over length: Int) -> [Int] {
    (0..<count).map { $0 * length / count }
  }
}
