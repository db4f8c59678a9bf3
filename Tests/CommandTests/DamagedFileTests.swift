import FileMutations
import Foundation
import Testing

/// Damaged files, given to the program. No file ends a command by a signal, takes more than 2 seconds of processor time,
/// or more than 500 MB.
@Suite struct DamagedFileTests {
  /// Seconds for each kind of file; `RECALLBENCH_FUZZ_SECONDS`, or 5.
  private static let seconds =
    ProcessInfo.processInfo.environment["RECALLBENCH_FUZZ_SECONDS"].flatMap(Double.init) ?? 5

  /// Kinds of files; commands see the file as `F`, in a copy of the sample.
  enum Kind: String, CaseIterable {
    case experiment, model, record, published, data, predictions, weights

    var path: String {
      switch self {
      case .record: "D/runs/tiny/RECORD.json"
      case .published: "plots/tables/points.csv"
      default: "F"
      }
    }

    var commands: [String] {
      switch self {
      case .experiment: ["run F --table --runs D/runs", "status F", "capacity F", "report F --csv"]
      case .model:
        ["capacity F", "evaluate F --weights D/weights.safetensors --data D/data.safetensors"]
      case .record:
        [
          "run D/tiny.yaml --table --runs D/runs", "run D/tiny.yaml --csv --runs D/runs",
          "report D/tiny.yaml --runs D/runs --output page", "diff D/runs/tiny D/other/runs/tiny",
          "merge D/runs --runs new", "status D/tiny.yaml --runs D/runs",
        ]
      case .published: ["run tasks/published.yaml --table --runs D/runs"]
      case .data:
        [
          "dataset verify F", "score F --predictions D/logits.safetensors",
          "evaluate D/record.json --weights D/weights.safetensors --data F",
          "matrix D/record.json --weights D/weights.safetensors --data F --json",
        ]
      case .predictions: ["score D/data.safetensors --predictions F"]
      case .weights:
        [
          "evaluate D/record.json --weights F --data D/data.safetensors",
          "matrix D/record.json --weights F --data D/data.safetensors --json",
        ]
      }
    }
  }

  @Test(arguments: Kind.allCases)
  func noFileEndsTheProgram(_ kind: Kind) throws {
    let sandbox = try CommandSample.copy()
    defer { sandbox.remove() }
    let mutate = try mutation(of: kind, in: sandbox)
    let path = kind.path.replacing("RECORD", with: try CommandSample.recordName(of: sandbox))
    let url = sandbox.folder.appending(path: path)
    let end = ContinuousClock.now + .seconds(Self.seconds)
    var trial = 0
    var refused = 0
    repeat {
      trial += 1
      let data = try mutate(trial)
      try data.write(to: url)
      for command in kind.commands {
        // 250 MB are the program's own address space. OpenBLAS and gnuplot's library have theirs.
        let (status, _, errors) = try sandbox.shell(
          "export RECALLBENCH_HOME=$PWD/home; ulimit -t 2; ulimit -v 750000; \"$R\" \(command); exit $?"
        )
        if status > 2 {
          let kept = FileManager.default.temporaryDirectory.appending(
            path: "damaged-\(kind.rawValue)-\(trial)")
          try data.write(to: kept)
          Issue.record(
            "\(command): status \(status), \(errors.suffix(300)); the file is \(kept.path)")
        }
        refused += status == 0 ? 0 : 1
      }
      // Removed first, because some file systems flush a file that is overwritten to the disk, which is slow.
      try FileManager.default.removeItem(at: url)
    } while ContinuousClock.now < end
    #expect(refused > 0)
  }

  /// The file of a trial.
  private func mutation(
    of kind: Kind, in sandbox: RecallProcess
  ) throws -> (_ trial: Int) throws -> Data {
    func file(_ name: String) throws -> Data {
      try Data(contentsOf: sandbox.folder.appending(path: name))
    }
    let tables = sandbox.folder.appending(path: "plots/tables")
    try FileManager.default.createDirectory(at: tables, withIntermediateDirectories: true)
    let model = Data("{kind: attention, d_model: 16, n_layers: 1, vocab_size: 32}\n".utf8)
    switch kind {
    case .experiment:
      let mutation = TextMutation(files: [try file("D/tiny.yaml")], seed: 11)
      return { mutation.file(trial: $0) }
    case .model:
      let mutation = TextMutation(files: [model, try file("D/record.json")], seed: 12)
      return { mutation.file(trial: $0) }
    case .record:
      return RecordMutation(files: [try file("D/record.json")], seed: 13).file
    case .published:
      let table = Data("label,accuracy,note\nattention,0.99,\"a \"\"b\"\"\"\nother,1.0,\n".utf8)
      let text = String(decoding: try file("D/tiny.yaml"), as: UTF8.self)
      let used = text.replacing(
        "{label: attention,", with: "{label: attention, published: {label: attention},")
      try Data("experiment: tiny\n\(used)\ntable: {published: points}\n".utf8)
        .write(to: sandbox.folder.appending(path: "tasks/published.yaml"))
      let mutation = TextMutation(files: [table], seed: 14)
      try table.write(to: tables.appending(path: "points.csv"))
      let whole = try sandbox.run("run", "tasks/published.yaml", "--table", "--runs", "D/runs")
      #expect(whole.status == 0, "\(whole.errors)")
      return { mutation.file(trial: $0) }
    case .data, .predictions, .weights:
      let names = [Kind.data: "data", .predictions: "logits", .weights: "weights"]
      var mutation = TensorFileMutation(
        seed: 15, files: [try file("D/\(names[kind]!).safetensors")])
      return { _ in mutation.next() }
    }
  }
}
