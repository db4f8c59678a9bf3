import Foundation

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
  public var points: [Point]
  public var ending: Ending
  /// Whether its learning rate is the one whose score the table shows.
  public var isChosen: Bool

  public init(learningRate: Double, points: [Point], ending: Ending, isChosen: Bool) {
    (self.learningRate, self.points) = (learningRate, points)
    (self.ending, self.isChosen) = (ending, isChosen)
  }
}

extension Chart {
  /// Loss and validation accuracy over training steps: one line for each run, one colour for each learning rate. Nil
  /// if no run was evaluated.
  public static func training(
    _ curves: [TrainingCurve], baselines: [Double] = [], title: String, subtitle: String
  ) -> Chart? {
    let curves = curves.filter { !$0.points.isEmpty }
    guard let steps = curves.flatMap(\.points).map(\.step).max() else { return nil }
    let rates = Set(curves.map(\.learningRate)).sorted()
    let chosen = Set(curves.filter(\.isChosen).map(\.learningRate))
    let (left, right) = (118.0, 1366.0)
    let legend = Legend(
      rates.enumerated().map { index, rate in
        ("lr \(String(format: "%g", rate))\(chosen.contains(rate) ? " (chosen)" : "")", index + 1)
      }, left: left, right: right, top: 792)
    let frame = Box(left: left, bottom: 118, right: right, top: legend.bottom - 40)
    let losses = lossRange(curves)
    var variables: [String: GnuplotValue] = [
      "x_high": .number(1.03 * Double(max(1, steps))),
      "loss_low": .number(losses.lowerBound), "loss_high": .number(losses.upperBound),
      "plain_width": .number(chosen.isEmpty ? 2.4 : 1.6),
      "loss_tics": .text(LogarithmicTics.expression(losses)),
    ]
    variables.merge(legend.variables) { $1 }
    variables.merge(frame.headings(title, subtitle)) { $1 }
    variables.merge(frame.variables) { $1 }
    variables.merge(BaselineLines(baselines).variables) { $1 }
    return Chart(.training, variables: variables, blocks: blocks(curves, rates))
  }

  private static func lossRange(_ curves: [TrainingCurve]) -> ClosedRange<Double> {
    let losses = curves.flatMap(\.points).flatMap { [$0.trainingLoss, $0.validationLoss] }
      .filter { $0.isFinite && $0 > 0 }
    guard let low = losses.min(), let high = losses.max() else { return 0.1...10 }
    return max(low, 1e-7) / 1.4...max(high, 1e-7) * 1.4
  }

  private static func blocks(_ curves: [TrainingCurve], _ rates: [Double]) -> [DataBlock] {
    var (lines, ends): ([[String]], [[String]]) = ([], [])
    // Runs of the chosen rate come last, so that they lie on top.
    for curve in curves.filter({ !$0.isChosen }) + curves.filter(\.isChosen) {
      let colour = "\(rates.firstIndex(of: curve.learningRate)! + 1)"
      lines += curve.points.map { point in
        [colour, curve.isChosen ? "1" : "0", "\(point.step)"]
          + [point.trainingLoss, point.validationLoss, point.accuracy].map(number)
      }
      lines.append([])
      let last = curve.points.last { $0.validationLoss.isFinite && $0.validationLoss > 0 }
      guard curve.ending != .finished, let last else { continue }
      ends.append([
        colour, "\(last.step)", number(last.validationLoss), number(last.accuracy),
        curve.ending == .failed ? "1" : "0",
      ])
    }
    return [
      DataBlock("curves", rows: lines),
      DataBlock("ends", rows: ends.isEmpty ? [["1", "-9", "1e-99", "-9", "0"]] : ends),
    ]
  }

  private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "NaN" }
}
