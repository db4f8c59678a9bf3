import Foundation

// Numbers as text for people. The decimal separator is a point in every locale.

/// A number with so many digits after the point.
package func fixed(_ value: Double, _ digits: Int) -> String {
  guard !value.isNaN else { return "nan" }
  // A loss may be any number, and hundreds of digits would ruin a table.
  guard value.magnitude < 1e15 || value.isInfinite else {
    return String(format: "%.\(digits)g", value)
  }
  return String(format: "%.\(digits)f", value)
}

extension Double {
  /// inf, -inf or nan, whatever the sign of nan is; nil for a finite number.
  package var nameIfNotFinite: String? { isFinite ? nil : isNaN ? "nan" : "\(self)" }
}

/// A number with so many digits after the point and its sign, + or −.
package func signed(_ value: Double, _ digits: Int) -> String {
  guard !value.isNaN else { return "nan" }
  return String(format: "%+.\(digits)f", value)
}

/// A number with so many significant digits. Large and tiny ones get a power of ten: 0.000123, 1.2e-07.
package func significant(_ value: Double, _ digits: Int) -> String {
  guard !value.isNaN else { return "nan" }
  return String(format: "%.\(digits)g", value)
}

/// A share as a percentage with so many digits after the point, such as 12 %.
package func percent(_ share: Double, _ digits: Int = 0) -> String {
  fixed(100 * share, digits) + " %"
}

/// A count with a space between thousands, such as 16 384.
package func grouped(_ number: Int) -> String {
  let digits = Array(String(number.magnitude))
  let text = digits.indices.map { index in
    (index > 0 && (digits.count - index) % 3 == 0 ? " " : "") + String(digits[index])
  }.joined()
  return number < 0 ? "-" + text : text
}

/// A size in bytes with three significant digits and a unit, such as 1.23 MB. A kB is 1000 bytes.
package func byteText(_ count: Int) -> String {
  let units = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
  guard let (name, size) = units.first(where: { Double(count) >= $0.1 }) else {
    return "\(count) B"
  }
  return "\(significant(Double(count) / size, 3)) \(name)"
}

/// Seconds as 0:07, 12:34 or 1:02:03.
package func clock(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0, seconds < 1e8 else { return "?" }
  let whole = Int(seconds.rounded())
  let (hours, minutes) = (whole / 3600, whole / 60 % 60)
  let remainder = String(format: "%02d", whole % 60)
  return hours > 0
    ? String(format: "%d:%02d:", hours, minutes) + remainder : "\(minutes):\(remainder)"
}
