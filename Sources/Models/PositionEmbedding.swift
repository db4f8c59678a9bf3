import Foundation

extension LanguageModel {
  /// A table [length, columns]: row t, columns 2i and 2i+1 are √2 · std times the sine and cosine of
  /// t / 10^(2i/columns).
  ///
  /// These are the sinusoids of Vaswani et al. 2017, section 3.5, but with wavelengths from 2π to 20π tokens instead
  /// of 20 000π. Neighbouring positions then differ in many columns, and one linear map takes each position's row to
  /// that of the position before.
  static func sinusoids(length: Int, columns: Int, std: Double) -> [Float] {
    (0..<length * columns).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let angle = Double(row) / pow(10, Double(column - column % 2) / Double(columns))
      return Float(std * 2.0.squareRoot() * (column % 2 == 0 ? sin(angle) : cos(angle)))
    }
  }
}
