import Autodiff
import Foundation
import Kernels
import Storage

/// A model applied to a labelled data set: scores, logits, and on request the loss's gradient.
public struct ModelEvaluation {
  public let examples: Int
  /// Mean cross-entropy over all labelled positions, in nats.
  public let loss: Double
  /// Predicted token at labelled positions, −1 elsewhere [examples, length].
  public let predictions: [Int32]
  /// [labelled positions in order, V].
  public private(set) var logits: [Float] = []
  private let gradients: ParameterBuffer?

  /// inputs and labels [examples, length]; a label below 0 is none. Dropout is off.
  public init(
    model: LanguageModel, values: ParameterBuffer, inputs: [Int32], labels: [Int32], length: Int,
    gradients wantsGradients: Bool = false, logits wantsLogits: Bool = true
  ) throws {
    precondition(inputs.count == labels.count && inputs.count % length == 0, "ragged data")
    _ = BLAS.singleThreaded
    examples = inputs.count / length
    gradients = wantsGradients ? ParameterBuffer(count: model.bufferCount) : nil
    let tape = Tape(
      arena: Arena(), parameters: values.values, gradients: gradients.map { $0.values })
    let vocabulary = model.configuration.shape.vocabularySize
    let labelled = labels.count { $0 >= 0 }
    var predictions = [Int32](repeating: -1, count: labels.count)
    var logits = [Float](repeating: 0, count: wantsLogits ? labelled * vocabulary : 0)
    var (loss, row) = (0.0, 0)
    for example in 0..<examples {
      let offset = example * length
      inputs.withUnsafeBufferPointer { inputs in
        labels.withUnsafeBufferPointer { labels in
          predictions.withUnsafeMutableBufferPointer { predictions in
            tape.reset()
            let term = model.loss(
              inputs.baseAddress! + offset, labels: labels.baseAddress! + offset, batch: 1,
              time: length, weight: 1 / Float(labelled),
              predictions: predictions.baseAddress! + offset, on: tape)
            loss += Double(term.values[0])
            if wantsGradients {
              _ = tape.accumulates(term)
              term.gradient[0] = 1
              tape.backward()
            }
            guard wantsLogits else { return }
            tape.reset()
            logits.withUnsafeMutableBufferPointer {
              model.logits(
                inputs.baseAddress! + offset, labels: labels.baseAddress! + offset, batch: 1,
                time: length, into: $0.baseAddress! + row * vocabulary, on: tape)
            }
            row += (offset..<(offset + length)).count { labels[$0] >= 0 }
          }
        }
      }
    }
    self.loss = loss
    self.predictions = predictions
    self.logits = logits
  }

  /// Gradient of the mean loss; empty if it was not asked for.
  public func gradient(of parameter: Parameter) -> [Float] {
    gradients.map { Array($0.elements(of: parameter)) } ?? []
  }

  /// Writes `logits` [labelled positions in order, V], `loss` [1] and, if they were asked for,
  /// `grad.NAME` for every parameter to a safetensors file, atomically.
  public func write(to url: URL, of model: LanguageModel) throws {
    let vocabulary = model.configuration.shape.vocabularySize
    let parameters = gradients == nil ? [] : model.parameters
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
