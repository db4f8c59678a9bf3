import Foundation
import Support

/// Tics of an axis, in the form of gnuplot's `set xtics`: `("0.1" 0.1, "" 0.15 1)`, where 1 is a small one without text.
enum AxisTics {
  /// The accuracies.
  static let shares = list([0, 0.2, 0.4, 0.6, 0.8, 1].map { ($0, fixed($0, 1)) })

  static func list(_ tics: [(value: Double, text: String)], small: [Double] = []) -> String {
    let named = tics.map { "\"\($0.text)\" \($0.value)" }
    let others = small.map { "\"\" \($0) 1" }
    return "(\((named + others).joined(separator: ", ")))"
  }

  /// A tic at every value, largest first named, as far as the names have room; the others are small.
  ///
  /// - Parameter span: the axis' length in units.
  static func thinned(
    _ values: [Double], on axis: PanelAxes.Axis, span: Double, size: Double,
    text: (Double) -> String = { significant($0, 6) }
  ) -> String {
    var named: [(value: Double, text: String)] = []
    var small: [Double] = []
    var free = Double.infinity
    for value in Set(values).sorted(by: >) where axis.range.contains(value) {
      let text = text(value)
      let half = textWidth(text, em: em(size)) / 2
      let place = span * axis.share(value)
      if place + half < free {
        named.append((value, text))
        free = place - half - 10
      } else {
        small.append(value)
      }
    }
    return list(named, small: small)
  }

  /// Powers of two in the range, thinned; a range that holds none has round numbers.
  static func powersOfTwo(
    on axis: PanelAxes.Axis, span: Double, size: Double,
    text: (Double) -> String = { significant($0, 6) }
  ) -> String {
    let low = Int(log2(axis.range.lowerBound).rounded(.up))
    let high = Int(log2(axis.range.upperBound).rounded(.down))
    guard low <= high else { return round(on: axis, span: span, size: size) }
    return thinned(
      (low...high).map { exp2(Double($0)) }, on: axis, span: span, size: size, text: text)
  }

  /// Round numbers; the shorter the range, the more of them.
  static func round(on axis: PanelAxes.Axis, span: Double, size: Double) -> String {
    let range = axis.range
    let octaves = log2(range.upperBound / range.lowerBound)
    let factors: [Double] =
      octaves < 2.5
      ? [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8] : octaves < 5 ? [1, 1.5, 2, 3, 5, 7] : [1, 2, 5]
    let powers = Int(log10(range.lowerBound).rounded(.down))...Int(log10(range.upperBound))
    let values =
      octaves > 14
      ? powers.map { pow(10, Double($0)) }
      : powers.flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
    return thinned(values, on: axis, span: span, size: size)
  }

  /// A size relative to attention: a fraction below 1.
  static func relative(_ ratio: Double) -> String {
    let octave = Int(log2(ratio).rounded())
    return octave < 0 ? "1/\(1 << -octave)" : "\(1 << octave)"
  }
}
