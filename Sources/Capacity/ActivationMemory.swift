import Autodiff
import Models
import Support

/// The memory that training on one sequence keeps between the forward and the backward pass, in float32:
/// activations, their gradients, and what operations save for the backward pass. It is measured: the forward pass of
/// models with one and two layers runs on a tape.
///
/// It is the memory of this program. For example, attention weights are saved only up to some length, and
/// computed again beyond it.
public enum ActivationMemory {
  /// The most multiply-adds of a forward pass of two layers that are run, which take some seconds.
  static let mostArithmetic = 1e11

  /// Bytes for one sequence with `labelled` positions, evenly spread; nil if measuring would take too long.
  public static func bytes(
    _ configuration: ModelConfiguration, length: Int, labelled: Int
  ) throws -> Int? {
    try CountableSize.check(configuration, length: length)
    precondition((0...length).contains(labelled), "\(labelled) labels in \(length) tokens")
    var single = configuration.singleLayer(length: length)
    let one = LanguageModel(single)
    let arithmetic = Double(
      one.trainingMultiplyAdds(
        length: length, labelled: OutputPositions(length: length)))
    guard arithmetic <= mostArithmetic else { return nil }
    single.backbone.layers = 2
    let first = kept(one, length, labelled)
    return first + (configuration.backbone.layers - 1)
      * (kept(LanguageModel(single), length, labelled) - first)
  }

  private static func kept(_ model: LanguageModel, _ length: Int, _ labelled: Int) -> Int {
    let (values, gradients) = (
      ParameterBuffer(count: model.bufferCount), ParameterBuffer(count: model.bufferCount)
    )
    let arena = Arena()
    let tape = Tape(arena: arena, parameters: values.values, gradients: gradients.values)
    let tokens = [Int32](repeating: 0, count: length)
    var labels = [Int32](repeating: -100, count: length)
    for position in OutputPositions.spread(labelled, over: length) { labels[position] = 0 }
    // In the first pass the arena learns how much it needs; in the second pass that is one block.
    for _ in 0..<2 {
      tape.reset()
      tape.dropout = DropoutStream(key: 0, firstExample: 0)
      _ = model.loss(tokens, labels: labels, batch: 1, time: length, weight: 1, on: tape)
    }
    return arena.bytesInUse
  }
}
