import Autodiff
import Models
import Support

/// The memory that training on one sequence keeps between the forward and the backward pass, in float32:
/// activations, their gradients, and what operations save for the backward pass. It is measured: the forward pass of
/// models with one layer of each kind and one more runs on a tape, and the whole model's memory is put together from
/// theirs.
///
/// It is the memory of this program. For example, attention weights are saved only up to some length, and
/// computed again beyond it.
public enum ActivationMemory {
  /// The most multiply-adds of a training step of one layer that are run, which take some seconds.
  static let mostArithmetic = 1e11

  /// Bytes for one sequence with `labelled` positions, evenly spread; nil if measuring would take too long.
  public static func bytes(
    _ configuration: ModelConfiguration, length: Int, labelled: Int
  ) throws -> Int? {
    try CountableSize.check(configuration, length: length)
    precondition((0...length).contains(labelled), "\(labelled) labels in \(length) tokens")
    func model(_ layers: [Int]) throws -> LanguageModel {
      LanguageModel(try configuration.only(layers: layers, length: length))
    }
    let last = configuration.shape.layers - 1
    // Layers of equal settings need equal memory, except the first, whose result the others may use.
    let groups = (0..<last).grouped { configuration.mixer(ofLayer: $0).erased }.map(\.elements)
    for index in [last] + groups.map({ $0[0] }) {
      let arithmetic = try model([index]).trainingMultiplyAdds(
        length: length, labelled: OutputPositions(length: length))
      guard Double(arithmetic) <= mostArithmetic else { return nil }
    }
    // Each further layer of a group adds the difference between the model with two layers of this group and `least`,
    // the model with the first layer of every group and the last layer.
    let firsts = groups.map { $0[0] }
    let least = saved(try model(firsts + [last]), length, labelled)
    return try groups.filter { $0.count > 1 }.reduce(least) { sum, group in
      let more = saved(try model(firsts + [group[0], last]), length, labelled)
      return sum + (group.count - 1) * (more - least)
    }
  }

  private static func saved(_ model: LanguageModel, _ length: Int, _ labelled: Int) -> Int {
    let (values, gradients) = (
      ParameterBuffer(count: model.bufferCount), ParameterBuffer(count: model.bufferCount)
    )
    let arena = Arena()
    let tape = Tape(arena: arena, parameters: values.values, gradients: gradients.values)
    let tokens = [Int32](repeating: 0, count: length)
    var labels = [Int32](repeating: -100, count: length)
    for position in OutputPositions.spread(labelled, over: length) { labels[position] = 0 }
    // After the first pass the arena replaces its blocks by one, which the second pass uses.
    for _ in 0..<2 {
      tape.reset()
      tape.dropout = DropoutStream(key: 0, firstExample: 0)
      _ = model.loss(tokens, labels: labels, batch: 1, length: length, weight: 1, on: tape)
    }
    return arena.bytesInUse
  }
}
