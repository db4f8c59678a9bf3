import ArgumentParser
import Benchmarks
import Capacity
import Foundation
import Models
import ProgressReports
import RecallTasks
import Records
import Reports
import Support
import Training

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures the speed of training steps on this machine.",
    discussion: """
      A step is data, forward, backward, clipping and AdamW, in float32 (or as --precision says) on MQAR, \
      without dropout. Speed is the median over steps. The peak is a product of 1024 × 1024 matrices on the same threads, measured between the \
      steps. Arithmetic is counted from the shapes: causal halves count once, and the last layer counts only what \
      labelled positions need. No other program should run at the same time.

      EXAMPLES
        recall bench
        recall bench --threads 1
        recall bench --sequence-length 64 --n-pairs 16 --vocab-size 512
        recall bench --mixer ssd --d-state 64 --n-layers 4 --sequence-length 1024
        recall bench --mixer kda --num-heads 1
        recall bench --mixer attention --precision bf16
        recall bench --json > bench.jsonl
        recall bench --operations
        recall bench --operations SSD attention
      """)

  @Option(help: "Measure one model of this kind instead of the usual ones.") var mixer: String?
  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp(
      ModelOptions.help
        + " If they are not given, \(Self.usualShape.map { "\($0.key) is \($0.value)" }.joined(separator: " and "))."
        + " With --operations: words, to measure the operations with one of them in their name.",
      valueName: "keys")
  )
  var arguments: [String] = []
  @OptionGroup var sizes: MQARSizes
  @Option(help: "Sequences of a step (default: as many as make 8192 tokens).") var batch: Int?
  @Option(help: "Threads of a step (default: one per core).") var threads: Int?
  @Option(help: "Format of products' operands and of operations' results.")
  var precision = TrainingSettings.Precision.float32
  @Option(help: "Seconds to spend on each model; at least five steps are measured.")
  var seconds = 5.0
  @Flag(help: "Measure single operations instead of models, on one thread.") var operations = false
  @Flag(help: "Print one JSON object per line.") var json = false

  private static let usualShape: KeyValuePairs = ["d_model": 64, "n_layers": 2]
  /// The models that are measured first without `--mixer`, in every version.
  private static let first = [
    "attention", "ssd --d-state 64 --n-layers 4", "ssd --d-state 256 --n-layers 4",
    "mamba --d-state 16", "attention --sequence-length 64 --vocab-size 512",
    "ssd --d-state 16 --n-layers 4 --sequence-length 64 --vocab-size 512",
  ]
  /// Options of other mixers whose defaults are not measured.
  private static let options = [
    "retnet": "--num-heads 2", "gla": "--num-heads 2", "deltanet": "--num-heads 2",
    "m2": "--block common",
  ]
  /// All models that are measured without `--mixer`: every mixer of the catalogue is one.
  private static var usual: [String] {
    let kinds = MixerCatalog.kinds.filter { kind in
      !first.contains { $0.split(separator: " ")[0] == kind }
    }
    return first + kinds.map { kind in options[kind].map { "\(kind) \($0)" } ?? kind }
  }
  private static let longest = 86400.0
  private var threadCount: Int { threads ?? Machine.cores }

  func validate() throws {
    guard (0...Self.longest).contains(seconds) else {
      throw ValidationError("--seconds must be from 0 to \(Int(Self.longest)), a day.")
    }
    guard TrainingBenchmark.threadBounds.contains(threadCount) else {
      let bounds = TrainingBenchmark.threadBounds
      throw ValidationError(
        "--threads must be from \(bounds.lowerBound) to \(bounds.upperBound).")
    }
    guard !(operations && mixer != nil) else {
      throw ValidationError("Choose one of --operations and --mixer.")
    }
    guard !(operations && !sizes.options.isEmpty) else {
      throw ValidationError(
        "--operations measures at sizes of its own: leave \(sizes.options[0]) out.")
    }
    guard !(operations && (threads ?? 1) != 1) else {
      throw ValidationError("--operations measures on one thread: --threads must be 1 or left out.")
    }
    guard !(operations && precision != .float32) else {
      throw ValidationError("--operations measures in float32: leave --precision out.")
    }
    if operations, named([arguments.joined(separator: " ")]).isEmpty,
      let word = arguments.first(where: { named([$0]).isEmpty })
    {
      throw ValidationError(
        "No operation has \(word) in its name; allowed: parts of \(OperationTiming.names.joined(separator: "; "))."
      )
    }
    if mixer == nil, !operations, let name = arguments.first {
      throw ValidationError("\(name) needs --mixer (without it the usual models are measured).")
    }
  }

  func run() throws {
    if operations { return try measureOperations() }
    if let mixer {
      // Errors come before the heading.
      let benchmark = try chosen(mixer)
      try report { try show(benchmark.run(seconds: seconds)) }
    } else {
      try report { for model in models { try show(measureInProcess(model)) } }
    }
  }

  /// The default models; if sizes are given, each kind of model once.
  private var models: [String] {
    guard !sizes.options.isEmpty else { return Self.usual }
    return Self.usual.map { $0.components(separatedBy: " --sequence-length")[0] }.distinct
  }

  /// The operations with all these words together in their name, or else with one of them.
  private func named(_ words: [String]) -> [String] {
    func with(_ text: String) -> (String) -> Bool {
      { $0.lowercased().contains(text.lowercased()) }
    }
    let whole = OperationTiming.names.filter(with(words.joined(separator: " ")))
    return whole.isEmpty
      ? OperationTiming.names.filter { name in words.contains { with($0)(name) } } : whole
  }

  private func measureOperations() throws {
    if !json { try Terminal.print(OperationText.heading) }
    let chosen = arguments.isEmpty ? OperationTiming.names : named(arguments)
    try OperationTiming.measure(seconds: seconds, where: chosen.contains) { timing in
      try Terminal.print(json ? timing.json : OperationText.line(timing))
    }
    if !json { try Terminal.print(OperationText.legend(chosen)) }
  }

  private func report(_ rows: () throws -> Void) throws {
    if !json {
      let instructions = Machine.current.instructionSet(at: precision)
      try Terminal.print(
        TrainingSpeedText.heading(threads: threadCount, instructionSet: instructions))
    }
    try rows()
    if !json { try Terminal.print(TrainingSpeedText.legend) }
  }

  private func show(_ speed: TrainingSpeed) throws {
    try Terminal.print(
      json ? SettingValue(encoding: speed).json : TrainingSpeedText.line(speed))
  }

  /// Measures one model in a process of its own, so that the memory is that of the one model.
  private func measureInProcess(_ model: String) throws -> TrainingSpeed {
    let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
    var command = [program, "bench", "--json", "--threads", "\(threadCount)"]
    command += ["--seconds", "\(seconds)", "--precision", precision.rawValue, "--mixer"]
    command += model.split(separator: " ").map(String.init) + sizes.options
    if let batch { command += ["--batch", "\(batch)"] }
    guard let process = Subprocess(command, passesErrors: true) else {
      throw ValidationError("cannot start \(program)")
    }
    // The process has printed its error.
    guard process.status == 0 else { throw ExitCode(process.status) }
    return try JSONDecoder().decode(TrainingSpeed.self, from: Data(process.output.utf8))
  }

  private func chosen(_ mixer: String) throws -> TrainingBenchmark {
    let options = try ModelOptions(arguments, mixer: mixer, own: Self.ownOptions)
    if let file = options.file {
      throw SettingsError("argument", file, allowed: "options")
    }
    var values = options.values
    for (key, value) in Self.usualShape where values[key] == nil { values[key] = .int(value) }
    // The settings of tasks/, and of the models that speed is compared with.
    for key in (options.mixer?.names ?? []) + ModelShape.names
    where key.hasSuffix("dropout") {
      values[key] = .double(0)
    }
    return try TrainingBenchmark(
      ModelConfiguration(values), MQAR(usual: sizes.values), threads: threadCount, batch: batch,
      precision: precision)
  }
}

extension TrainingSettings.Precision: ExpressibleByArgument {}
