import Kernels
import Testing

extension KernelTests {
  /// Transforms, products and inverse transforms, against sums.
  @Suite struct FourierTests {
    @Test(
      arguments: [
        (1, 1), (2, 16), (3, 5), (7, 16), (16, 15), (17, 3), (64, 2), (130, 4),
      ], [false, true])
    func convolvesAndCorrelates(_ size: (length: Int, channels: Int), conjugated: Bool) {
      let (length, channels) = size
      let (a, b) = (doubles(length * channels, seed: 1), doubles(length * channels, seed: 2))
      let expected = (0..<length * channels).map { index in
        let (t, c) = index.quotientAndRemainder(dividingBy: channels)
        // Σ_j a_{t−j} b_j, or Σ_j a_{t+j} b_j.
        return (0..<length).reduce(0.0) { sum, j in
          let other = conjugated ? t + j : t - j
          guard (0..<length).contains(other) else { return sum }
          return sum + a[other * channels + c] * b[j * channels + c]
        }
      }
      let points = Fourier.size(for: length)
      let table = FloatBuffer(.init(repeating: 0, count: 4 * points))
      Fourier.fillTable(table.pointer, size: points)
      let fourier = Fourier(size: points, table: table.pointer)
      let transforms = (0..<3).map { _ in
        FloatBuffer(.init(repeating: .nan, count: fourier.transformSize))
      }
      defer { InstructionSet.available.last!.select() }
      for set in InstructionSet.available {
        set.select()
        let (x, y) = (Grid(length, channels, a), Grid(length, channels, b))
        fourier.transform(length, channels, x.view, into: transforms[0].pointer)
        fourier.transform(length, channels, y.view, into: transforms[1].pointer)
        // Once assigned, once added: twice the product.
        for accumulate in [false, true] {
          fourier.multiply(
            transforms[0].pointer, transforms[1].pointer, conjugated: conjugated,
            accumulate: accumulate, into: transforms[2].pointer)
        }
        let result = Grid(length, channels, repeating: 0.5)
        fourier.transformBack(
          length, channels, transforms[2].pointer,
          into: GradientRows(result.view, accumulates: true))
        withExtendedLifetime((x, y, table)) {
          expectNear(
            result.values, expected.map { 2 * $0 + 0.5 }, "\(set)",
            tolerance: 4e-6)
        }
      }
    }
  }
}
