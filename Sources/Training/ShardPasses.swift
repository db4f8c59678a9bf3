import Autodiff
import Models

/// Work that is done on each shard of a batch.
protocol ShardJob {
  func run(_ shard: Shard, _ worker: ShardWorker)
}

/// The memory of one thread: two tapes that share an arena.
final class ShardWorker {
  let arena = Arena()
  let scoring: Tape
  let training: Tape

  init(values: UnsafePointer<Float>) {
    scoring = Tape(arena: arena, parameters: values)
    training = Tape(arena: arena, parameters: values)
  }
}

/// Fills a shard with its examples.
struct ExampleLoading<Source: ExampleSource>: ShardJob {
  let source: Source
  let indices: TrainingPlan.Indices

  func run(_ shard: Shard, _ worker: ShardWorker) { shard.load(source, indices) }
}

/// Runs the model on a shard's examples, several at a time. Sets the shard's loss and predictions, and in training its
/// gradient.
package struct ShardPasses: ShardJob {
  enum Purpose {
    case scoring
    /// - Parameter dropoutKey: names the dropout masks; nil turns dropout off.
    case gradient(dropoutKey: UInt64?)
  }

  let model: LanguageModel
  /// The weight of each labelled position in the loss.
  let weight: Float
  let purpose: Purpose
  /// When it becomes true, the shard is left incomplete.
  let isInterrupted: @Sendable () -> Bool

  /// The approximate number of tokens of a pass: enough for fast matrix products, few enough that activations stay in
  /// cache.
  package static let tokens = 256

  /// Sequences of a pass. Each pass reads the whole embedding and writes its gradient. If these are larger than a
  /// core's cache and few positions have labels, a pass is four times as large, so that there are fewer passes.
  package static func sequences(
    ofLength length: Int, labelled: Int, of tokens: Int, in shape: ModelShape
  ) -> Int {
    let isLarge = shape.vocabularySize * shape.modelDimension > 1 << 18
    return max(1, (isLarge && 4 * labelled < tokens ? 4 : 1) * Self.tokens / length)
  }

  func run(_ shard: Shard, _ worker: ShardWorker) {
    let (tape, dropoutKey) = prepare(shard, worker)
    tape.sharedTensors = shard.filters
    defer { tape.sharedTensors = [] }
    let length = shard.length
    let perPass = Self.sequences(
      ofLength: length, labelled: shard.labelled, of: shard.inputs.count,
      in: model.configuration.shape)
    (shard.loss, shard.isComplete) = (0, false)
    for first in stride(from: 0, to: shard.exampleCount, by: perPass) {
      if isInterrupted() { return }
      let examples = first..<min(shard.exampleCount, first + perPass)
      let labelled = examples.reduce(0) { $0 + shard.labelledCounts[$1] }
      let sixteenths = LanguageModel.sixteenthsOfLastBlock(
        labelled: labelled, of: examples.count * length)
      tape.reset(
        shapeKey: ShapeKey(batch: examples.count, length: length, outputRows: sixteenths))
      tape.dropout = dropoutKey.map {
        DropoutStream(key: $0, firstExample: shard.firstExample + first)
      }
      let loss = loss(of: examples, in: shard, on: tape)
      shard.loss += Double(loss.values[0])
      guard tape.differentiates else { continue }
      _ = tape.accumulates(loss)
      loss.gradient[0] = 1
      tape.backward()
    }
    shard.isComplete = true
  }

  var differentiates: Bool { if case .gradient = purpose { true } else { false } }

  private func prepare(_ shard: Shard, _ worker: ShardWorker) -> (Tape, dropoutKey: UInt64?) {
    guard case .gradient(let dropoutKey) = purpose else { return (worker.scoring, nil) }
    shard.gradient.clear()
    worker.training.parameterGradients = shard.gradient.values
    return (worker.training, dropoutKey)
  }

  /// weight · Σ cross-entropy of some examples [1, 1, 1].
  private func loss(of examples: Range<Int>, in shard: Shard, on tape: Tape) -> Tensor {
    let offset = examples.lowerBound * shard.length
    return shard.withExamples { inputs, labels, predictions in
      model.loss(
        inputs + offset, labels: labels + offset, batch: examples.count, length: shard.length,
        weight: weight, predictions: predictions + offset, on: tape)
    }
  }
}
