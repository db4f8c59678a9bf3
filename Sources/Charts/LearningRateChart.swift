import Foundation

/// One model's accuracy on the validation split at each learning rate of its grid.
public struct LearningRateCurve: Hashable, Sendable {
  public var name: String
  /// Lowest first.
  public var rates: [Rate]

  public struct Rate: Hashable, Sendable {
    public var learningRate: Double
    /// At the end of training, 0…1: one for each seed that finished.
    public var accuracies: [Double]
    /// Seeds that diverged or failed.
    public var failures: Int
    /// Whether the table shows the score of this rate.
    public var isChosen: Bool

    public init(learningRate: Double, accuracies: [Double], failures: Int, isChosen: Bool) {
      (self.learningRate, self.accuracies) = (learningRate, accuracies)
      (self.failures, self.isChosen) = (failures, isChosen)
    }
  }

  public init(name: String, rates: [Rate]) { (self.name, self.rates) = (name, rates) }

  /// The most curves that can be distinguished in one chart.
  public static let mostOfAChart = 6
}

extension Chart {
  /// Validation accuracy against learning rate. Nil if there is no run to show.
  ///
  /// A line joins the means over seeds. Each seed is a dot, the chosen rate has a ring, and seeds that diverged or
  /// failed are crosses below the axis.
  public static func learningRates(
    _ curves: [LearningRateCurve], baselines: [Double] = [], title: String, subtitle: String
  ) -> Chart? {
    let shown = curves.flatMap(\.rates).filter { !$0.accuracies.isEmpty || $0.failures > 0 }
    let grid = Set(shown.map(\.learningRate)).filter { $0 > 0 }.sorted()
    guard let low = grid.first, let high = grid.last else { return nil }
    let left = 118.0
    let right = 1366.0
    let legend = Legend(
      curves.enumerated().map { ($1.name, $0 + 1) }, left: left, right: right, top: 792)
    let frame = Box(left: left, bottom: 118, right: right, top: legend.bottom - 10)
    var variables: [String: GnuplotValue] = [
      "x_low": .number(low / 1.5), "x_high": .number(high * 1.5),
      "y_low": .number(
        min(-0.05, failureHeight(of: curves.count - 1, in: curves)) - 0.05),
      "rate_tics": .text(
        grid.count <= 9
          ? LogarithmicTics.expression(grid) : LogarithmicTics.expression(low...high)),
    ]
    variables.merge(legend.variables) { $1 }
    variables.merge(frame.headings(title, subtitle)) { $1 }
    variables.merge(frame.variables) { $1 }
    variables.merge(BaselineLines(baselines).variables) { $1 }
    return Chart(.learningRates, variables: variables, blocks: blocks(curves, grid))
  }

  /// Each series with failures has its own row below the axis, so that their numbers do not overlap.
  private static func failureHeight(of index: Int, in curves: [LearningRateCurve]) -> Double {
    let above = curves[...index].count { $0.rates.contains { $0.failures > 0 } }
    return -0.05 * Double(above)
  }

  private static func blocks(_ curves: [LearningRateCurve], _ grid: [Double]) -> [DataBlock] {
    // Series stand side by side, within a small share of the grid's narrowest step and of the margins.
    let steps = zip(grid, grid.dropFirst()).map { log($1 / $0) }
    let shift = 0.25 * min(steps.min() ?? 0.4, 1) / Double(max(1, curves.count))
    var (means, seeds, failures): ([[String]], [[String]], [[String]]) = ([], [], [])
    for (index, curve) in curves.enumerated() {
      let offset = exp(shift * (Double(index) - Double(curves.count - 1) / 2))
      for rate in curve.rates {
        let x = "\(rate.learningRate * offset)"
        seeds += rate.accuracies.map { ["\(index + 1)", x, "\($0)"] }
        if rate.failures > 0 {
          failures.append([
            "\(index + 1)", x, "\(rate.failures)", "\(failureHeight(of: index, in: curves))",
          ])
        }
        guard !rate.accuracies.isEmpty else { continue }
        let mean = rate.accuracies.reduce(0, +) / Double(rate.accuracies.count)
        means.append(["\(index + 1)", x, "\(mean)", rate.isChosen ? "1" : "0"])
      }
      means.append([])
    }
    let nowhere = [["1", "1e-99", "-9", "-9"]]
    return [
      DataBlock("means", rows: means.contains { !$0.isEmpty } ? means : nowhere),
      DataBlock("seeds", rows: seeds.isEmpty ? nowhere : seeds),
      DataBlock("failures", rows: failures.isEmpty ? nowhere : failures),
    ]
  }
}
