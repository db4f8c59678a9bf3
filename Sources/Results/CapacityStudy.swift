import Capacity
import Experiments
import Foundation
import Models
import RecallTasks
import Support
import Training

/// Accuracy over the number of pairs at fixed state size, with fits; or over the length of strings to copy, without.
///
/// Strings have no fit because a model may hold longer strings than it was trained on. Numbers of pairs come from an
/// axis `task.n_pairs` (a model is trained for each), from `training.evaluation_tasks` (one model is tested at each), or
/// from both; lengths likewise, from `n_max`. `measure: [pairs]` adds fewer pairs to a model that was tested at one number.
package struct CapacityStudy: Sendable {
  /// One model: a row's configurations that differ in the study's size alone.
  package struct Line: Sendable {
    package let label: String
    package let model: ModelConfiguration
    /// Scalars carried at the end of the longest tested sequence, measured from `step`.
    package let stateScalars: Int
    /// The cost of one decoding step at the end of that sequence.
    package let decodeMultiplyAdds: Double
    /// M, the number of tokens that can be answers.
    package let values: Int
    /// The chosen learning rate's scores, one for each seed and size. `pairs` is the length if lengths are studied.
    package let points: [RecallPoint]
    /// The tested tasks.
    let tasks: [TaskConfiguration]
    /// nil for fewer than two numbers of pairs, for lengths, and where nothing was learned.
    package let fit: RecallFit?
    /// Whether the mean over seeds is above the baseline without recall at some size.
    package let hasRecall: Bool
  }

  /// What accuracy is shown over, by its key of the task.
  package enum Size: String, Sendable {
    case pairs = "n_pairs"
    case symbols = "n_max"
  }

  package let lines: [Line]
  /// What the lines are measured against; all lines have the same.
  package let size: Size
  /// The longest training string, if it is the same for every line; nil for numbers of pairs.
  package let longestTrained: Int?

  /// The baseline without recall at each size, smallest size first.
  package var baselines: [(pairs: Int, baseline: NoRecallBaseline)] {
    lines.flatMap(\.tasks).distinct.grouped(by: \.task.difficulty.value)
      .compactMap { pairs, tasks in NoRecallBaseline(tasks).map { (pairs, $0) } }
      .sorted { $0.pairs < $1.pairs }
  }

  /// The first task that has a number of pairs or a length decides the size. Without such a task there are no lines.
  package init(_ results: [ConfigurationResult], of experiment: Experiment) throws {
    let sizes = results.map { $0.configuration.shared.task.task.difficulty }
    let size = sizes.lazy.compactMap { Size(rawValue: $0.name) }.first ?? .pairs
    struct Key: Hashable {
      let row: Int
      let axes: [AxisValue]
    }
    // A model without a recurrence has no state to be studied.
    let studied = zip(results, sizes).filter {
      $1.name == size.rawValue && $0.configuration.shared.model.hasRecurrence
    }.map(\.0)
    let models = studied.grouped {
      let axes = $0.configuration.axes.filter { $0.path != "task.\(size.rawValue)" }
      return Key(row: $0.configuration.row, axes: axes)
    }.map { key, results in
      (Experiment.label(experiment.rows[key.row].label, axes: key.axes), results)
    }
    // The intervals of a model's curve take some hundredths of a second.
    lines = try models.concurrentMap { label, results in
      Result { try Line(label: label, size: size, results: results) }
    }.map { try $0.get() }
    self.size = size
    let trained = Set(sizes.filter { $0.name == size.rawValue }.map(\.value))
    longestTrained = size == .symbols && trained.count == 1 ? trained.first : nil
  }
}

extension CapacityStudy.Line {
  init(label: String, size: CapacityStudy.Size, results: [ConfigurationResult]) throws {
    let configuration = results[0].configuration.shared
    let fewer = results.count == 1 ? Self.pointsAtFewerPairs(results[0]) : []
    tasks =
      try results.flatMap { try $0.configuration.shared.evaluationTasks }
      + (fewer.isEmpty ? [] : configuration.tasksWithFewerPairs)
    let length = tasks.map(\.task.sequenceLength).max()!
    self.label = label
    model = configuration.model
    stateScalars = try StateMeasurement(model, longest: length).after(tokens: length).scalars
    // The state was measured, so every layer has a recurrence.
    decodeMultiplyAdds = try ModelCost(model, length: length, labelled: 0).decodeMultiplyAdds!
    values = tasks[0].task.answerTokens.count
    points = try results.flatMap(Self.points) + fewer
    hasRecall = Self.hasRecall(points, tasks)
    fit = size == .pairs && hasRecall ? RecallFit(points) : nil
  }

  private static func hasRecall(_ points: [RecallPoint], _ tasks: [TaskConfiguration]) -> Bool {
    points.grouped(by: \.pairs).contains { pairs, points in
      guard let mean = MeanInterval(points.map(\.accuracy))?.mean,
        let baseline = NoRecallBaseline(tasks.filter { $0.task.difficulty.value == pairs })
      else { return false }
      return baseline.isBeaten(by: mean, examples: points.reduce(0) { $0 + $1.examples })
    }
  }

  private static func points(_ result: ConfigurationResult) throws -> [RecallPoint] {
    let configuration = result.configuration.shared
    // Several tests may have the same number of pairs; their examples count together.
    let tests = Dictionary(
      grouping: try configuration.evaluationTasks, by: \.task.difficulty.value)
    return (result.chosen?.finished ?? []).flatMap { one in
      tests.sorted { $0.key < $1.key }.compactMap { pairs, tasks in
        (one.test?.accuracyByDifficulty["\(pairs)"]).map {
          RecallPoint(
            pairs: pairs, accuracy: $0,
            examples: tasks.count * configuration.training.testExamples, seed: one.seed)
        }
      }
    }
  }

  private static func pointsAtFewerPairs(_ result: ConfigurationResult) -> [RecallPoint] {
    (result.chosen?.finished ?? []).flatMap { one in
      (one.record?.accuracyAtFewerPairs ?? [:]).compactMap { pairs, accuracy in
        guard let pairs = Int(pairs), pairs >= 1 else { return nil }
        return RecallPoint(
          pairs: pairs, accuracy: accuracy,
          examples: result.configuration.shared.training.testExamples, seed: one.seed)
      }.sorted { $0.pairs < $1.pairs }
    }
  }

  /// The least bits that each state scalar must hold to answer nine of ten queries about K₉₀ pairs.
  package var bitsPerScalar: Double? {
    guard let fit, !fit.rises, case let pairs = fit.level(accuracy: 0.9).pairs, pairs.isFinite,
      pairs >= CapacityStudy.leastPairs
    else { return nil }
    return RecallBound.bits(pairs: pairs, values: values, accuracy: 0.9) / Double(stateScalars)
  }

  /// The theory of an outer-product memory with d_state key dimensions; nil for a model without d_state.
  package var theory: OuterProductMemory? {
    guard tasks[0].task.difficulty.name == CapacityStudy.Size.pairs.rawValue,
      case .int(let states)? = model.values["d_state"]
    else { return nil }
    return OuterProductMemory(keyDimension: states, values: values)
  }
}

extension CapacityStudy {
  /// A fitted number of pairs below this counts as none.
  package static let leastPairs = 0.005
}
