import Autodiff
import Support

/// What mixes information along time: the part of a model whose memory is measured.
public protocol SequenceMixer: Sendable {
  /// All positions at once on a tape: x [batch, time, d_model] → [batch, time, d_model]; with `rows`, only
  /// their outputs, [1, rows, d_model], and no work for the others that their outputs alone need.
  func callAsFunction(_ x: Tensor, rows: PositionSelection?, on tape: Tape) -> Tensor

  /// Multiply-adds of the parallel form's forward pass over one sequence with these outputs, counted from the
  /// shapes, with causal halves counted once. Elementwise work other than the recurrence is left out.
  func multiplyAdds(length: Int, outputs: OutputPositions) -> Int

  /// Floats that a training pass over one sequence with so many outputs needs at least: the larger activations
  /// with their gradients, and what the backward pass keeps. In floating point, because it may be beyond any
  /// memory.
  func trainingFloats(length: Int, outputs: Int) -> Double

  /// Multiply-adds of one `step` that leaves this state behind: every weight of a projection or
  /// convolution once, and the recurrence's own for each scalar carried.
  func stepMultiplyAdds(leaving state: MixerState) -> Int

  /// What the recurrence carries before the first token.
  func initialState() -> MixerState

  /// The paper's recurrence for one token, in plain loops: x [d_model] → [d_model].
  /// This is the specification: the parallel form must equal it. Dropout is off.
  func step(_ x: [Double], state: inout MixerState, weights: Weights) -> [Double]
}

/// Positions of a sequence whose outputs are wanted, as far as arithmetic depends on them.
public struct OutputPositions: Hashable, Sendable {
  public let count: Int
  /// Tokens that they look back on, each of them at itself too: the sum of position + 1.
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

/// What a mixer carries from token to token. Its size is counted, never declared.
public struct MixerState: Sendable {
  /// Keys and values of all tokens so far.
  public var keyValueCache: [Double] = []
  /// The recurrent state of a state-space model.
  public var stateSpace: [Double] = []
  /// The last inputs of short convolutions.
  public var convolution: [Double] = []

  public init() {}

  public var scalars: Int { keyValueCache.count + stateSpace.count + convolution.count }
}

/// The settings of a mixer: what a user writes under `model:` besides the shared keys.
public protocol MixerConfiguration: Settings {
  /// Its name in YAML (`kind:`).
  static var kind: String { get }
  /// Its name in text.
  static var name: String { get }
  /// The residual block around it.
  static var block: BlockKind { get }
  /// What tells positions apart; nil for a mixer that takes nothing of the kind.
  var positions: PositionEmbedding? { get }
  /// Standard deviation of the word embeddings at first.
  var embeddingDeviation: Double { get }
  /// Dropout on the embeddings while training.
  var embeddingDropout: Double { get }

  /// Throws what a given model dimension does not allow.
  func validate(modelDimension: Int) throws(SettingsError)

  /// Declares the parameters of one layer under `prefix`, which ends with a dot.
  func mixer(_ place: MixerPlace, in layout: ParameterLayout) -> any SequenceMixer
}

extension MixerConfiguration {
  public func validate() throws(SettingsError) {}

  public var positions: PositionEmbedding? { nil }
  public var embeddingDeviation: Double { 0.02 }
  public var embeddingDropout: Double { 0 }
}

/// Where a mixer stands in a model.
public struct MixerPlace: Sendable {
  public let modelDimension: Int
  public let layers: Int
  /// Start of its parameters' names, with the final dot.
  public let prefix: String
}

/// The residual block around a mixer, as the published models have it.
public enum BlockKind: Sendable {
  /// Zoology's Transformer block with an identity state mixer, learned positions, LayerNorm.
  case transformer
  /// Mamba's block: RMSNorm, no MLP, no positions.
  case stateSpace
}

/// Parameter values in double precision, for `step`.
public struct Weights: Sendable {
  private let values: [Double]

  public init(_ buffer: ParameterBuffer) {
    values = UnsafeBufferPointer(start: buffer.values, count: buffer.count).map(Double.init)
  }

  /// The elements of a parameter, row major.
  public func callAsFunction(_ parameter: Parameter) -> ArraySlice<Double> {
    values[parameter.offset..<(parameter.offset + parameter.count)]
  }
}
