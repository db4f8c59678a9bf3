import Foundation

/// The accuracy of one model, or of several alike, at several sizes of a task, such as numbers of pairs.
public struct AccuracyCurve: Hashable, Sendable {
  /// What was measured at one size: the mean over seeds, its interval, and each seed.
  public struct Point: Hashable, Sendable {
    public var size: Int
    public var accuracy, low, high: Double
    public var seeds: [Double]

    public init(size: Int, accuracy: Double, low: Double, high: Double, seeds: [Double]) {
      (self.size, self.accuracy, self.low, self.high) = (size, accuracy, low, high)
      self.seeds = seeds
    }
  }

  /// A point of a smooth curve. Without an interval, low and high equal accuracy.
  public struct Sample: Hashable, Sendable {
    public var size, accuracy, low, high: Double

    public init(size: Double, accuracy: Double, low: Double? = nil, high: Double? = nil) {
      (self.size, self.accuracy) = (size, accuracy)
      (self.low, self.high) = (low ?? accuracy, high ?? accuracy)
    }
  }

  /// What `size` counts.
  public enum Size: Hashable, Sendable {
    case pairs
    /// Symbols of a string; in training, strings had at most `trainedTo`.
    case symbols(trainedTo: Int?)
    /// Tokens of the sequence.
    case tokens
  }

  /// The name of the panel that shows this curve.
  public var panel: String
  public var name: String
  public var points: [Point]
  public var fit: [Sample]
  public var theory: [Sample]
  public var published: [Sample]
  /// The size at which the fit has accuracy 1/2.
  public var halfway: Double?

  public init(
    panel: String, name: String, points: [Point], fit: [Sample] = [], theory: [Sample] = [],
    published: [Sample] = [], halfway: Double? = nil
  ) {
    (self.panel, self.name, self.points) = (panel, name, points)
    (self.fit, self.theory, self.published) = (fit, theory, published)
    self.halfway = halfway
  }
}

extension Chart {
  /// Accuracy against the number of pairs or another size: one panel for each mixer, one curve for each state size.
  /// Points without a fit are joined by lines. Nil if there are no points.
  ///
  /// - Parameter baselines: accuracies without recall, by size: a dashed line.
  public static func capacityCurves(
    _ curves: [AccuracyCurve], of size: AccuracyCurve.Size = .pairs,
    baselines: [AccuracyCurve.Sample] = [], title: String, subtitle: String
  ) -> Chart? {
    curvePanels(
      .capacityCurve, curves, of: size, baselines: baselines, title: title, subtitle: subtitle)
  }

  /// Accuracy against sequence length: one panel for each mixer, one curve for each depth and relative state. Nil if
  /// there are no points.
  public static func accuracyAgainstLength(
    _ curves: [AccuracyCurve], baselines: [AccuracyCurve.Sample] = [], title: String,
    subtitle: String
  ) -> Chart? {
    curvePanels(
      .accuracyAgainstLength, curves, of: .tokens, baselines: baselines, title: title,
      subtitle: subtitle)
  }

  private static func curvePanels(
    _ kind: ChartKind, _ curves: [AccuracyCurve], of size: AccuracyCurve.Size,
    baselines: [AccuracyCurve.Sample], title: String, subtitle: String
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
      "baseline_name": .text(baselines.isEmpty ? "" : BaselineLines.name),
      "x_title": .text(size.title),
      "has_fit": .number(curves.contains { !$0.fit.isEmpty } ? 1 : 0),
      "has_seeds": .number(curves.contains { $0.points.contains { $0.seeds.count > 1 } } ? 1 : 0),
      "has_published": .number(curves.contains { !$0.published.isEmpty } ? 1 : 0),
      "trained_to": .number(Double(size.trainedTo ?? 0)),
      "x_low": .number(range.lowerBound), "x_high": .number(range.upperBound),
      "x_tics": .text(AxisTics.powersOfTwo(in: range)),
    ]
    for (index, panel) in panels.enumerated() {
      variables["panel_name_\(index + 1)"] = .text(bold(panel))
      let legend = LegendPosition(
        curves.filter { $0.panel == panel }, baselines: baselines, namesBaseline: index == 0,
        range: range,
        panelWidth: 0.925 * Double(Canvas.width) / Double(panels.count))
      variables["panel_legend_\(index + 1)"] = .text(legend.name)
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
          "baselines",
          rows: filled(baselines.map { ["\($0.size)", "\($0.accuracy)"] }, ["1", "-9"]))
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
      // An empty row ends a curve; else gnuplot would join it to the next.
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

  /// The rows, or `row` if there are none: gnuplot refuses an empty table.
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

/// Marks of an axis of sizes, in the form of gnuplot's `set xtics`.
enum AxisTics {
  static func powersOfTwo(in range: ClosedRange<Double>) -> String {
    let low = Int(log2(range.lowerBound).rounded(.up))
    let high = Int(log2(range.upperBound).rounded(.down))
    // A range below one octave may hold no power of two.
    guard low <= high else { return round(in: range) }
    return LogarithmicTics.expression(
      stride(from: low, through: high, by: high - low >= 12 ? 2 : 1).map { exp2(Double($0)) })
  }

  /// Round numbers; the shorter the range, the more of them.
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

  /// Sizes relative to attention: fractions below 1.
  static let relative =
    "("
    + (-10...6).map { octave in
      let text = octave < 0 ? "1/\(1 << -octave)" : octave == 0 ? "1 = attention" : "\(1 << octave)"
      return "\"\(text)\" \(exp2(Double(octave)))"
    }.joined(separator: ", ") + ")"
}
