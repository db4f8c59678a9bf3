import Foundation

/// A number with so many digits after the point.
package func fixed(_ value: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", value)
}

/// Seconds as 0:07, 12:34 or 1:02:03.
package func clock(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0, seconds < 1e8 else { return "?" }
  let whole = Int(seconds.rounded())
  let (hours, minutes) = (whole / 3600, whole / 60 % 60)
  let tail = String(format: "%02d", whole % 60)
  return hours > 0 ? String(format: "%d:%02d:", hours, minutes) + tail : "\(minutes):\(tail)"
}

/// The first of many names, and how many more there are.
package func listed(_ names: [String], most: Int = 12) -> String {
  let rest = names.count - most
  return names.prefix(most).joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
}
