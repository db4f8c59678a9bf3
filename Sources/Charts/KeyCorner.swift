import Foundation

/// The corner of a panel in which the legend covers the least; sizes are those of plots/parts/curve-panels.gp.
struct KeyCorner {
  let name: String

  private static let corners = ["bottom left", "top right", "bottom right", "top left"]
  private static let em = 17.3  // 13 points
  private static let height = 639.0

  /// - Parameters:
  ///   - range: of sizes, on a logarithmic axis.
  ///   - panelWidth: in pixels.
  init(
    _ curves: [AccuracyCurve], guesses: [AccuracyCurve.Place], range: ClosedRange<Double>,
    panelWidth: Double
  ) {
    let names = curves.map(\.name) + (guesses.isEmpty ? [] : ["best trivial guess"])
    let longest = names.map { textWidth($0, em: Self.em) }.max() ?? 0
    // gnuplot's SVG takes texts for half as wide again as they are.
    let width = (1.6 * longest + 75) / panelWidth
    let height = (1.25 * Self.em * Double(names.count) + 30) / Self.height
    let places = curves.flatMap { curve in
      curve.points.flatMap { point in
        ([point.accuracy] + point.seeds).map { (Double(point.size), $0) }
      } + (curve.fit + curve.theory + curve.published).map { ($0.size, $0.accuracy) }
    }
    let shares = places.map { size, accuracy in
      (
        x: log(size / range.lowerBound) / log(range.upperBound / range.lowerBound),
        y: (accuracy + 0.03) / 1.08
      )
    }
    let covered = Self.corners.map { corner in
      shares.count { share in
        (corner.contains("left") ? share.x : 1 - share.x) < width
          && (corner.contains("bottom") ? share.y : 1 - share.y) < height
      }
    }
    // The first of those that cover as little.
    name = Self.corners[covered.indices.min { covered[$0] < covered[$1] }!]
  }
}
