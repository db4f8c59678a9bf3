import Foundation
import Models
import Support

/// What matching makes equal in two models: their state by a convention, or their cost.
public enum MatchQuantity: String, SettingChoice {
  case exact
  case modelChannels = "model_channels"
  case innerChannels = "inner_channels"
  case parameters
  case decodeCost = "decode_flops"

  /// How state is counted; nil for costs.
  public var convention: CapacityConvention? {
    switch self {
    case .exact: .exact
    case .modelChannels: .modelChannels
    case .innerChannels: .innerChannels
    case .parameters, .decodeCost: nil
    }
  }

  /// Its name in records, which never changes.
  public var recordName: String { convention?.recordName ?? rawValue }
}

/// The value of one setting at which a model has a requested ratio to a reference model.
public struct CapacityMatch: Hashable, Sendable {
  /// The setting that was solved for.
  public let parameter: MatchParameter
  /// The ratio that was asked for.
  public let requested: Double
  /// The solution as a real number: the root of the parabola through three allowed values around it. It is exact
  /// between values, because every quantity is a polynomial of degree 2 or less in each setting; the exception
  /// is Mamba's ⌈d_model / 16⌉, which rises in steps.
  public let solution: Double
  /// The allowed value whose ratio is nearest to the requested one, and its ratio.
  public let value: Double
  public let obtained: Double

  /// Solves for `parameter` of `model`; states are counted after `length` tokens. Throws `SettingsError` if no allowed
  /// value comes near the ratio.
  public init(
    _ parameter: MatchParameter, of model: ModelConfiguration, ratio: Double,
    by quantity: MatchQuantity, to reference: ModelConfiguration, length: Int
  ) throws {
    guard ratio > 0, ratio.isFinite else {
      throw SettingsError("ratio", ratio, allowed: "a number above 0")
    }
    let known = MatchParameter.all(in: model)
    guard known.contains(parameter) else {
      throw SettingsError(
        "solve", parameter.rawValue,
        allowed: known.map(\.rawValue).joined(separator: ", ") + " (a setting of \(model.kind))")
    }
    let measure = try MatchMeasure(quantity, to: reference, length: length)
    let allowed = parameter.allowedValues(in: model)
    guard !allowed.isEmpty else {
      throw SettingsError("solve", parameter.rawValue, allowed: "settings that some value fits")
    }
    var ratios: [Int: Double] = [:]
    func ratioAt(_ index: Int) throws -> Double {
      if let ratio = ratios[index] { return ratio }
      let ratio = try measure(model.setting(parameter.rawValue, to: Self.setting(allowed[index])))
      ratios[index] = ratio
      return ratio
    }
    func bound(_ index: Int) throws -> String {
      "\(try ratioAt(index).fractionText) (\(parameter.rawValue) \(Self.setting(allowed[index])))"
    }
    guard try ratio >= ratioAt(0) / 2 else {
      throw SettingsError(
        "ratio", ratio.fractionText, allowed: "at least \(try bound(0)) by \(quantity.rawValue)")
    }
    // Finds the first index at or above the ratio, by doubling and then halving: the ratio rises with the value.
    let last = allowed.count - 1
    var high = 0
    while high < last, try ratioAt(high) < ratio {
      let next = min(last, 2 * high + 1)
      // The search ends at a model that is too large to be counted.
      guard (try? ratioAt(next)) != nil else { break }
      high = next
    }
    guard try ratio <= ratioAt(high) else {
      throw SettingsError(
        "ratio", ratio.fractionText,
        allowed: "\(try bound(0)) to \(try bound(high)) by \(quantity.rawValue)")
    }
    var low = high == 0 ? 0 : (high - 1) / 2
    while high - low > 1 {
      let middle = (low + high) / 2
      if try ratioAt(middle) < ratio { low = middle } else { high = middle }
    }
    // A solution below the least value lies on the curve through the first values.
    if low == high { high = min(last, low + 1) }
    let neighbour = high < last ? high + 1 : max(0, low - 1)
    solution = Self.root(
      at: ratio, try [low, high, neighbour].map { (allowed[$0], try ratioAt($0)) })
    let nearest = abs(try ratioAt(low) - ratio) <= abs(try ratioAt(high) - ratio) ? low : high
    self.parameter = parameter
    requested = ratio
    (value, obtained) = (allowed[nearest], try ratioAt(nearest))
  }

  /// The allowed value as the setting has it.
  public var setting: SettingValue { Self.setting(value) }

  package static func setting(_ value: Double) -> SettingValue {
    Int(exactly: value).map(SettingValue.int) ?? .double(value)
  }

  /// The x at which the parabola through three points is y, on the branch through the first two points.
  ///
  /// Solves Newton's form y₀ + (x − x₀) (s + (x − x₁) c) = y for x, starting on the chord. Points may coincide.
  private static func root(at y: Double, _ points: [(x: Double, y: Double)]) -> Double {
    let (a, b, c) = (points[0], points[1], points[2])
    guard b.x != a.x, b.y != a.y else { return a.x }
    let slope = (b.y - a.y) / (b.x - a.x)
    let curvature =
      c.x == a.x || c.x == b.x ? 0 : ((c.y - b.y) / (c.x - b.x) - slope) / (c.x - a.x)
    var x = a.x + (y - a.y) / slope
    for _ in 0..<50 {
      let value = a.y + (x - a.x) * (slope + (x - b.x) * curvature)
      let derivative = slope + (2 * x - a.x - b.x) * curvature
      guard derivative != 0 else { break }
      x -= (value - y) / derivative
    }
    return x
  }
}

/// Measures a model's ratio to the reference in one quantity.
public struct MatchMeasure: Sendable {
  private let quantity: MatchQuantity
  private let length: Int
  private let reference: Double

  public init(_ quantity: MatchQuantity, to reference: ModelConfiguration, length: Int) throws {
    self.quantity = quantity
    self.length = length
    self.reference = try Self.amount(quantity, of: reference, length: length)
  }

  public func callAsFunction(_ model: ModelConfiguration) throws -> Double {
    try Self.amount(quantity, of: model, length: length) / reference
  }

  private static func amount(
    _ quantity: MatchQuantity, of model: ModelConfiguration, length: Int
  ) throws -> Double {
    if let convention = quantity.convention {
      let state = try StateMeasurement(model, longest: length).after(tokens: length)
      return try convention.scalars(of: state, model)
    }
    let cost = try ModelCost(model, length: length, labelled: 0)
    guard quantity == .decodeCost else { return Double(cost.parameters) }
    guard let decoding = cost.decodeMultiplyAdds else {
      throw SettingsError(
        "by", quantity.rawValue, allowed: "parameters for \(model.kind), which has no recurrence")
    }
    return decoding
  }
}
