import Configuration
import Foundation
import Mixers

/// What two models are made equal in.
public enum MatchQuantity: String, Codable, CaseIterable, Sendable {
  case exact, note, inner, parameters
  case decodeCost = "decode_flops"
}

/// The setting that is solved for.
public enum MatchParameter: String, Codable, CaseIterable, Sendable {
  case stateDimension = "d_state"
  case layers = "n_layers"
  case modelDimension = "d_model"

  /// Where the search ends.
  var largest: Int {
    switch self {
    case .stateDimension: 1 << 16
    case .layers: 1024
    case .modelDimension: 4096
    }
  }
}

/// The value of one setting that gives a model a wanted ratio to attention.
public struct CapacityMatch: Hashable, Sendable {
  public let parameter: MatchParameter
  public let requested: Double
  /// The solution on the real line; linear between the allowed values beside it.
  public let solution: Double
  /// The allowed value whose ratio is nearest, and that ratio.
  public let value: Int
  public let obtained: Double

  /// Throws `SettingsError` where no allowed value reaches near the ratio.
  public init(
    _ parameter: MatchParameter, of model: ModelConfiguration, ratio: Double,
    by quantity: MatchQuantity, to reference: ReferenceAttention
  ) throws {
    guard ratio > 0, ratio.isFinite else {
      throw SettingsError("ratio", ratio, allowed: "a number above 0")
    }
    let base = try model.values
    guard base[parameter.rawValue] != nil else {
      throw SettingsError(
        "solve", parameter.rawValue,
        allowed: MatchParameter.allCases.map(\.rawValue).filter { base[$0] != nil }
          .joined(separator: ", "))
    }
    func changed(_ value: Int) throws -> ModelConfiguration {
      try ModelConfiguration(base.merging([parameter.rawValue: .int(value)]) { $1 })
    }
    let measure = try MatchMeasure(quantity, reference)
    let allowed =
      parameter == .modelDimension
      ? (1...parameter.largest).filter { (try? changed($0)) != nil } : Array(1...parameter.largest)
    func ratioAt(_ index: Int) throws -> Double { try measure(changed(allowed[index])) }
    guard !allowed.isEmpty else {
      throw SettingsError("solve", parameter.rawValue, allowed: "settings that some value fits")
    }
    // The first index at or above the ratio: doubling, then halving, as the ratio rises with the value.
    let last = allowed.count - 1
    var high = 0
    while high < last, try ratioAt(high) < ratio { high = min(last, 2 * high + 1) }
    let (least, most) = (try ratioAt(0), try ratioAt(high))
    guard least < most || least >= ratio, ratio <= most, ratio >= least / 2 else {
      throw SettingsError(
        "ratio", ratio,
        allowed: "\(least) (\(parameter.rawValue) \(allowed[0])) to \(most) "
          + "(\(parameter.rawValue) \(allowed[high])) by \(quantity.rawValue)")
    }
    var low = high == 0 ? 0 : (high - 1) / 2
    while high - low > 1 {
      let middle = (low + high) / 2
      if try ratioAt(middle) < ratio { low = middle } else { high = middle }
    }
    // Below the least value the line through the first two goes on.
    if low == high { high = min(last, low + 1) }
    let ratios = (try ratioAt(low), try ratioAt(high))
    let slope = (ratios.1 - ratios.0) / Double(max(1, allowed[high] - allowed[low]))
    let exactly = Double(allowed[low]) + (slope == 0 ? 0 : (ratio - ratios.0) / slope)
    let takesLow = abs(ratios.0 - ratio) <= abs(ratios.1 - ratio)
    self.parameter = parameter
    requested = ratio
    solution = exactly
    (value, obtained) = takesLow ? (allowed[low], ratios.0) : (allowed[high], ratios.1)
  }
}

/// A model's ratio to the reference in one quantity.
struct MatchMeasure {
  let quantity: MatchQuantity
  let reference: ReferenceAttention
  let referenceState: StateCount

  init(_ quantity: MatchQuantity, _ reference: ReferenceAttention) throws {
    self.quantity = quantity
    self.reference = reference
    referenceState = try reference.state()
  }

  func callAsFunction(_ model: ModelConfiguration) throws -> Double {
    switch quantity {
    case .exact, .note, .inner:
      let state = try StateMeasurement(model).after(tokens: reference.length)
      return try CapacityConvention(rawValue: quantity.rawValue)!.ratio(
        of: state, model, to: referenceState)
    case .parameters, .decodeCost:
      let other = try reference.configuration(vocabulary: model.backbone.vocabularySize)
      return try cost(model) / cost(other)
    }
  }

  private func cost(_ model: ModelConfiguration) throws -> Double {
    let cost = try ModelCost(model, length: reference.length, labelled: 0)
    return quantity == .parameters ? Double(cost.parameters) : cost.decodeFlops
  }
}
