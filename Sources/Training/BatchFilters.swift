import Autodiff
import Models

/// The filters of a model that follow from its weights alone (`FilterMixer`). They are made once for all passes over a batch;
/// their gradient, summed over the shards in order, goes back once through what made them.
final class BatchFilters {
  /// The filters of one layer, and the tapes that make them.
  private final class Maker {
    let layer: Int
    let arena = Arena()
    let scoring: Tape, training: Tape
    var filters: [(key: Parameter, tensor: Tensor)] = []

    init(layer: Int, values: UnsafePointer<Float>) {
      self.layer = layer
      scoring = Tape(arena: arena, parameters: values)
      training = Tape(arena: arena, parameters: values)
    }
  }

  private let model: LanguageModel
  private let makers: [Maker]
  /// Of each shard, for all filters one after the other.
  private var gradients: [ParameterBuffer] = []

  /// Nil for a model without such filters.
  init?(_ model: LanguageModel, values: ParameterBuffer) {
    let layers = model.layersWithFilters
    guard !layers.isEmpty else { return nil }
    self.model = model
    makers = layers.map { Maker(layer: $0, values: values.values) }
  }

  /// Bytes of the memory that makes them.
  var bytes: Int { makers.reduce(0) { $0 + $1.arena.capacity } }

  /// Makes the filters for sequences of `length` tokens, and gives them to the shards.
  ///
  /// - Parameter gradient: to which `differentiate` will add the gradient of the model's parameters; nil for scoring.
  func make(
    length: Int, for shards: [Shard], gradient: UnsafeMutablePointer<Float>?, _ team: ThreadTeam
  ) {
    team.run(
      Making(
        makers: makers, model: model, length: length, gradient: gradient, threads: team.threads))
    if gradient != nil { clearGradients(of: shards.count) }
    for (index, shard) in shards.enumerated() {
      var (number, offset) = (0, 0)
      for maker in makers {
        for (key, tensor) in maker.filters {
          let shared = SharedTensor(
            key, tensor, gradient: gradient.map { _ in gradients[index].values + offset })
          // In place where possible: training allocates no memory.
          if number < shard.filters.count {
            shard.filters[number] = shared
          } else {
            shard.filters.append(shared)
          }
          number += 1
          offset += SharedTensor.floats(of: tensor)
        }
      }
    }
  }

  private func clearGradients(of shards: Int) {
    let count = makers.reduce(0) { sum, maker in
      maker.filters.reduce(sum) { $0 + SharedTensor.floats(of: $1.tensor) }
    }
    if gradients.first?.count != count {
      gradients = (0..<shards).map { _ in ParameterBuffer(count: count) }
    } else {
      for gradient in gradients { gradient.clear() }
    }
  }

  /// Adds the parameters' gradient to the buffer that `make` was given.
  func differentiate(_ team: ThreadTeam) {
    team.run(GradientSum(gradients, threads: team.threads))
    team.run(Differentiation(makers: makers, gradient: gradients[0], threads: team.threads))
  }

  /// Thread t makes the filters of layers t, t + threads, ….
  private struct Making: ParallelJob {
    let makers: [Maker]
    let model: LanguageModel
    let length: Int
    let gradient: UnsafeMutablePointer<Float>?
    let threads: Int

    func run(thread: Int) {
      for index in stride(from: thread, to: makers.count, by: threads) {
        let maker = makers[index]
        let tape = gradient == nil ? maker.scoring : maker.training
        tape.parameterGradients = gradient
        tape.reset()
        maker.filters.removeAll(keepingCapacity: true)
        model.makeFilters(ofLayer: maker.layer, length: length, on: tape) {
          maker.filters.append(($0, $1))
        }
      }
    }
  }

  /// The same threads take the same layers, whose parameters differ.
  private struct Differentiation: ParallelJob {
    let makers: [Maker]
    /// The sum over the shards.
    let gradient: ParameterBuffer
    let threads: Int

    func run(thread: Int) {
      var start = gradient.values
      for (index, maker) in makers.enumerated() {
        let isOwn = index % threads == thread
        for (_, tensor) in maker.filters {
          let count = SharedTensor.floats(of: tensor)
          if isOwn, !maker.training.accumulates(tensor) {
            tensor.gradient.update(from: start, count: count)
          }
          start += count
        }
        if isOwn { maker.training.backward() }
      }
    }
  }
}
