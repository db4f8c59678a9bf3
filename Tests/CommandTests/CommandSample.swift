import Foundation
import Testing

/// Every command, with files that it can work on.
enum CommandSample {
  /// One line for each command and form of output; `D` stands for a folder with data and records.
  static let commands: [String] = [
    "--help", "--version", "list", "run D/tiny.yaml --table --runs D/runs",
    "run D/tiny.yaml --csv --runs D/runs",
    "run D/tiny.yaml --plan", "status D/tiny.yaml --runs D/runs",
    "report D/tiny.yaml --runs D/runs --csv",
    "report D/tiny.yaml --runs D/runs --output page", "diff D/runs/tiny D/runs/tiny",
    "diff D/runs/tiny D/runs/tiny --json", "merge D/other/runs", "capacity --mixer ssd --json",
    "capacity --table published", "submit D/tiny.yaml --script-only",
    "bench --mixer attention --seconds 0 --sequence-length 8 --n-pairs 2 --vocab-size 16",
    "dataset show mqar --sequence-length 16 --n-pairs 2 --vocab-size 32",
    "dataset write mqar --examples 5 --output new.safetensors --force",
    "dataset verify D/data.safetensors",
    "score D/data.safetensors --predictions D/logits.safetensors --json",
    "score D/data.safetensors --predictions D/logits.safetensors",
    "evaluate D/record.json --weights D/weights.safetensors --data D/data.safetensors",
    "matrix D/record.json --weights D/weights.safetensors --data D/data.safetensors --json",
    "matrix D/record.json --weights D/weights.safetensors --data D/data.safetensors --output m",
    "list all", "new mine --output mine.yaml", "plot D/tiny.yaml --runs D/runs --output figures",
    "report D/tiny.yaml --runs D/runs --tensorboard board",
    "dataset write mqar --examples 5 --output -",
    "score D/data.safetensors --predictions D/logits.safetensors --chart errors",
    "evaluate D/record.json --weights D/weights.safetensors --data D/data.safetensors --errors",
    "evaluate D/record.json --weights D/weights.safetensors --data D/data.safetensors --output out "
      + "--gradients",
  ]

  /// A folder with a finished experiment, its records also as those of another machine, data, weights and logits.
  private static let sample = Result { try makeSample() }

  private static func makeSample() throws -> RecallProcess {
    let sandbox = try RecallProcess(experiment: "")
    try Data(
      """
      task: {kind: mqar, sequence_length: 16, n_pairs: 2, vocab_size: 32}
      training: {lr: 3e-3, batch_size: 16, stages: [{steps: 4}], evaluate_every: 2, validation_examples: 8, test_examples: 8}
      rows:
        - {label: attention, model: {kind: attention, d_model: 16, n_layers: 1}}
      """.utf8
    ).write(to: sandbox.folder.appending(path: "tiny.yaml"))
    func succeed(_ arguments: String) throws {
      let run = try sandbox.run(arguments.split(separator: " ").map(String.init))
      try #require(run.status == 0, "\(arguments): \(run.errors)")
    }
    try succeed("run tiny.yaml")
    let folder = sandbox.folder
    let record = try recordName(in: "runs/tiny", of: sandbox)
    let files = FileManager.default
    try files.createDirectory(
      at: folder.appending(path: "other"), withIntermediateDirectories: true)
    try files.copyItem(at: folder.appending(path: "runs"), to: folder.appending(path: "other/runs"))
    for (from, to) in [("\(record).json", "record.json"), ("\(record).weights", "weights")] {
      let end = from.hasSuffix("json") ? "" : ".safetensors"
      try files.copyItem(
        at: folder.appending(path: "runs/tiny/\(from)\(end)"), to: folder.appending(path: to + end))
    }
    try succeed(
      "dataset write mqar --sequence-length 16 --n-pairs 2 --vocab-size 32 --examples 9 --output data.safetensors"
    )
    try succeed(
      "evaluate record.json --weights weights.safetensors --data data.safetensors --output logits.safetensors"
    )
    return sandbox
  }

  /// The name of the only record in a folder of a copy, without its end.
  static func recordName(
    in folder: String = "D/runs/tiny", of copy: RecallProcess
  ) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: copy.folder.appending(path: folder).path)
    return String(try #require(names.first { $0.hasSuffix(".json") }).dropLast(5))
  }

  /// A new folder in which `D` is a copy of the sample.
  static func copy() throws -> RecallProcess {
    let sandbox = try RecallProcess(experiment: "")
    try FileManager.default.copyItem(
      at: sample.get().folder, to: sandbox.folder.appending(path: "D"))
    return sandbox
  }
}
