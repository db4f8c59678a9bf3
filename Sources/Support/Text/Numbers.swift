import Foundation

// Numbers as text for people. The decimal separator is a point in every locale.

/// A number with so many digits after the point.
package func fixed(_ value: Double, _ digits: Int) -> String {
  guard !value.isNaN else { return "nan" }
  // A loss may be any number, and hundreds of digits would ruin a table.
  guard value.magnitude < 1e15 || value.isInfinite else {
    return printed("%.*g", digits, value)
  }
  return printed("%.*f", digits, value)
}

/// What C's `printf` makes of a number with so many digits, in a fraction of the time of `String(format:)`: a table may
/// have 100 000 numbers. At most 1000 characters.
private func printed(_ format: String, _ digits: Int, _ value: Double) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1000) { buffer in
    _ = withVaList([CInt(digits), value]) {
      vsnprintf(buffer.baseAddress, buffer.count, format, $0)
    }
    return String(cString: buffer.baseAddress!)
  }
}

extension Double {
  /// inf, -inf or nan, whatever the sign of nan is; nil for a finite number.
  package var nameIfNotFinite: String? { isFinite ? nil : isNaN ? "nan" : "\(self)" }
}

/// A number with so many digits after the point and its sign, + or −.
package func signed(_ value: Double, _ digits: Int) -> String {
  guard !value.isNaN else { return "nan" }
  return printed("%+.*f", digits, value)
}

/// A number with so many significant digits. Large and tiny ones get a power of ten: 0.000123, 1.2e-07.
package func significant(_ value: Double, _ digits: Int) -> String {
  guard !value.isNaN else { return "nan" }
  return printed("%.*g", digits, value)
}

/// A share as a percentage with so many digits after the point, such as 12 %.
package func percent(_ share: Double, _ digits: Int = 0) -> String {
  fixed(100 * share, digits) + " %"
}

/// A ratio of sizes: 2, 3.20, 1/4 or 0.582; "-" for none.
package func ratioText(_ ratio: Double?) -> String {
  guard let ratio else { return "-" }
  if ratio >= 1 { return fixed(ratio, ratio == ratio.rounded() ? 0 : 2) }
  guard ratio > 0 else { return "0" }
  let inverse = 1 / ratio
  guard inverse < 1e6 else { return significant(ratio, 3) }
  return inverse == inverse.rounded() ? "1/\(Int(inverse))" : fixed(ratio, 3)
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
  func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
  let seconds = twoDigits(whole % 60)
  return hours > 0
    ? "\(hours):\(twoDigits(minutes)):\(seconds)" : "\(minutes):\(seconds)"
}
