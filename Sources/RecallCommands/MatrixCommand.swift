import ArgumentParser
import Capacity
import Charts
import Foundation
import Models
import RecallTasks
import Records
import Reports
import Storage
import Support
import Training

/// `recall matrix`: the mixing matrix of a trained model, and its ranks.
struct MatrixCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matrix",
    abstract:
      "Shows a trained model's mixing matrix, and how much can cross a cut of the sequence.",
    discussion: """
      A sequence mixer whose outputs are y_t = sum over s of M_ts v_s has the mixing matrix M: row t reads, column s \
      is read. What the tokens behind a cut learn of those before passes through the lower block of M, what goes the \
      other way through the upper block, so the ranks of both say how many scalars must cross the cut. A singular value \
      counts if it is more than a tolerance times the largest: 1e-12 for the rank that the structure allows, 1e-2 for \
      the rank that is of use (1e-3 beside it), in double precision.

      Writes OUTPUT.png and .svg (the matrix), OUTPUT.carried.png and .svg (scalars that must cross each cut), and \
      OUTPUT.safetensors (float64: matrix [L, L], singular values lower and upper). Of sequences longer than 256 tokens \
      63 cuts are computed, beyond 1024 tokens 15; the option --every-cut computes all. Pictures of more than 96 tokens are \
      thinned.

      MODEL may also be the hash of a run in --runs, or its first eight digits and more: weights and examples are then the \
      run's own.

      EXAMPLES
        recall matrix model.json --weights weights.safetensors --data test.safetensors --layer 1 --head 0
        recall matrix 0123456789abcdef --json
      """)

  @Argument(
    help: "The model, as YAML or JSON, as recall evaluate reads it; or a run's record or its hash.")
  var model: String
  @Option(help: "The weights, a safetensors file (default: the run's).") var weights: String?
  @Option(help: "The data, a safetensors file (default: test examples of the run's task).")
  var data: String?
  @Option(parsing: .unconditional, help: "The layer, from 0.") var layer = 0
  @Option(
    parsing: .unconditional, help: "The matrix of the layer, from 0: a head, channel or pair.")
  var head = 0
  @Option(parsing: .unconditional, help: "The example of the data, from 0.") var example = 0
  @Option(
    parsing: .unconditional, help: "Tokens before the cut (default: half of the sequence).")
  var cut: Int?
  @Flag(help: "Compute every cut, also of a long sequence. This may take minutes or hours.")
  var everyCut = false
  @Option(name: .shortAndLong, help: "Start of the files' names (default: the weights' name).")
  var output: String?
  @Option(help: "The folder of records.") var runs = "runs"
  @OptionGroup var pictures: PictureOptions
  @Flag(help: "Print one JSON object, and write no pictures unless --output is given.")
  var json = false

  /// The most tokens of an example: a matrix has the square of it in elements, which plain loops compute.
  private static let longest = 4096

  func run() throws {
    let file = try modelFile()
    if let output { try OutputName.check("--output", output) }
    let description = try ModelFile(contentsOf: file)
    let weightsFile = try weightsFile(of: file)
    let base =
      output.map { URL(filePath: $0) }
      ?? weightsFile.deletingPathExtension().appendingPathExtension("matrix")
    let result = base.appendingPathExtension("safetensors")
    if output != nil || !json { try OutputName.checkParent("--output", of: base.relativePath) }
    let inputs = [file, weightsFile.path, data].compactMap(\.self)
    try OutputName.check("--output", result.path, isNot: inputs)
    for suffix in MatrixReport.pictureSuffixes where output != nil || !json {
      try OutputName.check(
        "--output", picturesOf: base.relativePath + suffix, pictures.formats, areNot: inputs)
    }
    let tokens = try tokens(description)
    let configuration = try description.configuration(length: tokens.count)
    guard (0..<configuration.shape.layers).contains(layer) else {
      throw SettingsError(
        "--layer", layer, allowed: "0 to \(configuration.shape.layers - 1), the model's layers")
    }
    try configuration.requireMemory()
    let language = LanguageModel(configuration)
    let buffer = try language.readWeights(from: weightsFile) { Terminal.say("note: \($0)") }
    try check(tokens, fit: configuration.shape)
    guard (2...Self.longest).contains(tokens.count) else {
      throw SettingsError(
        "tokens of an example", tokens.count, allowed: "2 to \(Self.longest) for a matrix")
    }
    let cut = cut ?? tokens.count / 2
    guard (1..<tokens.count).contains(cut) else {
      throw SettingsError("--cut", cut, allowed: "1 to \(tokens.count - 1)")
    }
    let values = ReferenceWeights(buffer)
    let pass = try language.reference(tokens, weights: values)
    let matrices = try language.mixingMatrices(
      ofLayer: layer, inputs: pass.mixerInputs[layer], weights: values)
    guard (0..<matrices.count).contains(head) else {
      throw SettingsError(
        "--head", head,
        allowed:
          "0 to \(matrices.count - 1), the layer's matrices (one for each \(matrices.unit.rawValue))"
      )
    }
    let cuts = everyCut ? Array(1..<tokens.count) : CarriedScalars.cuts(of: tokens.count)
    let progress = WorkProgress("singular values", total: matrices.count * cuts.count)
    defer { progress.close() }
    let report = try MatrixReport(
      kind: type(of: configuration.mixer(ofLayer: layer)).kind, layer: layer, index: head,
      example: example,
      matrices: matrices, cut: cut, cuts: cuts
    ) { progress.update($0) }
    progress.close()
    try Terminal.print(json ? report.values.json : report.text)
    if output != nil || !json { try write(report, base, result) }
  }

  private func write(_ report: MatrixReport, _ base: URL, _ file: URL) throws {
    try report.write(to: file)
    let width = try pictures.pictureWidth
    var lines = ["matrix: \(file.relativePath)"]
    for (suffix, chart) in report.charts(of: base.lastPathComponent, width: width) {
      let path = URL(filePath: base.relativePath + suffix)
      lines += try chart.draw(to: path, formats: pictures.formats).map {
        "chart: \($0.relativePath)"
      }
    }
    let text = lines.joined(separator: "\n")
    if json { Terminal.say(text) } else { try Terminal.print("\n" + text) }
  }

  /// The path of the model's file; for a hash or its start, that of the record.
  private func modelFile() throws -> String {
    guard RecordLookup.isHash(model), !FileManager.default.fileExists(atPath: model) else {
      return model
    }
    return try RecordLookup.file(hash: model, in: runs, argument: "MODEL")
  }

  private func weightsFile(of file: String) throws -> URL {
    if let weights { return URL(filePath: weights) }
    let own = RecordLookup.weights(of: file)
    guard FileManager.default.fileExists(atPath: own.path) else {
      throw SettingsError(
        missing: "--weights", allowed: "a safetensors file; there is no \(own.relativePath)")
    }
    return own
  }

  /// The tokens of the example.
  private func tokens(_ file: ModelFile) throws -> [Int] {
    let inputs: [Int32]
    if let data {
      let dataset = try DatasetFile(contentsOf: URL(filePath: data))
      guard dataset.exampleCount > 0 else {
        throw FileError(URL(filePath: data), "holds no example")
      }
      guard (0..<dataset.exampleCount).contains(example) else {
        throw SettingsError(
          "--example", example, allowed: "0 to \(dataset.exampleCount - 1), those of \(data)")
      }
      inputs = try dataset.examples(example..<example + 1).inputs
    } else {
      guard let task = try file.recordedTask else {
        throw SettingsError(
          missing: "--data", allowed: "a data file, because \(self.model) is no run's record")
      }
      guard example >= 0 else { throw SettingsError("--example", example, allowed: "at least 0") }
      inputs = task.task.example(at: example, seed: 0, split: .test).inputs
    }
    return inputs.map(Int.init)
  }

  /// Throws unless the model has a row for every token and position.
  private func check(_ tokens: [Int], fit shape: ModelShape) throws(SettingsError) {
    guard tokens.count <= shape.maximumLength else {
      throw SettingsError(
        "tokens of an example", tokens.count,
        allowed: "at most the model's max_length, \(shape.maximumLength)")
    }
    if let token = tokens.first(where: { !(0..<shape.vocabularySize).contains($0) }) {
      throw SettingsError(
        "a token of the example", token,
        allowed: "the model's tokens, 0 to \(shape.vocabularySize - 1)")
    }
  }
}

extension ModelFile {
  /// The task of a run's record; nil if the file is none.
  fileprivate var recordedTask: TaskConfiguration? {
    get throws {
      guard isRecord, let task else { return nil }
      return try task.locating {
        let task = try TaskConfiguration(record: task.values)
        try task.validate()
        return task
      }
    }
  }
}
