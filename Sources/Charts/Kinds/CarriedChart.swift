import Foundation

/// Scalars that must cross each cut of a sequence, by one definition of rank.
public struct CarriedCurve: Hashable, Sendable {
  public var name: String
  public var points: [Point]

  public struct Point: Hashable, Sendable {
    public var cut, scalars: Int

    public init(cut: Int, scalars: Int) { (self.cut, self.scalars) = (cut, scalars) }
  }

  public init(name: String, points: [Point]) { (self.name, self.points) = (name, points) }
}

extension Chart {
  /// Curves over the cuts of a sequence. Nil without points.
  public static func carried(
    _ curves: [CarriedCurve], title: String, subtitle: String, width: PictureWidth = .screen
  ) -> Chart? {
    let points = curves.flatMap(\.points)
    guard let last = points.map(\.cut).max(), let most = points.map(\.scalars).max() else {
      return nil
    }
    let styles = curves.indices.map { SeriesStyle(mixer: $0) }
    var figure = Figure(
      .init(
        title: title, subtitle: subtitle, x: "cut: tokens on its left",
        y: "scalars that must cross it",
        legend: zip(curves, styles).map {
          LegendEntry(text: $0.name, swatch: .mark($1, isHollow: false))
        }),
      width: width)
    let axes = PanelAxes(
      frame: figure.frames[0], x: .init(range: 0...Double(last + 1), tics: "autofreq"),
      y: .init(range: 0...1.08 * Double(max(1, most)), tics: "autofreq"))
    figure.setAxes(axes, ofPanel: 0)
    let marks = zip(curves, styles).map { curve, style in
      curve.points.map {
        ["\($0.cut)", "\($0.scalars)", "\(style.mark)", "\(style.colour.rgb)"]
      }
    }
    return Chart(
      .carried, width: width, height: figure.height, title: title,
      summary: ChartKind.carried.summary, variables: figure.variables,
      blocks: DataBlock.curves(marks),
      tips: [
        "marks": curves.flatMap { curve in
          curve.points.map { "\(curve.name)\ncut \($0.cut): \($0.scalars) scalars" }
        }
      ])
  }
}
