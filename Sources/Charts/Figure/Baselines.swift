import Foundation
import Support

/// Accuracies without recall: lines across an accuracy axis, which the legend names.
struct Baselines {
  /// What the lines are called.
  static let name = "baseline without recall"

  /// Lowest first, each once.
  let accuracies: [Double]

  init(_ accuracies: [Double]) { self.accuracies = Set(accuracies).sorted() }

  /// One entry for all lines, with the lowest and the highest accuracy.
  var legend: [LegendEntry] {
    guard !accuracies.isEmpty else { return [] }
    let numbers = accuracies.map { significant($0, 2) }
    let ends = (numbers.prefix(1) + numbers.suffix(1)).distinct.joined(separator: " to ")
    return [Self.entry("\(Self.name) \(ends)")]
  }

  static func entry(_ text: String = name) -> LegendEntry {
    LegendEntry(text: text, swatch: .line(.baseline, .rule, width: 1.6))
  }

  /// - Parameter isInFront: whether bars would cover the lines.
  func draw(
    into overlay: inout Overlay, on axes: PanelAxes, ofPanel panel: Int = 0, isInFront: Bool = false
  ) {
    for accuracy in accuracies {
      let height = axes.pixel(axes.x.range.lowerBound, accuracy).y
      overlay.lines.append(
        .init(
          from: Pixel(axes.frame.left, height), to: Pixel(axes.frame.right, height), colour: .rule,
          width: 1.6, stroke: .baseline, isInFront: isInFront,
          panel: panel))
    }
  }
}
