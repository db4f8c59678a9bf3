import Foundation

extension LanguageModel {
  /// Row t, columns 2i and 2i+1: √2 · std times the sin and cos of t / 10^(2i/columns) [length, columns].
  ///
  /// As in Vaswani et al. 2017, section 3.5, but of wavelengths from 2π to 20π tokens, not 20 000π: positions next
  /// to each other are told apart by many columns, and one linear map leads from each to the one before.
  static func sinusoids(length: Int, columns: Int, std: Double) -> [Float] {
    (0..<length * columns).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let angle = Double(row) / pow(10, Double(column - column % 2) / Double(columns))
      return Float(std * 2.0.squareRoot() * (column % 2 == 0 ? sin(angle) : cos(angle)))
    }
  }
}
