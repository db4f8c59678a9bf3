import Configuration
import Foundation
import Mixers
import RecallTasks

/// Everything that is counted of one model at one task; its encoding is `recall capacity --json`.
public struct CapacityReport: Encodable, Sendable {
  public struct State: Encodable, Sendable {
    public let scalars: Int
    public let parts: [String: Int]
    /// Scalars that each further token adds.
    public let growthPerToken: Int
    public let bytes: [String: Int]

    enum CodingKeys: String, CodingKey {
      case scalars, parts, bytes
      case growthPerToken = "growth_per_token"
    }
  }

  public let model: [String: SettingValue]
  public let sequenceLength: Int
  public let state: State
  /// Fractions of the reference attention's state by convention.
  public let relative: [String: Double]
  public let parameters: Int
  public let flopsPerToken: [String: Double]
  /// log₂ of the number of distinct key → value maps.
  public let demandBits: Double
  /// Bits of the values alone, which no state of a perfect model can do without.
  public let neededBits: Double
  /// Demand over state scalars.
  public let bitsPerScalar: Double
  /// Fano's bound at `assumedBitsPerScalar`.
  public let accuracyBound: Double
  public let assumedBitsPerScalar: Double
  /// The same at 1 … 32 bits a scalar.
  public let accuracyBounds: [String: Double]
  /// Whether 32 bits a scalar are too few to answer everything.
  public let isTooSmall: Bool

  enum CodingKeys: String, CodingKey {
    case model, state, relative, parameters
    case sequenceLength = "sequence_length"
    case flopsPerToken = "flops_per_token"
    case demandBits = "demand_bits"
    case neededBits = "needed_bits"
    case bitsPerScalar = "bits_per_scalar"
    case accuracyBound = "accuracy_bound"
    case assumedBitsPerScalar = "accuracy_bound_bits_per_scalar"
    case accuracyBounds = "accuracy_bounds"
    case isTooSmall = "too_small_at_32_bits"
  }

  public init(
    _ model: ModelConfiguration, task: MQAR, reference: ReferenceAttention,
    bitsPerScalar assumed: Double = 32
  ) throws {
    try task.validate()
    guard assumed > 0, assumed.isFinite else {
      throw SettingsError("bits_per_scalar", assumed, allowed: "a number above 0")
    }
    var model = model
    model.backbone.vocabularySize = task.vocabularySize
    let measurement = try StateMeasurement(model)
    let count = measurement.after(tokens: task.sequenceLength)
    let cost = try ModelCost(model, length: task.sequenceLength, labelled: task.pairCount)
    let attention = try reference.state()
    let bound = RecallBound(task)
    func accuracy(_ bits: Double) -> Double { bound.accuracy(bits: bits * Double(count.scalars)) }

    self.model = try model.values
    sequenceLength = task.sequenceLength
    state = State(
      scalars: count.scalars,
      parts: [
        "kv_cache": count.keyValueCache, "ssm": count.stateSpace, "convolution": count.convolution,
      ],
      growthPerToken: measurement.perToken.scalars,
      bytes: ["fp32": 4 * count.scalars, "bf16": 2 * count.scalars])
    relative = try Dictionary(
      uniqueKeysWithValues: CapacityConvention.allCases.map {
        ($0.rawValue, try $0.ratio(of: count, model, to: attention))
      })
    parameters = cost.parameters
    flopsPerToken = ["train": cost.trainFlops, "decode": cost.decodeFlops]
    demandBits = task.demand
    neededBits = bound.bits
    bitsPerScalar = task.demand / Double(count.scalars)
    accuracyBound = accuracy(assumed)
    assumedBitsPerScalar = assumed
    accuracyBounds = Dictionary(
      uniqueKeysWithValues: [1, 2, 4, 8, 16, 32].map { ("\($0)", accuracy(Double($0))) })
    isTooSmall = bound.bits > 32 * Double(count.scalars)
  }

  public var text: String {
    func number(_ value: Double) -> String { String(format: "%.6g", value) }
    let parts = state.parts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    var lines = [
      "STATE after \(sequenceLength) tokens, measured from step",
      "  \(state.scalars) scalars: \(parts.joined(separator: ", "))",
      "  \(state.bytes["fp32"]!) bytes at fp32, \(state.bytes["bf16"]!) at bf16",
      state.growthPerToken == 0
        ? "  constant in length" : "  grows by \(state.growthPerToken) scalars a token",
      "", "RELATIVE to attention",
    ]
    for convention in CapacityConvention.allCases {
      let name = convention.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
      let ratio = number(relative[convention.rawValue]!)
        .padding(toLength: 11, withPad: " ", startingAt: 0)
      lines.append("  \(name)\(ratio)\(convention.meaning)")
    }
    lines += [
      "", "COST", "  \(parameters) parameters",
      "  flops a token: train \(number(flopsPerToken["train"]!)), decode "
        + "\(number(flopsPerToken["decode"]!)) (at the last token, counted from the recurrence)",
      "", "DEMAND",
      "  \(number(demandBits)) bits for the map, \(number(neededBits)) for its values alone",
      "  \(number(bitsPerScalar)) bits of the map for each state scalar",
      "  accuracy is at most (Fano), by bits a scalar:",
    ]
    for bits in [1, 2, 4, 8, 16, 32] {
      lines.append("    \(bits): \(number(accuracyBounds["\(bits)"]!))")
    }
    if isTooSmall { lines.append("  This state cannot hold the answers even at 32 bits a scalar.") }
    return lines.joined(separator: "\n")
  }
}
