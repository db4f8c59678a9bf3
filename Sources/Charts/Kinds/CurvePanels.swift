import Foundation
import Support

extension Chart {
  /// Accuracy against the number of pairs or another size: panels for each mixer, one curve for each state size. Points
  /// without a fit are joined by lines. Nil if there are no points.
  ///
  /// - Parameter baselines: accuracies without recall, by size.
  public static func capacityCurves(
    _ curves: [AccuracyCurve], of size: AccuracyCurve.Size = .pairs,
    baselines: [AccuracyCurve.Sample] = [], title: String, subtitle: String,
    width: PictureWidth = .screen
  ) -> Chart? {
    curvePanels(.capacityCurve, curves, size, baselines, title, subtitle, width)
  }

  /// Accuracy against sequence length: panels for each mixer, one curve for each depth and relative state. Nil if
  /// there are no points.
  public static func accuracyAgainstLength(
    _ curves: [AccuracyCurve], baselines: [AccuracyCurve.Sample] = [], title: String,
    subtitle: String, width: PictureWidth = .screen
  ) -> Chart? {
    curvePanels(.accuracyAgainstLength, curves, .tokens, baselines, title, subtitle, width)
  }

  private static func curvePanels(
    _ kind: ChartKind, _ curves: [AccuracyCurve], _ size: AccuracyCurve.Size,
    _ baselines: [AccuracyCurve.Sample], _ title: String, _ subtitle: String, _ width: PictureWidth
  ) -> Chart? {
    let curves = curves.filter { !$0.points.isEmpty }
    guard !curves.isEmpty else { return nil }
    let layout = CurveLayout(
      CurvePanel.panels(curves, size: size), size: size, baselines: baselines, title: title,
      subtitle: subtitle, width: width)
    return Chart(
      kind, width: width, height: layout.figure.height, title: title,
      summary: kind.summary(hasPublished: curves.contains { !$0.published.isEmpty }),
      variables: layout.figure.variables.merging([
        "trained_to": .number(Double(size.trainedTo ?? 0))
      ]) { $1 }.merging(layout.bandColours) { $1 }, blocks: layout.blocks, tips: layout.tips)
  }

  static let accuracyTitle = "test accuracy (share of answers that are right, 0 to 1)"
  static let shortAccuracyTitle = "test accuracy (0 to 1)"
}

/// A panel's curves: at most six of one mixer, so that shades and labels can be told apart.
struct CurvePanel {
  var name: String
  var curves: [AccuracyCurve]
  var styles: [SeriesStyle]

  static let mostCurves = 6

  /// Panels in the order of the curves. A mixer with more curves has a panel for each set of sizes, or several.
  static func panels(_ curves: [AccuracyCurve], size: AccuracyCurve.Size) -> [CurvePanel] {
    curves.grouped(by: \.panel).enumerated().flatMap { index, group in
      let (name, curves) = (group.key, group.elements)
      let style = curves[0].style ?? SeriesStyle(mixer: index)
      let parts =
        curves.count <= mostCurves
        ? [(title: name, curves: curves)]
        : curves.grouped { $0.points.map(\.size) }.map { sizes, curves in
          let suffix = sizes.count == 1 ? ", \(size.letter) = \(sizes[0])" : ""
          return (title: name + suffix, curves: curves)
        }
      return parts.flatMap { part -> [CurvePanel] in
        let count = (part.curves.count + mostCurves - 1) / mostCurves
        let each = (part.curves.count + count - 1) / count
        return stride(from: 0, to: part.curves.count, by: each).map { start in
          let some = Array(part.curves[start..<min(start + each, part.curves.count)])
          return CurvePanel(
            name: count > 1 ? "\(part.title) (\(start / each + 1) of \(count))" : part.title,
            curves: some, styles: SeriesStyle.shaded(some.map { $0.style ?? style }))
        }
      }
    }
  }
}

extension AccuracyCurve.Size {
  func title(_ width: PictureWidth) -> String {
    let isShort = width == .column
    return switch self {
    case .pairs:
      isShort
        ? "pairs in the sequence, K (log₂)" : "key-value pairs in the sequence, K (log₂ scale)"
    case .symbols: "symbols of the string, n (log₂ scale)"
    case .tokens: "tokens in the sequence, L (log₂ scale)"
    }
  }

  var letter: String {
    switch self {
    case .pairs: "K"
    case .symbols: "n"
    case .tokens: "L"
    }
  }

  var trainedTo: Int? {
    if case .symbols(let most) = self { most } else { nil }
  }
}
