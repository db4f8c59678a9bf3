import Autodiff

/// One use of an operation that tests compare with a Double reference, forward and backward.
///
/// The test target runs every check of `OperationChecks`: forward against `reference`, gradients of all
/// activations and parameters against central differences of `reference` under a random cotangent,
/// with contiguous and with strided activations, with assigned and with accumulated gradients.
struct OperationCheck: Sendable, CustomStringConvertible {
  /// Where an operand's elements are drawn from.
  enum Values: Sendable {
    case normal(scale: Double)
    case uniform(Double, Double)
    /// Even elements near the first number, odd ones near the second, up to a tenth closer to 0.
    case alternating(Double, Double)
  }

  struct Activation: Sendable {
    let batch: Int, length: Int, channels: Int
    let values: Values

    init(_ batch: Int, _ length: Int, _ channels: Int, _ values: Values = .normal(scale: 1)) {
      (self.batch, self.length, self.channels, self.values) = (batch, length, channels, values)
    }
  }

  struct Weight: Sendable {
    let shape: [Int]
    let values: Values
    /// The factor of the tolerance for its gradient; above 1 if terms that are much larger cancel.
    let cancellation: Double

    init(
      _ shape: [Int], _ values: Values = .normal(scale: 1), cancellation: Double = 1
    ) {
      (self.shape, self.values, self.cancellation) = (shape, values, cancellation)
    }
  }

  let description: String
  let activations: [Activation]
  let weights: [Weight]
  /// The operation on a tape; returns its results, each of which gets a random cotangent.
  let run: @Sendable (Tape, [Tensor], [Parameter]) -> [Tensor]
  /// The same in Double: (activations, weights), row major → results, row major.
  let reference: @Sendable ([[Double]], [[Double]]) -> [[Double]]
  /// Whether the result is a loss, whose cotangent must be 1.
  let isLoss: Bool
  /// Largest error allowed, as a fraction of the largest magnitude in the compared array.
  let tolerance: Double

  init(
    _ description: String, activations: [Activation], weights: [Weight] = [], isLoss: Bool = false,
    tolerance: Double = 2e-5,
    run: @escaping @Sendable (Tape, [Tensor], [Parameter]) -> [Tensor],
    reference: @escaping @Sendable ([[Double]], [[Double]]) -> [[Double]]
  ) {
    self.description = description
    self.activations = activations
    self.weights = weights
    self.isLoss = isLoss
    self.tolerance = tolerance
    self.run = run
    self.reference = reference
  }
}

extension [Double] {
  /// Row `index` of a matrix with rows of so many columns.
  func row(_ index: Int, of columns: Int) -> [Double] {
    Array(self[index * columns..<(index + 1) * columns])
  }
}

/// The results of one token's step for all rows [batch, length]; every example starts from the same state.
func eachExample(
  _ batch: Int, _ length: Int, state: [Double],
  step: (_ row: Int, _ state: inout [Double]) -> [Double]
) -> [Double] {
  (0..<batch).flatMap { example in
    var state = state
    return (example * length..<(example + 1) * length).flatMap { step($0, &state) }
  }
}
