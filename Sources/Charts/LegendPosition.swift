import Foundation

/// The position of a panel's legend: the one of six where it covers the least of what is drawn. Sizes are those of
/// plots/parts/curve-panels.gp.
struct LegendPosition {
  /// As gnuplot calls it, such as "bottom left".
  let name: String

  private static let positions = [
    "bottom left", "top right", "bottom right", "top left", "center left", "center right",
  ]
  private static let em = 17.3  // 13 points
  private static let height = 639.0

  /// - Parameters:
  ///   - namesBaseline: whether the legend also names the baseline.
  ///   - range: the sizes that the logarithmic axis shows.
  ///   - panelWidth: in pixels.
  init(
    _ curves: [AccuracyCurve], baselines: [AccuracyCurve.Sample], namesBaseline: Bool,
    range: ClosedRange<Double>, panelWidth: Double
  ) {
    let baseline = namesBaseline && !baselines.isEmpty ? [BaselineLines.name] : []
    let names = curves.map(\.name) + baseline
    let longest = names.map { textWidth($0, em: Self.em) }.max() ?? 0
    // gnuplot's SVG terminal takes texts to be half as wide again as they are.
    let width = (1.6 * longest + 75) / panelWidth
    let height = (1.25 * Self.em * Double(names.count) + 30) / Self.height
    let shares = (curves.flatMap(Self.drawn) + baselines.map { ($0.size, $0.accuracy, 0.1) }).map {
      size, accuracy, weight in
      (
        x: log(size / range.lowerBound) / log(range.upperBound / range.lowerBound),
        y: (accuracy + 0.03) / 1.08, weight: weight
      )
    }
    let covered = Self.positions.map { position in
      let below = position.contains("bottom") ? 0 : position.contains("top") ? 1 : 0.5
      let bottom = below * (1 - height)
      return shares.reduce(0) { sum, share in
        let isCovered =
          (position.contains("left") ? share.x : 1 - share.x) < width
          && (bottom...bottom + height).contains(share.y)
        return sum + (isCovered ? share.weight : 0)
      }
    }
    // The first of the positions that cover the least.
    name = Self.positions[covered.indices.min { covered[$0] < covered[$1] }!]
  }

  /// The points at which a curve is drawn (marks, seeds, intervals, lines), each with its weight.
  private static func drawn(_ curve: AccuracyCurve) -> [(Double, Double, weight: Double)] {
    var drawn = (curve.fit + curve.theory + curve.published).map { ($0.size, $0.accuracy, 1.0) }
    for point in curve.points {
      let size = Double(point.size)
      for accuracy in [point.accuracy] + point.seeds { drawn.append((size, accuracy, 1)) }
      for share in [0] + between + [1] {
        drawn.append((size, point.low + share * (point.high - point.low), 0.25))
      }
    }
    for (point, next) in zip(curve.points, curve.points.dropFirst()) {
      let growth = Double(next.size) / Double(point.size)
      let rise = next.accuracy - point.accuracy
      for share in between {
        drawn.append(
          (Double(point.size) * pow(growth, share), point.accuracy + share * rise, 0.25))
      }
    }
    return drawn
  }

  /// The shares of a line's length at which its points are taken.
  private static let between = (1...7).map { Double($0) / 8 }
}
