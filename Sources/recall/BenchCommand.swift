import ArgumentParser
import Configuration
import Experiments
import Foundation
import Mixers
import RecallTasks

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures the speed of training steps on this machine.",
    discussion: """
      A step is data, forward, backward, clipping and AdamW, float32, on MQAR. Speed is the median over \
      steps. The peak is a product of 1024 × 1024 matrices on the same threads, measured between the \
      steps; arithmetic is counted from the shapes, causal halves once. Nothing else should be running.

      EXAMPLES
        recall bench
        recall bench --threads 1
        recall bench --mixer ssd --d-state 64 --n-layers 4 --sequence-length 1024
        recall bench --json > bench.jsonl
        recall bench --operations
      """)

  @Option(help: "Measure one model of this kind instead of the usual ones.") var mixer: String?
  @Option(name: .customLong("d-model"), help: "Default: 64.") var modelDimension: Int?
  @Option(name: .customLong("n-layers"), help: "Default: 2.") var layers: Int?
  @Option(name: .customLong("d-state"), help: "Default: the mixer's.") var stateDimension: Int?
  @Option(help: "Default: 1024.") var sequenceLength: Int?
  @Option(name: .customLong("n-pairs"), help: "Default: sequence_length / 4.") var pairs: Int?
  @Option(name: .customLong("vocab-size"), help: "Default: 8192.") var vocabularySize: Int?
  @Option(help: "Sequences of a step (default: 8192 tokens' worth).") var batch: Int?
  @Option(help: "Threads of a step (default: one per core).") var threads = Machine.cores
  @Option(help: "Time to spend on each model, at least five steps.") var seconds = 5.0
  @Flag(help: "Measure single operations instead, on one thread.") var operations = false
  @Flag(help: "One JSON object a line.") var json = false

  func validate() throws {
    guard seconds >= 0 else { throw ValidationError("--seconds must be at least 0.") }
    let unused: [(String, Bool)] = [
      ("d-model", modelDimension != nil), ("n-layers", layers != nil),
      ("d-state", stateDimension != nil), ("sequence-length", sequenceLength != nil),
      ("n-pairs", pairs != nil), ("vocab-size", vocabularySize != nil), ("batch", batch != nil),
    ]
    guard !(operations && mixer != nil) else {
      throw ValidationError("Choose one of --operations and --mixer.")
    }
    if mixer == nil, let (name, _) = unused.first(where: \.1) {
      throw ValidationError("--\(name) needs --mixer (without it the usual models are measured).")
    }
  }

  func run() throws {
    if operations { return OperationText.measure(seconds: seconds, json: json) }
    let benchmarks = try mixer.map { [try chosen($0)] } ?? usual()
    if !json { print(BenchTable.heading(threads: threads)) }
    for benchmark in benchmarks {
      let measurement = try benchmark.run(seconds: seconds)
      print(json ? try measurement.json : BenchTable.line(measurement))
      fflush(nil)
    }
    if !json { print(BenchTable.legend) }
  }

  /// The models whose speed is followed from version to version.
  private func usual() throws -> [TrainingBenchmark] {
    try [
      benchmark("attention", layers: 2), benchmark("ssd", 64, layers: 4),
      benchmark("ssd", 256, layers: 4), benchmark("mamba", 16, layers: 2),
      benchmark("attention", layers: 2, length: 64, vocabulary: 512),
      benchmark("ssd", 16, layers: 4, length: 64, vocabulary: 512),
    ]
  }

  private func chosen(_ mixer: String) throws -> TrainingBenchmark {
    try benchmark(
      mixer, stateDimension, layers: layers ?? 2, dimension: modelDimension ?? 64,
      length: sequenceLength ?? 1024, pairs: pairs, vocabulary: vocabularySize ?? 8192)
  }

  private func benchmark(
    _ mixer: String, _ state: Int? = nil, layers: Int, dimension: Int = 64, length: Int = 1024,
    pairs: Int? = nil, vocabulary: Int = 8192
  ) throws -> TrainingBenchmark {
    var values: [String: SettingValue] = [
      "kind": .string(mixer), "d_model": .int(dimension), "n_layers": .int(layers),
    ]
    values["d_state"] = state.map { .int($0) }
    var task = MQAR()
    task.vocabularySize = vocabulary
    task.sequenceLength = length
    task.pairCount = pairs ?? max(1, length / 4)
    return try TrainingBenchmark(
      ModelConfiguration(values), task, threads: threads, batch: batch)
  }
}

/// Rows of cells under a heading: the first column to the left, numbers to the right.
private struct Columns {
  let columns: [(title: String, width: Int)]

  init(_ columns: [(String, Int)]) { self.columns = columns }

  func heading(threads: Int) -> String {
    let machine = Machine.current
    return "\(machine.cpu), \(machine.instructionSet), OpenBLAS \(machine.blasCore), "
      + (threads == 1 ? "1 thread" : "\(threads) threads") + "\n\n"
      + row(columns.map(\.title))
  }

  func row(_ cells: [String]) -> String {
    zip(cells, columns).enumerated().map { index, pair in
      let (cell, column) = pair
      let padding = String(repeating: " ", count: max(0, column.width - cell.count))
      return index == 0 ? cell + padding : padding + cell
    }.joined(separator: "  ")
  }
}

/// Operations as text.
private enum OperationText {
  private static let columns = Columns([
    ("operation", 32), ("forward µs", 10), ("backward µs", 11), ("Mflop", 8), ("MB", 6),
    ("GFLOP/s", 8), ("of roofline", 11), ("limit", 10),
  ])

  static func measure(seconds: Double, json: Bool) {
    if !json { print(columns.heading(threads: 1)) }
    OperationTiming.all(seconds: seconds) { timing in
      print(json ? timing.json : line(timing))
      fflush(nil)
    }
    if !json { print(legend) }
  }

  private static func line(_ t: OperationTiming) -> String {
    columns.row([
      t.description, fixed(1e6 * t.forwardSeconds, 0), fixed(1e6 * t.backwardSeconds, 0),
      fixed(2e-6 * Double(t.multiplyAdds), 1), fixed(1e-6 * Double(t.bytes), 1),
      fixed(t.gigaflops, 1), fixed(100 * t.fractionOfRoofline, 0) + " %",
      t.isBoundByArithmetic ? "arithmetic" : "memory",
    ])
  }

  private static let legend = """

    Forward and backward of one pass (1024 tokens; 8 × 64 where L is 64). Mflop: additions and
    multiplications, counted from the shapes; MB: operands, results and gradients, 10⁶ bytes.
    of roofline: the time that a product of 1024 × 1024 matrices would take for that arithmetic, or a copy
    for that many bytes, whichever is longer (limit), over the time it takes.
    """
}

/// Training steps as text.
private enum BenchTable {
  private static let columns = Columns([
    ("mixer", 10), ("d_state", 7), ("layers", 6), ("L", 5), ("pairs", 5), ("V", 5),
    ("seq/s", 8), ("tokens/s", 9), ("GFLOP/s", 8), ("of peak", 7), ("memory", 7), ("allocs", 6),
  ])

  static func heading(threads: Int) -> String { columns.heading(threads: threads) }

  static let legend = """

    A step of 8192 tokens unless --batch says otherwise. of peak: GFLOP/s as a fraction of a product of
    1024 × 1024 matrices. memory: largest resident, 10⁶ bytes. allocs: heap allocations in one step.
    """

  static func line(_ m: TrainingBenchmark.Measurement) -> String {
    let (task, backbone) = (m.benchmark.task, m.benchmark.model.backbone)
    return columns.row([
      m.benchmark.model.kind, m.stateDimension.map(String.init) ?? "-", "\(backbone.layers)",
      "\(task.sequenceLength)", "\(task.pairCount)", "\(task.vocabularySize)",
      fixed(m.sequencesPerSecond, m.sequencesPerSecond < 100 ? 2 : 0),
      fixed(m.tokensPerSecond, 0), fixed(m.gigaflops, 1), fixed(100 * m.fractionOfPeak, 0) + " %",
      m.megabytes.map { fixed($0, 0) } ?? "-", m.allocations.map(String.init) ?? "-",
    ])
  }

}

extension OperationTiming {
  fileprivate var json: String {
    SettingValue.object([
      "operation": .string(description), "forward_us": .double(1e6 * forwardSeconds),
      "backward_us": .double(1e6 * backwardSeconds), "multiply_adds": .int(multiplyAdds),
      "bytes": .int(bytes), "gflops": .double(gigaflops), "peak_gflops": .double(peakGigaflops),
      "copy_gb_per_second": .double(1e-9 * copyBytesPerSecond),
      "fraction_of_roofline": .double(fractionOfRoofline),
      "limit": .string(isBoundByArithmetic ? "arithmetic" : "memory"),
    ]).canonicalJSON
  }
}

extension TrainingBenchmark.Measurement {
  /// Of mixers that have one.
  fileprivate var stateDimension: Int? {
    guard case .int(let value)? = try? benchmark.model.values["d_state"] else { return nil }
    return value
  }

  fileprivate var json: String {
    get throws {
      let (task, backbone) = (benchmark.task, benchmark.model.backbone)
      let values: [String: SettingValue] = [
        "mixer": .string(benchmark.model.kind), "d_model": .int(backbone.modelDimension),
        "d_state": stateDimension.map { .int($0) } ?? .null, "n_layers": .int(backbone.layers),
        "sequence_length": .int(task.sequenceLength), "n_pairs": .int(task.pairCount),
        "vocab_size": .int(task.vocabularySize), "threads": .int(benchmark.threads),
        "batch": .int(benchmark.batch), "sequences_per_second": .double(sequencesPerSecond),
        "tokens_per_second": .double(tokensPerSecond), "gflops": .double(gigaflops),
        "peak_gflops": .double(peakGigaflops), "fraction_of_peak": .double(fractionOfPeak),
        "peak_memory_mb": megabytes.map { .double($0) } ?? .null,
        "allocations_per_step": allocations.map { .int($0) } ?? .null,
      ]
      return SettingValue.object(values).canonicalJSON
    }
  }
}
