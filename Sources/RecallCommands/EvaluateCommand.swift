import ArgumentParser
import Experiments
import Foundation
import Models
import RecallTasks
import Storage

/// `recall evaluate`: scores a checkpoint on a data file.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Score a checkpoint on a data file.",
    discussion: """
      Prints one JSON line: loss (mean over labelled positions, nats), accuracy (mean over examples of \
      the fraction of labelled positions that are right), exact_match and examples; where the data \
      name their task, also chance and trivial_guess, the accuracies of guesses. With --errors, a \
      report of where the errors are follows, and a heat map of them is drawn beside the weights.

      Checkpoints are safetensors files with the names of the public PyTorch models. A data file holds \
      integer tensors inputs and labels [examples, length]; a label of -100 is none.

        recall evaluate runs/NAME/HASH.json --weights runs/NAME/HASH.weights.safetensors --data test.safetensors
        recall evaluate model.json --weights weights.safetensors --data test.safetensors
      """)

  @Argument(
    help:
      "Model description, JSON: kind, d_model, n_layers, vocab_size, max_length and the mixer's keys."
  )
  var model: String

  @Option(help: "Weights (safetensors).")
  var weights: String

  @Option(help: "Data (safetensors).")
  var data: String

  @Option(help: "Write logits [labelled positions in order, vocab_size] and loss [1] to this file.")
  var output: String?

  @Flag(help: "Add grad.NAME to the output: the gradient of the mean loss for every parameter.")
  var gradients = false

  @Flag(
    help: "Report where the errors are and of what kind, and draw them: WEIGHTS.errors.png, .svg.")
  var errors = false

  func validate() throws {
    if gradients && output == nil {
      throw ValidationError("--gradients needs --output, the file to write them to")
    }
  }

  func run() throws {
    let configuration = try ModelFile.read(URL(filePath: model))
    let language = LanguageModel(configuration)
    let values = try language.readWeights(from: URL(filePath: weights))
    let dataset = try DatasetFile(contentsOf: URL(filePath: data))
    let (inputs, labels) = try dataset.examples(0..<dataset.exampleCount)
    try check(inputs, labels, length: dataset.sequenceLength, fit: configuration)
    let evaluation = try ModelEvaluation(
      model: language, values: values, inputs: inputs, labels: labels,
      length: dataset.sequenceLength, gradients: gradients, logits: output != nil)
    if let output { try evaluation.write(to: URL(filePath: output), of: language) }

    let task = dataset.configuration?.task
    var report = ErrorReport(task: task, length: dataset.sequenceLength)
    report.add(inputs: inputs, labels: labels, predictions: evaluation.predictions)
    let summary = Summary(
      loss: evaluation.loss, accuracy: report.score.accuracy, exactMatch: report.score.exactMatch,
      examples: evaluation.examples, chance: report.guess?.chance,
      trivialGuess: report.guess?.accuracy)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    print(String(decoding: try encoder.encode(summary), as: UTF8.self))
    if errors {
      print("\n" + report.text)
      let file = URL(filePath: weights).deletingPathExtension()
      try report.draw(
        to: file.path + ".errors", title: file.deletingPathExtension().lastPathComponent,
        quietly: false)
    }
  }

  /// Throws unless the model has a row for every token, label and position.
  private func check(
    _ inputs: [Int32], _ labels: [Int32], length: Int, fit model: ModelConfiguration
  ) throws {
    let file = URL(filePath: data)
    let (vocabulary, longest) = (model.backbone.vocabularySize, model.backbone.maximumLength)
    guard !inputs.isEmpty, labels.contains(where: { $0 >= 0 }) else {
      throw FileError(file, "holds no labelled example")
    }
    guard length <= longest else {
      throw FileError(file, "sequences of \(length) tokens; the model's max_length is \(longest)")
    }
    for (name, values) in [("inputs", inputs), ("labels", labels)] {
      guard let index = values.firstIndex(where: { $0 >= Int32(vocabulary) }) else { continue }
      throw FileError(
        file,
        "\(name)[\(index / length), \(index % length)] is \(values[index]); the model's tokens are 0 to "
          + "\(vocabulary - 1)")
    }
  }

  private struct Summary: Encodable {
    let loss, accuracy, exactMatch: Double
    let examples: Int
    let chance, trivialGuess: Double?

    enum CodingKeys: String, CodingKey {
      case loss, accuracy
      case exactMatch = "exact_match"
      case examples, chance
      case trivialGuess = "trivial_guess"
    }
  }
}
