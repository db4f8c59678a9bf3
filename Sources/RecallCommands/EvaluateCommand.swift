import ArgumentParser
import Foundation
import Models
import RecallTasks
import Records
import Reports
import Results
import Storage
import Support
import Training

/// `recall evaluate`: scores a checkpoint on a data file.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Scores a checkpoint on a data file.",
    discussion: """
      Prints one line of JSON: loss (mean over labelled positions, in nats), accuracy (the fraction of \
      labelled positions that are right, mean over examples), exact_match and examples. Examples without a label \
      do not count. If the data file names its task, also chance (the accuracy of a random answer) and \
      baseline (the accuracy of the best predictor without recall; also under its earlier name, trivial_guess). If answers may come after \
      their questions, also causal_best (the best accuracy of a model that sees no later token) and \
      accuracy_by_part. A loss that is not a finite number is null, and \
      loss_is names it. --errors adds a report of where the errors are, \
      and draws a heat map of them beside the weights; a pair that is shown more than once counts at its last \
      occurrence.

      Checkpoints are safetensors files with the parameter names of the public PyTorch models. A data file holds \
      the integer tensors inputs and labels [examples, length]; a label of -100 means that nothing is asked.

      EXAMPLES
        recall evaluate runs/NAME/HASH.json --weights runs/NAME/HASH.weights.safetensors --data test.safetensors
        recall evaluate model.json --weights weights.safetensors --data test.safetensors
      """)

  @Argument(
    help:
      "The model, as YAML or JSON: kind, d_model, n_layers, vocab_size and the mixer's keys, and max_length unless it is the data's; or a run's record."
  )
  var model: String

  @Option(help: "The weights, a safetensors file.")
  var weights: String

  @Option(help: "The data, a safetensors file.")
  var data: String

  @Option(help: "A file for logits [labelled positions in order, vocab_size] and loss [1].")
  var output: String?

  @Flag(help: "Add to the output grad.NAME, the gradient of the mean loss, for every parameter.")
  var gradients = false

  @Flag(
    help: "Report where and of what kind the errors are, and draw them: WEIGHTS.errors.png, .svg.")
  var errors = false

  @OptionGroup var pictures: PictureOptions

  func validate() throws {
    if gradients && output == nil {
      throw ValidationError("--gradients needs --output, the file to write them to")
    }
  }

  func run() throws {
    let read = [model, weights, data]
    if let output { try OutputName.check("--output", output, isNot: read) }
    if errors {
      try OutputName.check(
        "--weights", picturesOf: errorPictures.path, pictures.formats, areNot: read)
    }
    let dataset = try DatasetFile(contentsOf: URL(filePath: data))
    let configuration = try ModelFile(contentsOf: model)
      .configuration(length: dataset.sequenceLength)
    try configuration.requireMemory()
    let language = LanguageModel(configuration)
    let values = try language.readWeights(from: URL(filePath: weights)) {
      Terminal.say("note: \($0)")
    }
    if let task = dataset.configuration {
      do {
        try configuration.checkDirections(on: task)
      } catch {
        throw FileError(URL(filePath: data), "\(error)")
      }
    }
    let (inputs, labels) = try dataset.examples(0..<dataset.exampleCount)
    try check(inputs, labels, length: dataset.sequenceLength, fit: configuration)
    let examples = LabelledExamples(
      inputs: inputs, labels: labels, length: dataset.sequenceLength)
    let evaluator = Evaluator(model: language, values: values, threads: Machine.cores)
    let (score, predictions) = evaluator.score(examples)
    if let output {
      try ModelOutputs(of: language, values: values, for: examples, gradients: gradients)
        .write(to: URL(filePath: output), loss: score.meanLoss)
    }

    var report = ErrorReport(task: dataset.configuration?.task, length: dataset.sequenceLength)
    report.add(inputs: inputs, labels: labels, predictions: predictions)
    try Terminal.print(report.summary(of: score).json)
    if let name = score.meanLoss.nameIfNotFinite {
      Terminal.say(
        "warning: the loss is \(name): the weights or the model's outputs are not finite numbers"
      )
    }
    if errors {
      try Terminal.print("\n" + report.text)
      try report.draw(
        to: errorPictures.path,
        title: errorPictures.deletingPathExtension().deletingPathExtension().lastPathComponent,
        pictures, quietly: false)
    }
  }

  /// WEIGHTS.errors, the name of the pictures of errors without their extension.
  private var errorPictures: URL {
    URL(filePath: weights).deletingPathExtension().appendingPathExtension("errors")
  }

  /// Throws unless the model has a row for every token, label and position.
  private func check(
    _ inputs: [Int32], _ labels: [Int32], length: Int, fit model: ModelConfiguration
  ) throws {
    let file = URL(filePath: data)
    let (vocabulary, longest) = (model.shape.vocabularySize, model.shape.maximumLength)
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
}
