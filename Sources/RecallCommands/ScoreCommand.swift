import ArgumentParser
import Foundation
import RecallTasks
import Reports
import Results
import Storage
import Support

/// `recall score`: scores any model's answers to a data file.
struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Scores any model's predictions on a data file, and shows where its errors are.",
    discussion: """
      Predictions are a safetensors file with one of
        predictions  integers [examples, length]: a token at every labelled position
        logits       float32, float64, float16 or bfloat16 [examples, length, vocab_size], or
                     [labelled positions in order, vocab_size]: the largest is the answer
      Files of any size need little memory. examples/pytorch_model.py writes such a file.

      EXAMPLES
        recall dataset write mqar --split test --output test.safetensors
        recall score test.safetensors --predictions p.safetensors
        recall score test.safetensors --predictions p.safetensors --json
      """)

  @Argument(help: "The data, a safetensors file.", completion: .file(extensions: ["safetensors"]))
  var data: String
  @Option(help: "The predictions, a safetensors file.") var predictions: String
  @Option(help: "Draw a heat map of the errors, FILE.png and FILE.svg.") var chart: String?
  @Flag(help: "Logits have more columns than the vocabulary has tokens: leave the others out.")
  var padded = false
  @Option(parsing: .unconditional, help: "The vocabulary, for data that does not say it.")
  var vocabSize: Int?
  @OptionGroup var pictures: PictureOptions
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard (vocabSize ?? 1) > 0 else { throw ValidationError("--vocab-size must be at least 1.") }
  }

  func run() throws {
    if let chart {
      try OutputName.check("--chart", chart)
      try OutputName.check(
        "--chart", picturesOf: chart, pictures.formats, areNot: [data, predictions])
    }
    let dataset = try DatasetFile(contentsOf: URL(filePath: data))
    var answers = try PredictionFile(
      contentsOf: URL(filePath: predictions), for: dataset, isPadded: padded,
      vocabularySize: vocabSize)
    if let note = answers.note { Terminal.say("note: \(note)") }
    var report = ErrorReport(task: dataset.configuration?.task, length: dataset.sequenceLength)
    let progress = WorkProgress("scoring examples", total: dataset.exampleCount)
    defer { progress.close() }
    for chunk in dataset.chunks {
      let (inputs, labels) = try dataset.examples(chunk)
      report.add(
        inputs: inputs, labels: labels,
        predictions: try answers.predictions(to: chunk, labels: labels))
      progress.update(chunk.upperBound)
    }
    try answers.finish()
    progress.close()
    guard report.total.answers > 0 else {
      throw FileError(URL(filePath: data), "holds no labelled example")
    }
    try Terminal.print(json ? report.json : report.text)
    if let chart {
      try report.draw(
        to: chart, title: URL(filePath: predictions).lastPathComponent, pictures,
        quietly: json)
    }
  }
}

extension ErrorReport {
  /// Draws the heat map and prints the pictures' paths, or why there is none.
  ///
  /// - Parameter quietly: prints to standard error, because standard output is for a program.
  func draw(to base: String, title: String, _ pictures: PictureOptions, quietly: Bool) throws {
    guard let chart = chart(title: title, width: try pictures.pictureWidth) else {
      return Terminal.say("no heat map: no answer has a known position in its example")
    }
    let lines = try chart.draw(to: URL(filePath: base), formats: pictures.formats).map {
      "chart: \($0.relativePath)"
    }
    .joined(separator: "\n")
    if quietly { Terminal.say(lines) } else { try Terminal.print("\n" + lines) }
  }
}
