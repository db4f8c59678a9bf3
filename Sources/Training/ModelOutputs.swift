import Autodiff
import Foundation
import Models
import Storage

/// A model's logits for some examples, and on request the gradient of their mean loss, for comparison with another
/// implementation of the same model.
public struct ModelOutputs {
  /// [labelled positions in order, V].
  public let logits: [Float]
  private let model: LanguageModel
  private let gradient: ParameterBuffer?

  /// Runs the model with these parameter values on the examples, without dropout; with `gradients`, also backwards.
  public init(
    of model: LanguageModel, values: ParameterBuffer, for examples: LabelledExamples,
    gradients: Bool = false
  ) {
    self.model = model
    logits = Self.logits(of: model, values, for: examples)
    guard gradients else {
      gradient = nil
      return
    }
    let batch = ShardedBatch(
      model: model, values: values, shards: TrainingSettings().gradientShards, threads: 1)
    _ = batch.differentiate(
      examples, TrainingPlan.Indices(range: 0..<examples.count), dropoutKey: nil)
    gradient = batch.gradient
  }

  private static func logits(
    of model: LanguageModel, _ values: ParameterBuffer, for examples: LabelledExamples
  ) -> [Float] {
    let tape = Tape(arena: Arena(), parameters: values.values)
    let vocabulary = model.configuration.shape.vocabularySize
    let length = examples.length
    var logits = [Float](
      repeating: 0, count: examples.labels.count { $0 >= 0 } * vocabulary)
    var rows = 0
    logits.withUnsafeMutableBufferPointer { logits in
      examples.inputs.withUnsafeBufferPointer { inputs in
        examples.labels.withUnsafeBufferPointer { labels in
          for start in stride(from: 0, to: labels.count, by: length) {
            tape.reset()
            model.logits(
              inputs.baseAddress! + start, labels: labels.baseAddress! + start, batch: 1,
              length: length, into: logits.baseAddress! + rows * vocabulary, on: tape)
            rows += labels[start..<start + length].count { $0 >= 0 }
          }
        }
      }
    }
    return logits
  }

  /// The mean loss's derivative by each element of a parameter; empty if it was not asked for.
  public func gradient(of parameter: Parameter) -> [Float] {
    gradient.map { Array($0.elements(of: parameter)) } ?? []
  }

  /// Writes `logits` [labelled positions in order, V], `loss` [1] and, if they were asked for,
  /// `grad.NAME` for every parameter to a safetensors file, atomically. The loss is the mean cross-entropy per labelled
  /// position of the same examples, in nats. Throws `FileError`.
  public func write(to url: URL, loss: Double) throws {
    let vocabulary = model.configuration.shape.vocabularySize
    let parameters = gradient == nil ? [] : model.parameters
    let writer = try SafetensorsWriter(
      to: url,
      tensors: [
        .init("logits", .float32, [logits.count / vocabulary, vocabulary]),
        .init("loss", .float32, [1]),
      ] + parameters.map { .init("grad.\($0.name)", .float32, $0.shape) })
    try writer.append(logits, to: "logits")
    try writer.append([Float(loss)], to: "loss")
    for parameter in parameters {
      try writer.append(gradient(of: parameter), to: "grad.\(parameter.name)")
    }
    try writer.finish()
  }
}
