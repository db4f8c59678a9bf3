import Support

/// The course of one run's training.
public struct TrainingCurve: Hashable, Sendable {
  public struct Point: Hashable, Sendable {
    public var step: Int
    /// Mean cross-entropy in nats; not finite where a run diverged.
    public var trainingLoss: Double
    public var validationLoss: Double
    /// On the validation split, 0…1.
    public var accuracy: Double

    public init(step: Int, trainingLoss: Double, validationLoss: Double, accuracy: Double) {
      (self.step, self.trainingLoss) = (step, trainingLoss)
      (self.validationLoss, self.accuracy) = (validationLoss, accuracy)
    }
  }

  public enum Ending: Hashable, Sendable { case finished, unfinished, failed }

  public var learningRate: Double
  public var seed: UInt64
  public var points: [Point]
  public var ending: Ending
  /// Whether its learning rate is the one whose score the table shows.
  public var isChosen: Bool

  public init(
    learningRate: Double, seed: UInt64 = 0, points: [Point], ending: Ending, isChosen: Bool
  ) {
    (self.learningRate, self.seed, self.points) = (learningRate, seed, points)
    (self.ending, self.isChosen) = (ending, isChosen)
  }
}

extension TrainingCurve {
  /// The evaluations that a reader can point at: all, or so many of a long curve, the last among them.
  fileprivate var marked: [Point] {
    let drawn = points.filter(\.accuracy.isFinite)
    let step = (drawn.count + 24) / 25
    return drawn.indices.filter { (drawn.count - 1 - $0) % step == 0 }.map { drawn[$0] }
  }
}

extension Chart {
  /// Loss and validation accuracy over training steps: one line for each run, one shade for each learning rate. Nil
  /// if no run was evaluated.
  ///
  /// - Parameter stageEnds: the steps after which a next stage of training began; each gets a vertical line.
  public static func training(
    _ curves: [TrainingCurve], stageEnds: [Int] = [], style: SeriesStyle = SeriesStyle(mixer: 0),
    baselines: Baselines = [], title: String, subtitle: String, width: PictureWidth = .screen
  ) -> Chart? {
    let curves = curves.filter { !$0.points.isEmpty }
    guard let steps = curves.flatMap(\.points).map(\.step).max() else { return nil }
    let rates = Set(curves.map(\.learningRate)).sorted()
    let chosen = Set(curves.filter(\.isChosen).map(\.learningRate))
    let colours = rates.indices.map { style.ranked($0, of: rates.count).colour }
    var legend = zip(rates, colours).map { rate, colour in
      let isChosen = chosen.contains(rate)
      return LegendEntry(
        text: "lr \(significant(rate, 6))\(isChosen ? " (chosen)" : "")",
        swatch: .line(.solid, colour, width: lineWidth(isChosen, of: chosen)))
    }
    legend += [
      // Of another width: gnuplot's SVG draws the next line with this one's stroke where nothing else differs.
      LegendEntry(text: "validation", swatch: .line(.solid, .quiet, width: 2)),
      LegendEntry(text: "training loss", swatch: .line(.trainingLoss, .quiet, width: 1.6)),
    ]
    let borders = stageEnds.filter { 0 < $0 && $0 < steps }
    if !borders.isEmpty {
      legend.append(
        LegendEntry(text: "next stage", swatch: .line(.theory, .rule, width: 1.2)))
    }
    for (ending, mark, name) in [
      (TrainingCurve.Ending.failed, 2, "diverged or failed"), (.unfinished, 6, "not finished"),
    ] where curves.contains(where: { $0.ending == ending }) {
      legend.append(
        LegendEntry(text: name, swatch: .dot(mark: mark, size: 1.8, .quiet, width: 2.2)))
    }
    var figure = Figure(
      .init(
        title: title, subtitle: subtitle, x: "training steps", y: "",
        legend: legend + baselines.legend), width: width,
      panels: ["loss (nats per answer, log scale)", "validation accuracy (0 to 1)"],
      leastWidth: 300,
      sharesY: false
    )
    let x = PanelAxes.Axis(range: 0...1.03 * Double(max(1, steps)), tics: "autofreq")
    let losses = lossRange(curves)
    var y = PanelAxes.Axis(range: losses, isLogarithmic: true, tics: "")
    let height = figure.frames[0].top - figure.frames[0].bottom
    // Numbers stand above each other, each with room for two lines.
    y.tics = AxisTics.round(on: y, span: height / 2, size: width.sizes.tics)
    for (index, y) in [y, .init(range: -0.03...1.06, tics: AxisTics.shares)].enumerated() {
      figure.setAxes(PanelAxes(frame: figure.frames[index], x: x, y: y), ofPanel: index)
    }
    for (panel, frame) in figure.frames.enumerated() {
      let axes = PanelAxes(frame: frame, x: x, y: .init(range: 0...1, tics: ""))
      figure.overlay.lines += borders.map { step in
        .init(
          from: axes.pixel(Double(step), 0), to: axes.pixel(Double(step), 1), colour: .rule,
          width: 1.2, stroke: .theory, panel: panel)
      }
    }
    baselines.draw(
      into: &figure.overlay,
      on: PanelAxes(
        frame: figure.frames[1], x: x, y: .init(range: -0.03...1.06, tics: "")),
      ofPanel: 1)
    return Chart(
      .training, width: width, height: figure.height, title: title,
      summary: ChartKind.training.summary,
      variables: figure.variables.merging([
        "plain_width": .number(lineWidth(false, of: chosen))
      ]) { $1 }, blocks: blocks(curves, rates, colours),
      tips: ["marks": curves.flatMap { curve in curve.marked.map { tip($0, of: curve) } }])
  }

  private static func tip(_ point: TrainingCurve.Point, of curve: TrainingCurve) -> String {
    "lr \(significant(curve.learningRate, 6)), seed \(curve.seed), step \(point.step)\n"
      + "accuracy \(fixed(point.accuracy, 3)), loss \(significant(point.validationLoss, 3)) "
      + "(training \(significant(point.trainingLoss, 3)))"
  }

  private static func lineWidth(_ isChosen: Bool, of chosen: Set<Double>) -> Double {
    isChosen ? 3 : chosen.isEmpty ? 2.4 : 1.6
  }

  private static func lossRange(_ curves: [TrainingCurve]) -> ClosedRange<Double> {
    let losses = curves.flatMap(\.points).flatMap { [$0.trainingLoss, $0.validationLoss] }
      .filter { $0.isFinite && $0 > 0 }
    guard let low = losses.min(), let high = losses.max() else { return 0.1...10 }
    return max(low, 1e-7) / 1.4...max(high, 1e-7) * 1.4
  }

  /// Lines of panel, step, value and colour, and marks where runs ended otherwise. Lines of chosen rates are thicker and
  /// come last, so that they lie on top.
  private static func blocks(
    _ curves: [TrainingCurve], _ rates: [Double], _ colours: [Colour]
  ) -> [DataBlock] {
    func rows(isChosen: Bool, _ value: [(panel: Int, KeyPath<TrainingCurve.Point, Double>)])
      -> [[String]]
    {
      filled(
        curves.filter { $0.isChosen == isChosen }.flatMap { curve in
          value.flatMap { panel, value in
            curve.points.map { point in
              ["\(panel)", "\(point.step)", number(point[keyPath: value])]
                + [colour(curve.learningRate)]
            } + [[]]
          }
        })
    }
    func colour(_ rate: Double) -> String { "\(colours[rates.firstIndex(of: rate)!].rgb)" }
    let ends = curves.flatMap { curve -> [[String]] in
      let last = curve.points.last { $0.validationLoss.isFinite && $0.validationLoss > 0 }
      guard curve.ending != .finished, let last else { return [] }
      let mark = [curve.ending == .failed ? "2" : "6", colour(curve.learningRate)]
      return [(1, last.validationLoss), (2, last.accuracy)].map { panel, value in
        ["\(panel)", "\(last.step)", number(value), "0", "0"] + mark
      }
    }
    let scores: [(panel: Int, KeyPath<TrainingCurve.Point, Double>)] = [
      (1, \.validationLoss), (2, \.accuracy),
    ]
    let marks = curves.flatMap { curve in
      curve.marked.map {
        ["2", "\($0.step)", number($0.accuracy), "0", "0", "7", colour(curve.learningRate)]
      }
    }
    return [
      DataBlock("marks", rows: filled(marks)),
      DataBlock("plain_training", rows: rows(isChosen: false, [(1, \.trainingLoss)])),
      DataBlock("chosen_training", rows: rows(isChosen: true, [(1, \.trainingLoss)])),
      DataBlock("plain", rows: rows(isChosen: false, scores)),
      DataBlock("chosen", rows: rows(isChosen: true, scores)),
      DataBlock("ends", rows: filled(ends)),
    ]
  }

  private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "NaN" }
}
