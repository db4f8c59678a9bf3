import Autodiff

/// The speed of one operation on one thread, forward and backward, beside what limits it.
public struct OperationTiming: Sendable {
  public let description: String
  /// Medians.
  public let forwardSeconds: Double
  public let backwardSeconds: Double
  /// Of both passes, counted from the shapes: backward has twice those of forward.
  public let multiplyAdds: Int
  /// Of operands, results and their gradients, each read or written as often as it must be.
  public let bytes: Int
  /// Of a product of 1024 × 1024 matrices, measured in between.
  public let peakGigaflops: Double
  /// Of a copy of as many bytes, measured in between: from whichever cache they fit into.
  public let copyBytesPerSecond: Double

  public var seconds: Double { forwardSeconds + backwardSeconds }
  public var gigaflops: Double { 2e-9 * Double(multiplyAdds) / seconds }
  private var arithmeticSeconds: Double { 2e-9 * Double(multiplyAdds) / peakGigaflops }
  private var memorySeconds: Double { Double(bytes) / copyBytesPerSecond }
  /// Whether arithmetic, not memory, is what limits it.
  public var isBoundByArithmetic: Bool { arithmeticSeconds >= memorySeconds }
  /// The time that its limit would allow, over the time it takes.
  public var fractionOfRoofline: Double { max(arithmeticSeconds, memorySeconds) / seconds }

  /// Every operation, one after the other, for about `seconds` each.
  public static func all(seconds: Double, _ body: (OperationTiming) -> Void) {
    let peak = MatrixPeak(threads: 1)
    for benchmark in OperationCatalog.benchmarks {
      body(OperationTiming(benchmark, peak, seconds: seconds))
    }
  }

  private init(_ benchmark: OperationBenchmark, _ peak: MatrixPeak, seconds: Double) {
    let runner = OperationRunner(benchmark)
    let copy = CopySpeed(bytes: runner.bytes)
    var (forward, backward, products, copies): ([Double], [Double], [Double], [Double]) =
      ([], [], [], [])
    let watch = Stopwatch()
    while forward.count < 20 || watch.seconds < seconds {
      // The peak takes longer than most operations.
      if forward.count % 20 == 0 { products.append(peak.secondsPerProduct()) }
      copies.append(copy.seconds())
      let first = Stopwatch()
      runner.forward()
      forward.append(first.seconds)
      let second = Stopwatch()
      runner.backward()
      backward.append(second.seconds)
    }
    description = benchmark.description
    (forwardSeconds, backwardSeconds) = (median(forward), median(backward))
    multiplyAdds = 3 * benchmark.multiplyAdds
    bytes = runner.bytes
    peakGigaflops = peak.gigaflops(secondsPerProduct: median(products))
    copyBytesPerSecond = Double(runner.bytes) / median(copies)
  }
}

/// A copy that reads and writes this many bytes together.
private final class CopySpeed {
  private let memory: UnsafeMutableRawPointer
  private let half: Int

  init(bytes: Int) {
    half = max(64, bytes / 2)
    memory = .allocate(byteCount: 2 * half, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 1, count: 2 * half)
    _ = seconds()
  }

  deinit { memory.deallocate() }

  func seconds() -> Double {
    let watch = Stopwatch()
    (memory + half).copyMemory(from: memory, byteCount: half)
    return watch.seconds
  }
}
