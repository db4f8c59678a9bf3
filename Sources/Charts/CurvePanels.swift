import Foundation
import Support

/// Accuracy over sizes of a task, such as its pairs, of one model or of several that are alike.
public struct AccuracyCurve: Hashable, Sendable {
  /// Measured at one size: the mean over seeds, its interval, and every seed.
  public struct Point: Hashable, Sendable {
    public var size: Int
    public var accuracy, low, high: Double
    public var seeds: [Double]

    public init(size: Int, accuracy: Double, low: Double, high: Double, seeds: [Double]) {
      (self.size, self.accuracy, self.low, self.high) = (size, accuracy, low, high)
      self.seeds = seeds
    }
  }

  /// Of a smooth curve: with low = high = accuracy where there is no interval.
  public struct Place: Hashable, Sendable {
    public var size, accuracy, low, high: Double

    public init(size: Double, accuracy: Double, low: Double? = nil, high: Double? = nil) {
      (self.size, self.accuracy) = (size, accuracy)
      (self.low, self.high) = (low ?? accuracy, high ?? accuracy)
    }
  }

  /// What `size` counts.
  public enum Size: Hashable, Sendable {
    case pairs
    /// Symbols of strings, up to so many in training.
    case symbols(trainedTo: Int?)
    /// Tokens of the sequence.
    case tokens
  }

  /// Curves of one panel stand in one picture, under this name.
  public var panel: String
  public var name: String
  public var points: [Point]
  public var fit: [Place]
  public var theory: [Place]
  public var published: [Place]
  /// Where the fit has accuracy 1/2.
  public var halfway: Double?

  public init(
    panel: String, name: String, points: [Point], fit: [Place] = [], theory: [Place] = [],
    published: [Place] = [], halfway: Double? = nil
  ) {
    (self.panel, self.name, self.points) = (panel, name, points)
    (self.fit, self.theory, self.published) = (fit, theory, published)
    self.halfway = halfway
  }
}

extension Chart {
  /// Accuracy against the number of pairs or another size, a panel a mixer and a curve a state size; nil for no
  /// points. Points without a fit are joined.
  ///
  /// - Parameter baselines: the accuracy without recall at each size, a dashed line.
  public static func capacityCurves(
    _ curves: [AccuracyCurve], of size: AccuracyCurve.Size = .pairs,
    baselines: [AccuracyCurve.Place] = [], title: String, subtitle: String
  ) -> Chart? {
    curvePanels(
      .capacityCurve, curves, of: size, baselines: baselines, title: title, subtitle: subtitle)
  }

  /// Accuracy against sequence length, a panel a mixer and a curve for each depth and relative state; nil for no
  /// points.
  public static func accuracyAgainstLength(
    _ curves: [AccuracyCurve], baselines: [AccuracyCurve.Place] = [], title: String, subtitle: String
  ) -> Chart? {
    curvePanels(
      .accuracyAgainstLength, curves, of: .tokens, baselines: baselines, title: title,
      subtitle: subtitle)
  }

  private static func curvePanels(
    _ kind: ChartKind, _ curves: [AccuracyCurve], of size: AccuracyCurve.Size,
    baselines: [AccuracyCurve.Place], title: String, subtitle: String
  ) -> Chart? {
    let curves = curves.filter { !$0.points.isEmpty }
    let sizes = curves.flatMap { $0.points.map(\.size) }
    guard let least = sizes.min(), let most = sizes.max() else { return nil }
    let panels = curves.map(\.panel).distinct
    let range = (Double(least) / 1.25)...(Double(most) * 1.25)
    let frame = Box(left: 98, bottom: 0, right: 1366, top: 0)
    var variables: [String: GnuplotValue] = [
      "panel_count": .number(Double(panels.count)), "curve_count": .number(Double(curves.count)),
      "has_theory": .number(curves.contains { !$0.theory.isEmpty } ? 1 : 0),
      "has_baseline": .number(baselines.isEmpty ? 0 : 1), "x_title": .text(size.title),
      "has_fit": .number(curves.contains { !$0.fit.isEmpty } ? 1 : 0),
      "has_seeds": .number(curves.contains { $0.points.contains { $0.seeds.count > 1 } } ? 1 : 0),
      "has_published": .number(curves.contains { !$0.published.isEmpty } ? 1 : 0),
      "trained_to": .number(Double(size.trainedTo ?? 0)),
      "x_low": .number(range.lowerBound), "x_high": .number(range.upperBound),
      "x_tics": .text(AxisTics.powersOfTwo(in: range)),
    ]
    for (index, panel) in panels.enumerated() {
      variables["panel_name_\(index + 1)"] = .text(bold(panel))
      let key = KeyPlace(
        curves.filter { $0.panel == panel }, baselines: baselines, namesBaseline: index == 0, range: range,
        panelWidth: 0.925 * Double(Canvas.width) / Double(panels.count))
      variables["panel_key_\(index + 1)"] = .text(key.name)
    }
    for (index, curve) in curves.enumerated() {
      variables["curve_name_\(index + 1)"] = .text(curve.name)
      variables["curve_panel_\(index + 1)"] = .number(
        Double(panels.firstIndex(of: curve.panel)! + 1))
    }
    return Chart(
      kind, variables: variables.merging(frame.headings(title, subtitle)) { $1 },
      blocks: blocks(of: curves, in: range) + [
        DataBlock(
          "baselines", rows: filled(baselines.map { ["\($0.size)", "\($0.accuracy)"] }, ["1", "-9"]))
      ])
  }

  private static func blocks(
    of curves: [AccuracyCurve], in range: ClosedRange<Double>
  ) -> [DataBlock] {
    var points: [[String]] = []
    var seeds: [[String]] = []
    var fits: [[String]] = []
    var theory: [[String]] = []
    var published: [[String]] = []
    var halves: [[String]] = []
    for (index, curve) in curves.enumerated() {
      let number = "\(index + 1)"
      points += curve.points.map {
        [number, "\($0.size)", "\($0.accuracy)", "\($0.low)", "\($0.high)"]
      }
      seeds += curve.points.filter { $0.seeds.count > 1 }.flatMap { point in
        point.seeds.map { [number, "\(point.size)", "\($0)"] }
      }
      // A blank line ends a curve, so that it is not joined to the next.
      let line =
        curve.fit.isEmpty
        ? curve.points.map { .init(size: Double($0.size), accuracy: $0.accuracy) } : curve.fit
      fits +=
        line.map {
          [number, "\($0.size)", "\($0.accuracy)", "\($0.low)", "\($0.high)"]
        } + [[]]
      theory += curve.theory.map { [number, "\($0.size)", "\($0.accuracy)"] } + [[]]
      published += curve.published.map { [number, "\($0.size)", "\($0.accuracy)"] }
      if let half = curve.halfway, range.contains(half) { halves.append([number, "\(half)"]) }
    }
    return [
      DataBlock("points", rows: points),
      DataBlock("seeds", rows: filled(seeds, ["0", "1", "-9"])),
      DataBlock("fits", rows: fits + [["0", "1", "-9", "-9", "-9"]]),
      DataBlock("theory", rows: theory + [["0", "1", "-9"]]),
      DataBlock("published", rows: filled(published, ["0", "1", "-9"])),
      DataBlock("halves", rows: filled(halves, ["0", "1"])),
    ]
  }

  /// gnuplot refuses a table without any row.
  static func filled(_ rows: [[String]], _ row: [String]) -> [[String]] {
    rows.isEmpty ? [row] : rows
  }
}

extension AccuracyCurve.Size {
  fileprivate var title: String {
    switch self {
    case .pairs: "key-value pairs in the sequence, K (log₂ scale)"
    case .symbols: "symbols of the string, n (log₂ scale)"
    case .tokens: "tokens in the sequence, L (log₂ scale)"
    }
  }

  fileprivate var trainedTo: Int? {
    if case .symbols(let most) = self { most } else { nil }
  }
}

/// Marks of the axes of sizes, as gnuplot's `set xtics` takes them.
enum AxisTics {
  static func powersOfTwo(in range: ClosedRange<Double>) -> String {
    let low = Int(log2(range.lowerBound).rounded(.up))
    let high = Int(log2(range.upperBound).rounded(.down))
    // Within one octave there may be none.
    guard low <= high else { return round(in: range) }
    return LogarithmicTics.expression(
      stride(from: low, through: high, by: high - low >= 12 ? 2 : 1).map { exp2(Double($0)) })
  }

  /// Round numbers, more of them where the range is short.
  static func round(in range: ClosedRange<Double>) -> String {
    let octaves = log2(range.upperBound / range.lowerBound)
    let factors: [Double] =
      octaves < 2.5
      ? [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8] : octaves < 5 ? [1, 1.5, 2, 3, 5, 7] : [1, 2, 5]
    let powers = Int(log10(range.lowerBound).rounded(.down))...Int(log10(range.upperBound))
    return LogarithmicTics.expression(
      powers.flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
        .filter(range.contains))
  }

  /// Relative sizes: fractions below 1, and 1 is attention.
  static let relative =
    "("
    + (-10...6).map { octave in
      let text = octave < 0 ? "1/\(1 << -octave)" : octave == 0 ? "1 = attention" : "\(1 << octave)"
      return "\"\(text)\" \(exp2(Double(octave)))"
    }.joined(separator: ", ") + ")"
}
