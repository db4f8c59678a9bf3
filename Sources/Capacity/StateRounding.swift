import Foundation
import Models
import Support

/// How far the state of a trained model goes astray if it is kept in bfloat16: rounded after each token, as a program does
/// that decodes with such a state. Records keep it as JSON, so these names must not change.
///
/// The recurrences run twice in double precision, once exact and once with every part of the state rounded: recurrences, keys
/// and values, inputs of convolutions. An error in the state reaches later tokens and layers.
public struct StateRounding: Codable, Hashable, Sendable {
  public struct Point: Codable, Hashable, Sendable {
    /// Tokens so far.
    public var tokens: Int
    /// ‖S̃ − S‖ / ‖S‖ of a layer's state without the last inputs of short convolutions: the mean over examples and over
    /// the layers that have such a state.
    public var stateError: Double
    /// The same of the logits.
    public var logitError: Double

    enum CodingKeys: String, CodingKey {
      case tokens
      case stateError = "state_error"
      case logitError = "logit_error"
    }
  }

  /// The number of test examples.
  public var examples: Int
  /// After 1, 2, 4 … tokens and at the end.
  public var points: [Point]

  /// Longer examples are not measured: the recurrences in plain loops would take long.
  public static let longest = 1024

  /// Runs the model on examples of one length of 1 to `longest` tokens. Throws `SettingsError` for a model with a layer that
  /// has no recurrence.
  public init(
    of model: LanguageModel, weights: ReferenceWeights, examples: [[Int]]
  ) throws(SettingsError) {
    self.examples = examples.count
    let length = examples[0].count
    let places = (0..<length).map { 1 << $0 }.prefix { $0 < length } + [length]
    var sums = [(state: Double, states: Int, logits: Double)](
      repeating: (0, 0, 0), count: places.count)
    for tokens in examples {
      var (exact, rounded) = (try model.initialState(), try model.initialState())
      for (index, token) in tokens.enumerated() {
        let logits = try model.step(token, state: &exact, weights: weights)
        let others = try model.step(token, state: &rounded, weights: weights)
        rounded.roundToBFloat16()
        guard let place = places.firstIndex(of: index + 1) else { continue }
        for (one, other) in zip(exact.layers, rounded.layers) {
          guard let error = relativeError(other.memory, one.memory) else { continue }
          sums[place].state += error
          sums[place].states += 1
        }
        sums[place].logits += relativeError(others, logits) ?? 0
      }
    }
    points = zip(places, sums).map { tokens, sum in
      Point(
        tokens: tokens, stateError: sum.state / Double(max(1, sum.states)),
        logitError: sum.logits / Double(examples.count))
    }
  }

  /// False for numbers that no measurement gives, as a damaged record may hold.
  package var isPossible: Bool {
    points.allSatisfy {
      $0.tokens > 0 && $0.stateError.isFinite && $0.stateError >= 0 && $0.logitError.isFinite
        && $0.logitError >= 0
    }
  }
}

/// ‖x − y‖ / ‖y‖; nil if y is 0.
private func relativeError(_ x: [Double], _ y: [Double]) -> Double? {
  var (difference, size) = (0.0, 0.0)
  for (x, y) in zip(x, y) {
    difference += (x - y) * (x - y)
    size += y * y
  }
  return size > 0 ? (difference / size).squareRoot() : nil
}
