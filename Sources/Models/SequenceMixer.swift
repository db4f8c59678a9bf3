import Autodiff
import Support

/// The part of a layer that moves information from token to token, such as attention or a recurrence.
public protocol SequenceMixer: Sendable {
  /// The parallel form, on a tape: x [batch, length, d_model] → [batch, length, d_model]. With `rows`, it returns
  /// only the outputs of these rows [1, rows, d_model] and leaves out work that other outputs alone need.
  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor

  /// The same for a mixer that passes something of each token to later layers: `shared` [batch, length, channels],
  /// which is nil before the first such layer. Other mixers do not change it.
  func callAsFunction(
    _ x: Tensor, shared: inout Tensor?, rows: PositionSelection?, on tape: Tape
  ) -> Tensor

  /// Multiply-adds of the parallel form's forward pass over one sequence with these outputs, counted from the shapes.
  /// Of causal products only the half that is needed counts. Elementwise work other than the recurrence is left out.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int

  /// The least number of floats that a training pass over one sequence with so many outputs needs: the larger
  /// activations with their gradients, and what is saved for the backward pass. It is a `Double`, because it may
  /// exceed any memory.
  func trainingFloats(length: Int, outputs: Int) -> Double
}

extension SequenceMixer {
  public func callAsFunction(
    _ x: Tensor, shared: inout Tensor?, rows: PositionSelection?, on tape: Tape
  ) -> Tensor {
    self(x, rows: rows, on: tape)
  }
}

/// A mixer with a recurrence. The recurrence is the mixer's specification; the state that it carries from token to
/// token is what `recall` counts.
public protocol RecurrentMixer: SequenceMixer {
  /// Scalars of each part of the state before the first token. All of them are 0.
  var initialSizes: KeyValuePairs<StatePart, Int> { get }

  /// The paper's recurrence for one token in Double, without dropout: x [d_model] → [d_model]. Tests compare the
  /// parallel form with it.
  func step(_ x: [Double], state: inout MixerState, weights: ReferenceWeights) -> [Double]

  /// The same for a mixer that passes something of the token to later layers, as in the parallel form.
  func step(
    _ x: [Double], shared: inout [Double]?, state: inout MixerState, weights: ReferenceWeights
  ) -> [Double]

  /// Multiply-adds of one `step`: one for every weight of a projection or convolution, and those of the recurrence.
  /// `sizes` are the sizes of the state after the step.
  func stepMultiplyAdds(leaving sizes: [StatePart: Int]) -> Int
}

extension RecurrentMixer {
  /// The state before the first token.
  public func initialState() -> MixerState { MixerState(zeros: initialSizes) }

  public func step(
    _ x: [Double], shared: inout [Double]?, state: inout MixerState, weights: ReferenceWeights
  ) -> [Double] {
    step(x, state: &state, weights: weights)
  }
}

/// The positions of a sequence whose outputs are wanted. The arithmetic depends on them.
public struct OutputPositions: Hashable, Sendable {
  /// How many positions have outputs.
  public let count: Int
  /// Sum over the outputs of the tokens that each sees: position + 1.
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

  /// The positions whose label is not negative.
  public init(labels: some Sequence<Int32>) {
    self.init(listed: labels.enumerated().filter { $0.element >= 0 }.map(\.offset))
  }

  /// `count` positions, evenly spread over a sequence of `length` tokens.
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

  /// `count` positions from 0, evenly spread over `length` tokens.
  public static func spread(_ count: Int, over length: Int) -> [Int] {
    (0..<count).map { $0 * length / count }
  }
}
