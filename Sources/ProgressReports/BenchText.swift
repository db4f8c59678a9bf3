import Benchmarks
import Experiments
import Foundation
import Records
import Support

/// Rows under a heading, printed one by one: the first column at the left, the others at the right.
private struct Columns {
  let columns: [(title: String, width: Int)]

  init(_ columns: [(String, Int)]) { self.columns = columns }

  func heading(threads: Int, instructionSet: String = Machine.current.instructionSet) -> String {
    let machine = Machine.current
    return "\(machine.cpu), \(instructionSet), OpenBLAS \(machine.blasCore), "
      + (threads == 1 ? "1 thread" : "\(threads) threads") + "\n"
      + (Machine.fasterBLASCore.map(Self.slowKernels) ?? "") + "\n" + row(columns.map(\.title))
  }

  private static func slowKernels(_ core: String) -> String {
    """
    warning: OpenBLAS uses its kernels for SSE3 (Prescott). Its matrix product is slower than the machine, so fractions
    of it are too high. With OPENBLAS_CORETYPE=\(core) in the environment it uses better ones.

    """
  }

  func row(_ cells: [String]) -> String {
    alignedColumns([cells], widths: columns.map(\.width))[0]
  }
}

/// The lines of `recall bench --operations`.
package enum OperationText {
  private static let columns = Columns([
    ("operation", 32), ("forward µs", 10), ("backward µs", 11), ("Mflop", 8), ("MB", 6),
    ("GFLOP/s", 8), ("of roofline", 11), ("limit", 12),
  ])

  package static var heading: String { columns.heading(threads: 1) }

  package static func line(_ t: OperationTiming) -> String {
    columns.row([
      t.description, fixed(1e6 * t.forwardSeconds, 0), fixed(1e6 * t.backwardSeconds, 0),
      fixed(2e-6 * Double(t.multiplyAdds), 1), fixed(1e-6 * Double(t.bytes), 1),
      fixed(t.gigaflops, 1), percent(t.fractionOfRoofline),
      t.limit.rawValue,
    ])
  }

  /// - Parameter names: the operations that were measured.
  package static func legend(_ names: [String]) -> String {
    let about = [
      "Forward and backward are for one pass as in training: one sequence of 1024 tokens, or four of 64 if L is 64.",
      names.contains { $0.hasPrefix("cross-entropy") }
        ? "Cross-entropy computes its gradient in the forward pass." : nil,
      names.contains(where: OperationTiming.partsOfStep.contains)
        ? "What has no backward pass is for a whole step of 8192 tokens with 0.52 million weights."
        : nil,
      "Mflop: additions and multiplications, counted from the shapes. MB: operands, results and gradients, 10⁶ bytes; what "
        + "is written counts twice, because its cache line is fetched first.",
    ]
    let lines = about.compactMap { $0 }.joined(separator: " ").lines(to: 110)
    return "\n" + lines.joined(separator: "\n") + "\n"
      + """
      of roofline: the shortest possible time divided by the measured time. The shortest possible time is that of a
      product of 1024 × 1024 matrices with as much arithmetic plus that of as many exponentials (sigmoids and the like
      count as one) in an array in cache, or that of an in-place update of as many bytes, if this is longer.
      """
  }
}

/// The lines of `recall bench`.
package enum TrainingSpeedText {
  private static let columns = Columns([
    ("mixer", 16), ("d_state", 7), ("layers", 6), ("L", 5), ("pairs", 5), ("V", 5),
    ("seq/s", 8), ("tokens/s", 9), ("GFLOP/s", 8), ("of peak", 7), ("memory", 7), ("allocs", 6),
  ])

  package static func heading(threads: Int, instructionSet: String) -> String {
    columns.heading(threads: threads, instructionSet: instructionSet)
  }

  package static let legend = """

    A step of 8192 tokens unless --batch says otherwise; each model in a process of its own. of peak:
    GFLOP/s as a fraction of a product of 1024 × 1024 matrices. memory: largest resident, 10⁶ bytes.
    allocs: heap allocations in one step.
    """

  package static func line(_ m: TrainingSpeed) -> String {
    row(m)
      + (m.gradientError.map {
        "\n  its gradient differs from that in float32 by \(significant(100 * $0, 2)) % of its norm"
      } ?? "")
  }

  private static func row(_ m: TrainingSpeed) -> String {
    columns.row([
      m.mixer, m.stateDimension.map(String.init) ?? "-", "\(m.layers)", "\(m.sequenceLength)",
      "\(m.pairs)", "\(m.vocabularySize)",
      fixed(m.sequencesPerSecond, m.sequencesPerSecond < 100 ? 2 : 0),
      fixed(m.tokensPerSecond, 0), fixed(m.gigaflops, 1), percent(m.fractionOfPeak),
      m.peakMemoryMegabytes.map { fixed($0, 0) } ?? "-",
      m.allocationsPerStep.map(String.init) ?? "-",
    ])
  }
}

extension OperationTiming {
  /// One JSON object.
  package var json: String {
    SettingValue.object([
      "operation": .string(description), "forward_us": .double(1e6 * forwardSeconds),
      "backward_us": .double(1e6 * backwardSeconds), "multiply_adds": .int(multiplyAdds),
      "bytes": .int(bytes), "gflops": .double(gigaflops), "peak_gflops": .double(peakGigaflops),
      "memory_gb_per_second": .double(1e-9 * memoryBytesPerSecond),
      "fraction_of_roofline": .double(fractionOfRoofline),
      "limit": .string(limit.rawValue),
      "exponentials": .int(exponentials), "exponential_ns": .double(1e9 * secondsPerExponential),
    ]).json
  }
}
