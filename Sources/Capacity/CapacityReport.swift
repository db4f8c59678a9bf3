import Foundation
import Models
import RecallTasks
import Support

/// Everything that is counted of one model at one task. Its encoding is what `recall capacity --json` prints.
public struct CapacityReport: Encodable, Sendable {
  public struct State: Encodable, Sendable {
    /// Scalars of the state after the whole sequence.
    public let scalars: Int
    public let parts: [String: Int]
    /// The keys of `parts` in their order, with their names in text.
    package let titles: [(key: String, title: String)]
    public let bytes: [String: Int]
    /// Scalars that the next token adds.
    public let growthPerToken: Int
    /// The scalars after several numbers of tokens, and the reference's.
    public let byLength: [Length]

    public struct Length: Encodable, Sendable {
      public let tokens, scalars, reference: Int
    }

    enum CodingKeys: String, CodingKey {
      case scalars, parts, bytes
      case growthPerToken = "growth_per_token"
      case byLength = "by_length"
    }
  }

  /// The model that is counted.
  public let model: ModelConfiguration
  /// The task, which gives the length and the required information.
  public let task: TaskConfiguration
  /// The model that ratios are relative to.
  public let reference: ModelConfiguration
  /// nil for a model with a layer that has no recurrence, such as one that reads in both directions.
  public let state: State?
  /// The ratio to the reference's state, by the convention's name in records; empty without a state.
  public let relative: [String: Double]
  /// nil for long sequences, and for mixers without a mixing matrix.
  public let rank: StructuralRank?
  /// Trained scalars.
  public let parameters: Int
  /// Multiply-adds a token: train, forward and backward; decode, one step at the last token.
  public let multiplyAddsPerToken: [String: Double]
  /// Two for each multiply-add.
  public let flopsPerToken: [String: Double]
  /// Bytes saved for the backward pass of one sequence; nil if measuring them would take too long.
  public let activationBytes: Int?
  /// The information needed for the whole map: log₂ of the number of key → value maps.
  public let requiredBits: Double
  /// The information needed to answer all queries, which name their keys: bits of the values alone.
  public let requiredValueBits: Double
  /// `requiredBits` for each scalar of the state; nil without a state, and for one of no scalars.
  public let bitsPerScalar: Double?
  /// Fano's bound at `assumedBitsPerScalar`; nil without a state.
  public let accuracyBound: Double?
  /// Bits of a scalar of state, as floats have them.
  public let assumedBitsPerScalar: Double
  /// The bound at powers of two up to 32 bits a scalar; empty without a state.
  public let accuracyBounds: [Bound]
  /// Whether the state is too small to answer all queries, even with 32 bits in each scalar.
  public let isTooSmall: Bool

  public struct Bound: Encodable, Sendable {
    public let bits, accuracy: Double

    enum CodingKeys: String, CodingKey {
      case bits = "bits_per_scalar"
      case accuracy
    }
  }

  enum CodingKeys: String, CodingKey {
    case model, task, reference, state, relative, rank, parameters
    case multiplyAddsPerToken = "multiply_adds_per_token"
    case flopsPerToken = "flops_per_token"
    case activationBytes = "activation_bytes"
    case requiredBits = "demand_bits"
    case requiredValueBits = "needed_bits"
    case bitsPerScalar = "bits_per_scalar"
    case accuracyBound = "accuracy_bound"
    case assumedBitsPerScalar = "accuracy_bound_bits_per_scalar"
    case accuracyBounds = "accuracy_bounds"
    case isTooSmall = "too_small_at_32_bits"
  }

  /// A model without vocabulary or length takes the task's. Throws `SettingsError`.
  public init(
    _ model: ModelConfiguration, task: MQAR, reference: ModelConfiguration,
    bitsPerScalar assumed: Double = 32
  ) throws {
    try task.validate()
    guard assumed > 0, assumed.isFinite else {
      throw SettingsError("bits_per_scalar", assumed, allowed: "a number above 0")
    }
    let length = task.sequenceLength
    let model = try model.fitted(to: task)
    let cost = try ModelCost(model, length: length, labelled: task.pairCount)
    let bound = RecallBound(task)
    let isRecurrent = model.hasRecurrence
    state = isRecurrent ? try State(model, reference: reference, length: length) : nil
    let scalars = state.map { Double($0.scalars) }
    func accuracy(_ bits: Double) -> Double? {
      scalars.map { bound.accuracy(bits: bits * $0) }
    }

    self.model = model
    self.task = TaskConfiguration(task)
    self.reference = reference
    relative = try Dictionary(
      uniqueKeysWithValues: (isRecurrent ? CapacityConvention.allCases : []).map {
        ($0.recordName, try $0.ratio(of: model, to: reference, length: length))
      })
    rank = StructuralRank(model, length: length)
    parameters = cost.parameters
    let perToken = ["train": cost.trainMultiplyAdds, "decode": cost.decodeMultiplyAdds]
      .compactMapValues(\.self)
    multiplyAddsPerToken = perToken
    flopsPerToken = perToken.mapValues { 2 * $0 }
    activationBytes = try ActivationMemory.bytes(model, length: length, labelled: task.pairCount)
    requiredBits = task.requiredBits
    requiredValueBits = bound.bits
    // A window of one token carries nothing.
    bitsPerScalar = scalars.flatMap { $0 > 0 ? task.requiredBits / $0 : nil }
    (accuracyBound, assumedBitsPerScalar) = (accuracy(assumed), assumed)
    // The smallest is a sixteenth of what the values need; there the bound is still below 1.
    let least =
      scalars.map { $0 > 0 ? min(-5, Int(log2(bound.bits / $0).rounded(.up)) - 4) : 5 } ?? 0
    accuracyBounds = (least...5).compactMap { exponent in
      accuracy(exp2(Double(exponent))).map { Bound(bits: exp2(Double(exponent)), accuracy: $0) }
    }
    isTooSmall = scalars.map { bound.bits > 32 * $0 } ?? false
  }
}

extension CapacityReport.State {
  init(_ model: ModelConfiguration, reference: ModelConfiguration, length: Int) throws {
    let lengths = [length / 4, length / 2, length, 2 * length, 4 * length].filter { $0 > 0 }
    let longest = lengths.last! + 1
    let measurement = try StateMeasurement(model, longest: longest)
    let other = try StateMeasurement(reference, longest: longest)
    let count = measurement.after(tokens: length)
    scalars = count.scalars
    parts = Dictionary(uniqueKeysWithValues: count.parts.map { ($0.key, count[$0]) })
    titles = count.parts.map { ($0.key, $0.title) }
    bytes = ["fp32": 4 * count.scalars, "bf16": 2 * count.scalars]
    growthPerToken = measurement.growth(after: length)
    byLength = lengths.map {
      Length(
        tokens: $0, scalars: measurement.after(tokens: $0).scalars,
        reference: other.after(tokens: $0).scalars)
    }
  }
}

extension ModelConfiguration {
  /// The model with the task's vocabulary and length where its own are 0. Throws if its own are too small.
  public func fitted(to task: MQAR) throws(SettingsError) -> ModelConfiguration {
    var model = self
    for (path, key, needed) in [
      (\ModelShape.vocabularySize, "vocab_size", task.vocabularySize),
      (\ModelShape.maximumLength, "max_length", task.sequenceLength),
    ] {
      let value = shape[keyPath: path]
      guard value == 0 || value >= needed else {
        throw SettingsError(key, value, allowed: "at least the task's, \(needed)")
      }
      if value == 0 { model.shape[keyPath: path] = needed }
    }
    return model
  }
}
