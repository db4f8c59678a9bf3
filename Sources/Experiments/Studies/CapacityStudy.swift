import Capacity
import Foundation
import Models
import RecallTasks
import Support
import Training

/// What an experiment's scores say of capacity: accuracy over numbers of pairs at fixed state, with fits; or over the
/// length of strings to copy, without, as what strings hold may be more than what was trained.
///
/// Numbers of pairs come from an axis `task.n_pairs` (a model is trained for each), from
/// `training.evaluation_tasks` (one model is tested at each), or both; lengths likewise, from `n_max`.
public struct CapacityStudy: Sendable {
  /// One model: the cells of a row that differ in the study's size alone. `pairs` of its points are symbols where
  /// that is the size.
  public struct Line: Sendable {
    public let label: String
    public let model: ModelConfiguration
    /// Carried after the longest tested sequence, counted from `step`.
    public let stateScalars: Int
    /// Of one decoding step at the end of that sequence.
    public let decodeMultiplyAdds: Double
    /// Tokens that can be answers, M.
    public let values: Int
    /// Of the chosen learning rate's runs, one for each seed and number of pairs.
    public let points: [RecallPoint]
    /// What it is tested on.
    let tasks: [TaskConfiguration]
    /// Nil for fewer than two numbers of pairs, and for lengths.
    public let fit: RecallFit?
  }

  /// What accuracy is shown over, by its key of the task.
  public enum Size: String, Sendable {
    case pairs = "n_pairs"
    case symbols = "n_max"
  }

  public let lines: [Line]
  /// One for the whole study.
  public let size: Size
  /// The longest strings trained on, where they are as long for every line; nil for numbers of pairs.
  public let longestTrained: Int?

  /// What a model reaches that recalls nothing, the mean over the tasks of each number of pairs; lowest first.
  public var guesses: [(pairs: Int, guess: GuessedScore)] {
    Dictionary(grouping: Set(lines.flatMap(\.tasks)), by: \.task.groupingKey.value)
      .compactMap { pairs, tasks in GuessedScore(tasks).map { (pairs, $0) } }
      .sorted { $0.pairs < $1.pairs }
  }

  /// Of the first task's kind of size; empty for tasks that have neither.
  public init(_ results: [CellResult], of experiment: Experiment) throws {
    let sizes = results.map { $0.cell.runs[0].configuration.task.task.groupingKey }
    let size = sizes.lazy.compactMap { Size(rawValue: $0.name) }.first ?? .pairs
    var groups: [(key: [AxisValue], row: Int, results: [CellResult])] = []
    for (result, own) in zip(results, sizes) where own.name == size.rawValue {
      let key = result.cell.axes.filter { $0.path != "task.\(size.rawValue)" }
      if let index = groups.firstIndex(where: { $0.row == result.cell.row && $0.key == key }) {
        groups[index].results.append(result)
      } else {
        groups.append((key, result.cell.row, [result]))
      }
    }
    lines = try groups.map { group in
      try Line(
        label: Experiment.label(experiment.rows[group.row].label, axes: group.key),
        size: size, results: group.results)
    }
    self.size = size
    let trained = Set(sizes.filter { $0.name == size.rawValue }.map(\.value))
    longestTrained = size == .symbols && trained.count == 1 ? trained.first : nil
  }
}

extension CapacityStudy.Line {
  init(label: String, size: CapacityStudy.Size, results: [CellResult]) throws {
    let configuration = results[0].cell.runs[0].configuration
    tasks = try results.flatMap { try $0.cell.runs[0].configuration.evaluationTasks }
    let length = tasks.map(\.task.sequenceLength).max()!
    self.label = label
    model = configuration.model
    stateScalars = try StateMeasurement(model).after(tokens: length).scalars
    decodeMultiplyAdds = try ModelCost(model, length: length, labelled: 0).decodeMultiplyAdds
    values = tasks[0].task.answerTokens.count
    points = try results.flatMap(Self.points)
    fit = size == .pairs ? RecallFit(points) : nil
  }

  private static func points(_ result: CellResult) throws -> [RecallPoint] {
    let configuration = result.cell.runs[0].configuration
    // Several tests may have one number of pairs; their examples are counted together.
    let tests = Dictionary(
      grouping: try configuration.evaluationTasks, by: \.task.groupingKey.value)
    let finished = result.chosen?.finished ?? []
    return finished.flatMap { point in
      tests.sorted { $0.key < $1.key }.compactMap { pairs, tasks in
        (point.test?.accuracyByDifficulty["\(pairs)"]).map {
          RecallPoint(
            pairs: pairs, accuracy: $0,
            examples: tasks.count * configuration.training.testExamples, seed: point.seed)
        }
      }
    }
  }

  /// Bits that the state must at least hold of K₉₀ pairs to answer nine of ten, for each of its scalars.
  public var bitsPerScalar: Double? {
    guard let pairs = fit?.level(accuracy: 0.9).pairs, pairs.isFinite,
      pairs >= CapacityStudy.leastPairs
    else { return nil }
    return RecallBound.bits(pairs: pairs, values: values, accuracy: 0.9) / Double(stateScalars)
  }

  /// The theory of an outer-product memory whose keys have the model's d_state dimensions; nil without one.
  public var theory: OuterProductMemory? {
    guard tasks[0].task.groupingKey.name == CapacityStudy.Size.pairs.rawValue,
      case .int(let states)? = (try? model.values)?["d_state"]
    else { return nil }
    return OuterProductMemory(keyDimension: states, values: values)
  }
}
