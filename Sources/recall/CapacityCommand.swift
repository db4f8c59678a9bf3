import ArgumentParser
import Capacity
import Charts
import Configuration
import Experiments
import Foundation
import Mixers
import RecallTasks

struct CapacityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capacity",
    abstract: "Counts a model's state, its cost, and what a task demands of it.",
    discussion: """
      EXAMPLES
        recall capacity --mixer ssd --d-model 64 --d-state 256 --n-layers 4 --sequence-length 1024
        recall capacity --mixer mamba --solve d_state --ratio 1 --by exact
        recall capacity --table note
      """)

  enum Table: String, CaseIterable, ExpressibleByArgument { case note }

  @Option(help: "Kind of mixer.") var mixer = "ssd"
  @Option(name: .customLong("d-model")) var modelDimension = 64
  @Option(name: .customLong("n-layers")) var layers = 2
  @Option(name: .customLong("d-state")) var stateDimension: Int?
  @Option var expand: Int?
  @Option(name: .customLong("headdim")) var headDimension: Int?
  @Option(name: .customLong("ngroups")) var groups: Int?
  @Option(name: .customLong("num-heads")) var heads: Int?
  @Option var sequenceLength = 1024
  @Option(name: .customLong("n-pairs"), help: "Default: sequence_length / 4.") var pairs: Int?
  @Option(name: .customLong("vocab-size")) var vocabularySize = 8192
  @Option(help: "Layers of the attention to compare with.") var referenceLayers = 2
  @Option(name: .customLong("reference-d-model"), help: "Default: d_model.")
  var referenceDimension: Int?
  @Option(help: "Bits that a state scalar is taken to hold in accuracy_bound.")
  var bitsPerScalar = 32.0
  @Option(help: "Setting to solve for: d_state, n_layers, d_model.") var solve: MatchParameter?
  @Option(help: "Wanted ratio to the reference attention.") var ratio = 1.0
  @Option(help: "What the ratio is of: exact, note, inner, parameters, decode_flops.")
  var by = MatchQuantity.exact
  @Option(help: "Print a published table beside all conventions.") var table: Table?
  @Flag(help: "One JSON object.") var json = false

  func run() throws {
    if table != nil { return try printTable() }
    var task = MQAR()
    task.vocabularySize = vocabularySize
    task.sequenceLength = sequenceLength
    task.pairCount = pairs ?? max(1, sequenceLength / 4)
    try task.validate()
    var model = try ModelConfiguration(values)
    let reference = try ReferenceAttention(
      modelDimension: referenceDimension ?? modelDimension, layers: referenceLayers,
      length: sequenceLength)
    var match: CapacityMatch?
    if let solve {
      let found = try CapacityMatch(solve, of: model, ratio: ratio, by: by, to: reference)
      model = try ModelConfiguration(
        model.values.merging([solve.rawValue: .int(found.value)]) { $1 })
      match = found
    }
    let report = try CapacityReport(
      model, task: task, reference: reference, bitsPerScalar: bitsPerScalar)
    if json { return try printJSON(report, match) }
    if let match {
      print(
        "\(match.parameter.rawValue) = \(match.solution) for ratio \(match.requested) by "
          + "\(by.rawValue); nearest allowed \(match.value), ratio \(match.obtained)\n")
    }
    print(report.text)
  }

  private var values: [String: SettingValue] {
    var values: [String: SettingValue] = [
      "kind": .string(mixer), "d_model": .int(modelDimension), "n_layers": .int(layers),
      "vocab_size": .int(vocabularySize),
    ]
    for (key, value) in [
      ("d_state", stateDimension), ("expand", expand), ("headdim", headDimension),
      ("ngroups", groups), ("num_heads", heads),
    ] {
      values[key] = value.map { .int($0) }
    }
    return values
  }

  private func printJSON(_ report: CapacityReport, _ match: CapacityMatch?) throws {
    let data = try JSONEncoder().encode(report)
    var object = try JSONDecoder().decode([String: SettingValue].self, from: data)
    if let match {
      object["solution"] = .object([
        "solve": .string(match.parameter.rawValue), "by": .string(by.rawValue),
        "requested": .double(match.requested), "exact": .double(match.solution),
        "value": .int(match.value), "obtained": .double(match.obtained),
      ])
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    print(String(decoding: try encoder.encode(object), as: UTF8.self))
  }

  private func printTable() throws {
    let published = try PublishedTable("mqar_table", in: ProjectFolder.find())
    print(try NoteTable(lines: published.lines).text)
  }
}

extension MatchParameter: ExpressibleByArgument {}
extension MatchQuantity: ExpressibleByArgument {}
