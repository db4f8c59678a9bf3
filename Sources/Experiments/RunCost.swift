import Models
import RecallTasks
import Support
import Training

/// The arithmetic of a whole run, counted from its shapes. A run whose stages end early takes less.
public struct RunCost: Hashable, Sendable {
  /// Steps of training.
  public let steps: Int
  public let examples: Int
  /// Of all examples, by the length of their sequences.
  public let tokensByLength: [Int: Int]
  public let parameters: Int
  /// Floats of a buffer that holds one for each parameter.
  package let bufferCount: Int
  /// The arithmetic of training and of all evaluations on the validation split.
  public let multiplyAdds: Double
  /// The least memory for the activations of one thread.
  package let activationBytes: Double

  /// The mean over the examples of training.
  package var multiplyAddsPerExample: Double { multiplyAdds / Double(max(1, examples)) }

  /// Throws `SettingsError` for a run that does not fit into this machine's memory.
  public init(_ configuration: RunConfiguration) throws {
    activationBytes = try RunMemory(configuration).activationBytes
    let (plan, settings) = (try TrainingPlan(configuration), configuration.training)
    let model = LanguageModel(configuration.model)
    func perExample(_ task: any RecallTask) -> Double {
      model.trainingMultiplyAdds(task, seed: configuration.seed)
    }
    let epochs = Double(settings.epochs)
    let training = plan.stages.reduce(0.0) { $0 + Double($1.examples) * perExample($1.task) }
    // Forward alone is a third of a training step.
    let evaluation = try configuration.evaluationTasks.reduce(0.0) {
      $0 + Double(settings.validationExamples) * perExample($1.task) / 3
    }
    let every = plan.evaluateEvery
    steps = plan.totalSteps
    examples = plan.stages.reduce(0) { $0 + $1.examples } * settings.epochs
    tokensByLength = plan.stages.reduce(into: [:]) {
      $0[$1.task.sequenceLength, default: 0] +=
        $1.examples * $1.task.sequenceLength * settings.epochs
    }
    parameters = model.parameterCount
    bufferCount = model.bufferCount
    multiplyAdds = training * epochs + evaluation * Double((steps + every - 1) / every)
  }
}

extension Experiment {
  /// The arithmetic of every run, by hash.
  public func costs() throws -> [String: RunCost] {
    byRun(try configurationCosts())
  }

  /// A value of each configuration, by the hash of each of its runs.
  package func byRun<Value>(_ values: [Value]) -> [String: Value] {
    var all: [String: Value] = [:]
    for (configuration, value) in zip(configurations, values) {
      for run in configuration.runs { all[run.hash] = value }
    }
    return all
  }

  /// The arithmetic of a run of each configuration. Learning rates and seeds do not change it.
  package func configurationCosts() throws -> [RunCost] {
    var known: [RunConfiguration: RunCost] = [:]
    return try configurations.map { configuration in
      let key = configuration.shared.withDefaultOptimizer
      let cost: RunCost
      do {
        cost = try known[key] ?? RunCost(configuration.shared)
      } catch let error as SettingsError {
        throw ConfigurationError(
          rows[configuration.row].mark, "\(configuration.label): \(error.description)")
      }
      known[key] = cost
      return cost
    }
  }

  /// The order in which runs start: seed by seed, so that all rows can be compared early, and at each seed the run with
  /// the most arithmetic first.
  ///
  /// - Parameter costs: one for each configuration.
  package func runsInOrder(_ costs: [RunCost]) -> [Run] {
    var ranks: [String: (seed: Int, negativeCost: Double)] = [:]
    for (configuration, cost) in zip(configurations, costs) {
      let seeds = Dictionary(
        uniqueKeysWithValues: configuration.seeds.enumerated().map { ($1, $0) })
      for run in configuration.runs {
        ranks[run.hash] = (seeds[run.configuration.seed]!, -cost.multiplyAdds)
      }
    }
    let keys = runs.enumerated().map { index, run in
      let rank = ranks[run.hash]!
      return (rank.seed, rank.negativeCost, index)
    }
    return keys.sorted(by: <).map { runs[$0.2] }
  }
}
