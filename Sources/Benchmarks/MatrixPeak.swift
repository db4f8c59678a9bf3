import Autodiff
import Kernels
import Training

/// Measures the machine's peak arithmetic: single-precision products of 1024 × 1024 matrices, one on each thread.
final class MatrixPeak {
  private static let size = 1024
  static let bytesPerThread = 3 * size * size * MemoryLayout<Float>.stride
  private let team: ThreadTeam
  /// a, b and c of each thread.
  private let matrices: [UnsafeMutablePointer<Float>]

  init(threads: Int) {
    _ = BLAS.singleThreaded
    team = ThreadTeam(threads: threads)
    let count = 3 * Self.size * Self.size
    matrices = (0..<threads).map { _ in
      // Ends the program with a message where there is no memory.
      let memory = UnsafeMutableRawBufferPointer.allocateLarge(
        byteCount: count * MemoryLayout<Float>.stride)
      let matrices = memory.bindMemory(to: Float.self).baseAddress!
      for index in 0..<count { matrices[index] = Float(index % 7) / 7 }
      return matrices
    }
    _ = secondsPerProduct()
  }

  deinit { for pointer in matrices { UnsafeMutableRawPointer(pointer).deallocate() } }

  /// The time of one product on every thread at once.
  func secondsPerProduct() -> Double {
    let watch = Stopwatch()
    team.run(Product(matrices: matrices))
    return watch.seconds
  }

  private struct Product: ParallelJob {
    let matrices: [UnsafeMutablePointer<Float>]

    func run(thread: Int) {
      let (n, a) = (MatrixPeak.size, matrices[thread])
      multiply(
        n, n, n, MatrixOperand(a, stride: n), MatrixOperand(a + n * n, stride: n),
        into: a + 2 * n * n, stride: n)
    }
  }

  func gigaflops(secondsPerProduct seconds: Double) -> Double {
    let n = Double(Self.size)
    return 2e-9 * n * n * n * Double(team.threads) / seconds
  }
}
