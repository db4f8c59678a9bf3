import Support

/// The validation accuracy of one model while it is trained, one course for each seed.
public struct StepCurve: Hashable, Sendable {
  public var name: String
  /// The mixer's. Models of one mixer are shades of its colour.
  public var style: SeriesStyle
  public var runs: [Run]
  /// The accuracy that others have published for the model.
  public var published: Double?

  public struct Run: Hashable, Sendable {
    public var seed: UInt64
    /// By steps, ascending.
    public var points: [Point]
    public var isFinished: Bool

    public init(seed: UInt64, points: [Point], isFinished: Bool) {
      (self.seed, self.points, self.isFinished) = (seed, points, isFinished)
    }
  }

  public struct Point: Hashable, Sendable {
    public var step: Int
    /// 0…1
    public var accuracy: Double

    public init(step: Int, accuracy: Double) { (self.step, self.accuracy) = (step, accuracy) }
  }

  public init(name: String, style: SeriesStyle, runs: [Run], published: Double? = nil) {
    (self.name, self.style, self.runs, self.published) = (name, style, runs, published)
  }
}

extension Chart {
  /// Validation accuracy over training steps, one line for each run. Published accuracies are lines across. Nil without
  /// an evaluation.
  public static func accuracyAgainstSteps(
    _ curves: [StepCurve], baselines: Baselines = [], title: String, subtitle: String,
    width: PictureWidth = .screen
  ) -> Chart? {
    let curves = curves.compactMap { curve in
      var curve = curve
      curve.runs.removeAll(where: \.points.isEmpty)
      return curve.runs.isEmpty ? nil : curve
    }
    let runs = curves.flatMap(\.runs)
    guard let steps = runs.flatMap(\.points).map(\.step).max() else { return nil }
    let colours = SeriesStyle.shaded(curves.map(\.style)).map(\.colour)
    var legend = zip(curves, colours).map {
      LegendEntry(text: $0.name, swatch: .line(.solid, $1, width: 2.4))
    }
    if curves.contains(where: { $0.published != nil }) {
      legend.append(LegendEntry(text: "published", swatch: .line(.published, .quiet, width: 1.6)))
    }
    if runs.contains(where: { !$0.isFinished }) {
      legend.append(
        LegendEntry(text: "not finished", swatch: .dot(mark: 6, size: 1.8, .quiet, width: 2.2)))
    }
    var figure = Figure(
      .init(
        title: title, subtitle: subtitle, x: "training steps",
        y: width == .column ? "validation accuracy" : "validation accuracy (0 to 1)",
        legend: legend + baselines.legend),
      width: width)
    let frame = figure.frames[0]
    let axes = PanelAxes(
      frame: frame, x: .init(range: 0...1.02 * Double(max(1, steps)), tics: "autofreq"),
      y: .init(range: -0.03...1.06, tics: AxisTics.shares))
    figure.setAxes(axes, ofPanel: 0)
    baselines.draw(into: &figure.overlay, on: axes)
    for (curve, colour) in zip(curves, colours) {
      guard let published = curve.published else { continue }
      let height = axes.pixel(0, published).y
      figure.overlay.lines.append(
        .init(
          from: Pixel(frame.left, height), to: Pixel(frame.right, height), colour: colour,
          width: 1.6, stroke: .published))
    }
    let drawn = zip(curves, colours).flatMap { curve, colour in
      curve.runs.map { (curve: curve, run: $0, colour: "\(colour.rgb)") }
    }
    let ends = drawn.compactMap { drawn in
      drawn.run.isFinished ? nil : drawn.run.points.last.map { ($0, drawn.colour) }
    }
    return Chart(
      .accuracyAgainstSteps, width: width, height: figure.height, title: title,
      summary: ChartKind.accuracyAgainstSteps.summary, variables: figure.variables,
      blocks: DataBlock.curves(
        drawn.map { drawn in
          drawn.run.points.map { ["\($0.step)", "\($0.accuracy)", "7", drawn.colour] }
        })
        + [
          DataBlock(
            "ends",
            rows: ends.isEmpty
              ? [["-1", "-1", "6", "0"]]
              : ends.map { ["\($0.0.step)", "\($0.0.accuracy)", "6", $0.1] })
        ],
      tips: [
        "marks": drawn.flatMap { drawn in
          drawn.run.points.map {
            "\(drawn.curve.name), seed \(drawn.run.seed)\n"
              + "step \($0.step): accuracy \(fixed($0.accuracy, 3))"
          }
        }
      ])
  }
}
