import Autodiff
import Kernels
import Models
import RecallTasks

/// A part of a batch: its tokens, and what comes of them. Touched by one thread at a time.
package final class Lane {
  var inputs: [Int32] = []
  var labels: [Int32] = []
  var predictions: [Int32] = []
  var firstExample = 0
  var loss = 0.0
  package let gradients: ParameterBuffer

  package init(gradientCount: Int) { gradients = ParameterBuffer(count: gradientCount) }

  /// Makes room for this many tokens.
  package func resize(to tokens: Int) {
    guard inputs.count != tokens else { return }
    inputs = [Int32](repeating: 0, count: tokens)
    labels = [Int32](repeating: unlabelled, count: tokens)
    predictions = [Int32](repeating: -1, count: tokens)
  }

  var labelled: Int { labels.reduce(0) { $0 + ($1 >= 0 ? 1 : 0) } }

  /// Labelled positions that were predicted.
  var right: Int {
    zip(labels, predictions).reduce(0) { $0 + ($1.0 >= 0 && $1.0 == $1.1 ? 1 : 0) }
  }
}

/// A thread's memory: both tapes on one arena.
package final class LaneWorker {
  let arena = Arena()
  let scoring: Tape
  let training: Tape

  package init(values: UnsafePointer<Float>) {
    scoring = Tape(arena: arena, parameters: values)
    training = Tape(arena: arena, parameters: values)
  }
}

/// What is done with each lane.
package protocol LaneJob {
  func run(_ lane: Lane, _ worker: LaneWorker)
}

/// Generates a lane's examples.
package struct ExampleLoading: LaneJob {
  let task: any RecallTask
  let indices: TrainingPlan.Indices
  let seed: UInt64
  let split: Split

  package init(
    task: any RecallTask, indices: TrainingPlan.Indices, seed: UInt64, split: Split
  ) {
    (self.task, self.indices, self.seed, self.split) = (task, indices, seed, split)
  }

  package func run(_ lane: Lane, _ worker: LaneWorker) {
    let length = task.sequenceLength
    lane.inputs.withUnsafeMutableBufferPointer { inputs in
      lane.labels.withUnsafeMutableBufferPointer { labels in
        for example in 0..<(inputs.count / length) {
          let range = (example * length)..<((example + 1) * length)
          task.write(
            example: indices[lane.firstExample + example], seed: seed, split: split,
            inputs: .init(rebasing: inputs[range]), labels: .init(rebasing: labels[range]))
        }
      }
    }
  }
}

/// Takes a lane's examples through the model, a pass of several at a time; sets its loss and predictions,
/// and its gradient when training.
package struct LanePasses: LaneJob {
  let model: LanguageModel
  let length: Int
  /// Of each labelled position in the loss.
  let weight: Float
  /// nil for scoring.
  let dropoutKey: UInt64?

  /// About this many tokens go through a tape at a time: enough for full-speed matrix products, few enough
  /// that activations stay in cache.
  package static let tokens = 256

  /// Sequences of a pass. It goes through every word's embedding and its gradient: where those are beyond a
  /// core's cache and few of the tokens have labels, four times as many tokens share that.
  package static func sequences(
    ofLength length: Int, labelled: Int, of tokens: Int, in backbone: ModelConfiguration.Backbone
  ) -> Int {
    let isLarge = backbone.vocabularySize * backbone.modelDimension > 1 << 18
    return max(1, (isLarge && 4 * labelled < tokens ? 4 : 1) * Self.tokens / length)
  }

  package func run(_ lane: Lane, _ worker: LaneWorker) {
    let tape = dropoutKey == nil ? worker.scoring : worker.training
    if dropoutKey != nil {
      lane.gradients.clear()
      tape.parameterGradients = lane.gradients.values
    }
    let examples = lane.inputs.count / length
    let perPass = Self.sequences(
      ofLength: length, labelled: lane.labelled, of: lane.inputs.count,
      in: model.configuration.backbone)
    lane.loss = 0
    lane.inputs.withUnsafeBufferPointer { inputs in
      lane.labels.withUnsafeBufferPointer { labels in
        lane.predictions.withUnsafeMutableBufferPointer { predictions in
          for first in stride(from: 0, to: examples, by: perPass) {
            let batch = min(perPass, examples - first)
            let offset = first * length
            let sixteenths = LanguageModel.sixteenthsOfLastBlock(
              labels.baseAddress! + offset, batch: batch, time: length)
            tape.reset(
              shapeKey: ShapeKey(batch: batch, length: length, outputRows: sixteenths))
            tape.dropout = dropoutKey.map {
              DropoutStream(key: $0, firstExample: lane.firstExample + first)
            }
            let loss = model.loss(
              inputs.baseAddress! + offset, labels: labels.baseAddress! + offset,
              batch: batch, time: length, weight: weight,
              predictions: predictions.baseAddress! + offset, on: tape)
            lane.loss += Double(loss.values[0])
            guard tape.differentiates else { continue }
            _ = tape.accumulates(loss)
            loss.gradient[0] = 1
            tape.backward()
          }
        }
      }
    }
  }
}
