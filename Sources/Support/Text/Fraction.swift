import Foundation

extension Double {
  /// Reads a number, such as 0.125, or a fraction, such as 1/8. Nil for anything else.
  public init?(fraction text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) }
    switch parts.count {
    case 1:
      guard let number = parts[0] else { return nil }
      self = number
    case 2:
      guard let top = parts[0], let bottom = parts[1] else { return nil }
      self = top / bottom
    default: return nil
    }
  }

  /// The number as a fraction such as 1/8 if that is exact, as a whole number, or with four digits.
  public var fractionText: String { fractionText(digits: 4) }

  /// `fractionText` with another number of digits.
  package func fractionText(digits: Int) -> String {
    if self > 1e-9, self < 1, (1 / self) == (1 / self).rounded() { return "1/\(Int(1 / self))" }
    if self == rounded(), abs(self) < 1e15 { return "\(Int(self))" }
    return significant(self, digits)
  }
}
