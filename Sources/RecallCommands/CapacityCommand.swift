import ArgumentParser
import Capacity
import Foundation
import Models
import RecallTasks
import Reports
import Results
import Support

struct CapacityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capacity",
    abstract: "Counts a model's state and cost, and the information that a task needs.",
    discussion: """
      FILE describes a model: the keys of an experiment's `model:`, or `model:` itself and, if wanted, `task:` \
      (kind mqar). It may also be a run's record. Options replace values of the file.

      EXAMPLES
        recall capacity --mixer ssd --d-model 64 --d-state 256 --n-layers 4 --sequence-length 1024
        recall capacity --mixer sliding_window --window-size 32 --num-heads 2
        recall capacity model.yaml --json
        recall capacity --mixer mamba --solve d_state --ratio 1/8 --by exact
        recall capacity --mixer ssd --solve n_layers --by decode_flops
        recall capacity --table published
      """)

  enum Table: String, CaseIterable, ExpressibleByArgument {
    case published

    /// `note` is its old name.
    init?(argument: String) { self.init(rawValue: argument == "note" ? "published" : argument) }
  }

  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp(
      "A model, as YAML or JSON. " + ModelOptions.help, valueName: "file"),
    completion: .file(extensions: ["yaml", "json"]))
  var arguments: [String] = []
  @Option(help: "Kind of mixer (default: ssd).") var mixer: String?
  @OptionGroup var sizes: MQARSizes
  @Option(parsing: .unconditional, help: "Layers of the attention to compare with.")
  var referenceLayers = 2
  @Option(
    name: .customLong("reference-d-model"), parsing: .unconditional,
    help: "Width of the attention to compare with (default: d_model).")
  var referenceDimension: Int?
  @Option(
    parsing: .unconditional, help: "Bits per state scalar that accuracy_bound assumes.")
  var bitsPerScalar = 32.0
  @Option(
    parsing: .unconditional,
    help:
      "The setting to solve for: n_layers, d_model, or what sizes the mixer's state, such as d_state; mixers.0.d_state in a hybrid."
  )
  var solve: MatchParameter?
  @Option(
    parsing: .unconditional,
    help: "The ratio to the reference attention to solve for: a number or a fraction (default: 1).")
  var ratio: String?
  @Option(
    help:
      "What the ratio compares: \(MatchQuantity.allCases.map(\.rawValue).joined(separator: ", ")) (default: exact)."
  )
  var by: MatchQuantity?
  @Option(help: "Print a published table beside all conventions.") var table: Table?
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard solve != nil || (ratio == nil && by == nil) else {
      throw ValidationError("--ratio and --by need --solve, the setting to solve for.")
    }
  }

  func run() throws {
    if table != nil { return try printTable() }
    let options = try ModelOptions(arguments, mixer: mixer, own: Self.ownOptions)
    let question = try CapacityQuestion(
      file: options.file, model: options.values, task: sizes.values)
    // With the task's vocabulary, so that parameters and costs count the embedding.
    var model = try question.model.fitted(to: question.task)
    let length = question.task.sequenceLength
    let reference = try ModelConfiguration.referenceAttention(
      modelDimension: referenceDimension ?? model.shape.modelDimension, layers: referenceLayers,
      vocabulary: question.task.vocabularySize, length: length)
    var match: CapacityMatch?
    if let solve {
      let found = try CapacityMatch(
        solve, of: model, ratio: wantedRatio, by: by ?? .exact, to: reference, length: length)
      model = try model.setting(solve.rawValue, to: found.setting)
      match = found
    }
    let report = try CapacityReport(
      model, task: question.task, reference: reference, bitsPerScalar: bitsPerScalar)
    if json { return try printJSON(report, match) }
    if let match { try Terminal.print(match.text(by: by ?? .exact), terminator: "\n\n") }
    try Terminal.print(report.text)
  }

  private var wantedRatio: Double {
    get throws {
      guard let ratio else { return 1 }
      guard let number = Double(fraction: ratio) else {
        throw SettingsError("ratio", ratio, allowed: "a number or a fraction such as 1/8")
      }
      return number
    }
  }

  private func printJSON(_ report: CapacityReport, _ match: CapacityMatch?) throws {
    var object = try SettingValue(encoding: report).object
    if let match { object["solution"] = match.values(by: by ?? .exact) }
    try printJSON(.object(object))
  }

  private func printJSON(_ values: SettingValue) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try Terminal.print(String(decoding: encoder.encode(values.finite), as: UTF8.self))
  }

  private func printTable() throws {
    let published = try PublishedTable(ofPackage: "mqar_table")
    let table = try PublishedCapacityTable(lines: published.lines)
    if json { try printJSON(table.values) } else { try Terminal.print(table.text) }
  }
}

extension SettingValue {
  fileprivate var object: [String: SettingValue] {
    if case .object(let values) = self { values } else { [:] }
  }
}

extension MatchParameter: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  public static var allValueStrings: [String] { allCases.map(\.rawValue) }
}

extension MatchQuantity: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }
}
