import Foundation
import Support

/// The error of one model's state, kept in bfloat16, over the tokens of a sequence.
public struct StateErrorCurve: Hashable, Sendable {
  /// The panel that it is drawn in, named by how the model was trained.
  public var panel: String
  public var name: String
  public var style: SeriesStyle
  /// By tokens, ascending.
  public var points: [Point]

  public struct Point: Hashable, Sendable {
    public var tokens: Int
    /// ‖S̃ − S‖ / ‖S‖
    public var error: Double

    public init(tokens: Int, error: Double) { (self.tokens, self.error) = (tokens, error) }
  }

  public init(panel: String, name: String, style: SeriesStyle, points: [Point]) {
    (self.panel, self.name, self.style, self.points) = (panel, name, style, points)
  }
}

extension Chart {
  /// Relative errors over tokens, both axes logarithmic. Nil without an error above 0.
  public static func stateErrors(
    _ curves: [StateErrorCurve], title: String, subtitle: String, width: PictureWidth = .screen
  ) -> Chart? {
    let points = curves.flatMap(\.points).filter { $0.error > 0 }
    guard let low = points.map(\.error).min(), let high = points.map(\.error).max(),
      let last = points.map(\.tokens).max(), let first = points.map(\.tokens).min()
    else { return nil }
    let panels = curves.map(\.panel).distinct
    let legend = curves.grouped { $0.name }.map { name, curves in
      LegendEntry(text: name, swatch: .mark(curves[0].style, isHollow: false))
    }
    var figure = Figure(
      .init(
        title: title, subtitle: subtitle, x: "tokens (log₂ scale)",
        y: "error of a state kept in bfloat16, % (log scale)", legend: legend),
      width: width, panels: panels.count > 1 ? panels : [""], leastWidth: 260)
    for (index, frame) in figure.frames.enumerated() {
      var x = PanelAxes.Axis(
        range: Double(first) / 1.2...Double(last) * 1.2, isLogarithmic: true, tics: "")
      x.tics = AxisTics.powersOfTwo(on: x, span: frame.right - frame.left, size: width.sizes.tics)
      var y = PanelAxes.Axis(
        range: 100 * low / 1.3...100 * high * 1.3, isLogarithmic: true, tics: "")
      y.tics = AxisTics.round(
        on: y, span: (frame.top - frame.bottom) / 2, size: width.sizes.tics)
      figure.setAxes(PanelAxes(frame: frame, x: x, y: y), ofPanel: index)
    }
    let marks = curves.map { curve in
      curve.points.filter { $0.error > 0 }.map { point in
        [
          "\(panels.firstIndex(of: curve.panel)! + 1)", "\(point.tokens)", "\(100 * point.error)",
          "\(curve.style.mark)", "\(curve.style.colour.rgb)",
        ]
      }
    }
    return Chart(
      .stateError, width: width, height: figure.height, title: title,
      summary: ChartKind.stateError.summary, variables: figure.variables,
      blocks: DataBlock.curves(marks),
      tips: [
        "marks": curves.flatMap { curve in
          curve.points.filter { $0.error > 0 }.map {
            "\(curve.name), \(curve.panel)\n"
              + "after \($0.tokens) tokens \(significant(100 * $0.error, 2)) %"
          }
        }
      ])
  }
}
