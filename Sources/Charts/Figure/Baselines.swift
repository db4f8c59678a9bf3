import Foundation
import Support

/// Accuracies to compare scores with: lines across an accuracy axis, which the legend names.
public struct Baselines: Hashable, Sendable, ExpressibleByArrayLiteral {
  /// What the lines are called.
  static let name = "baseline without recall"

  /// Accuracies without recall, ascending, without repeats.
  let accuracies: [Double]
  /// The most that a model can reach that sees no later token; lowest first, each once.
  let causalBests: [Double]

  public init(_ accuracies: [Double], causalBests: [Double] = []) {
    self.accuracies = Set(accuracies).sorted()
    self.causalBests = Set(causalBests).sorted()
  }

  public init(arrayLiteral accuracies: Double...) { self.init(accuracies) }

  private var kinds: [(name: String, accuracies: [Double], stroke: Stroke)] {
    [
      (Self.name, accuracies, .baseline),
      ("best of a causal model", causalBests, .causalBest),
    ].filter { !$0.accuracies.isEmpty }
  }

  /// All lines.
  var heights: [Double] { accuracies + causalBests }

  /// One entry for all lines of a kind, with the lowest and the highest accuracy.
  var legend: [LegendEntry] {
    kinds.map { kind in
      let numbers = kind.accuracies.map { significant($0, 2) }
      let ends = (numbers.prefix(1) + numbers.suffix(1)).distinct.joined(separator: " to ")
      return Self.entry("\(kind.name) \(ends)", kind.stroke)
    }
  }

  static func entry(_ text: String = name, _ stroke: Stroke = .baseline) -> LegendEntry {
    LegendEntry(text: text, swatch: .line(stroke, .rule, width: 1.6))
  }

  /// - Parameter isInFront: whether bars would cover the lines.
  func draw(
    into overlay: inout Overlay, on axes: PanelAxes, ofPanel panel: Int = 0, isInFront: Bool = false
  ) {
    for kind in kinds {
      for accuracy in kind.accuracies {
        let height = axes.pixel(axes.x.range.lowerBound, accuracy).y
        overlay.lines.append(
          .init(
            from: Pixel(axes.frame.left, height), to: Pixel(axes.frame.right, height),
            colour: .rule, width: 1.6, stroke: kind.stroke, isInFront: isInFront, panel: panel))
      }
    }
  }
}
