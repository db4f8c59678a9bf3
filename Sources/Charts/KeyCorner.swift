import Foundation

/// The corner of a panel in which the legend covers the least; sizes are those of plots/parts/curve-panels.gp.
struct KeyCorner {
  let name: String

  private static let corners = ["bottom left", "top right", "bottom right", "top left"]
  private static let em = 17.3  // 13 points
  private static let height = 639.0

  /// - Parameters:
  ///   - namesGuess: whether it names the guesses, too.
  ///   - range: of sizes, on a logarithmic axis.
  ///   - panelWidth: in pixels.
  init(
    _ curves: [AccuracyCurve], guesses: [AccuracyCurve.Place], namesGuess: Bool,
    range: ClosedRange<Double>, panelWidth: Double
  ) {
    let guess = namesGuess && !guesses.isEmpty ? ["best trivial guess"] : []
    let names = curves.map(\.name) + guess
    let longest = names.map { textWidth($0, em: Self.em) }.max() ?? 0
    // gnuplot's SVG takes texts for half as wide again as they are.
    let width = (1.6 * longest + 75) / panelWidth
    let height = (1.25 * Self.em * Double(names.count) + 30) / Self.height
    let shares = (curves.flatMap(Self.places) + guesses.map { ($0.size, $0.accuracy, 0.1) }).map {
      size, accuracy, weight in
      (
        x: log(size / range.lowerBound) / log(range.upperBound / range.lowerBound),
        y: (accuracy + 0.03) / 1.08, weight: weight
      )
    }
    let covered = Self.corners.map { corner in
      shares.reduce(0) { sum, share in
        let isCovered =
          (corner.contains("left") ? share.x : 1 - share.x) < width
          && (corner.contains("bottom") ? share.y : 1 - share.y) < height
        return sum + (isCovered ? share.weight : 0)
      }
    }
    // The first of those that cover as little.
    name = Self.corners[covered.indices.min { covered[$0] < covered[$1] }!]
  }

  /// What is drawn of a curve, and how much each of it counts: marks, seeds, ends of intervals, and lines.
  private static func places(_ curve: AccuracyCurve) -> [(Double, Double, weight: Double)] {
    let marks = curve.points.flatMap { point in
      ([point.accuracy, point.low, point.high] + point.seeds).map { (Double(point.size), $0, 1.0) }
    }
    let smooth = (curve.fit + curve.theory + curve.published).map { ($0.size, $0.accuracy, 1.0) }
    let joined = zip(curve.points, curve.points.dropFirst()).flatMap { point, next in
      (1...7).map { step in
        let share = Double(step) / 8
        return (
          Double(point.size) * pow(Double(next.size) / Double(point.size), share),
          point.accuracy + share * (next.accuracy - point.accuracy), 0.25
        )
      }
    }
    return marks + smooth + joined
  }
}
