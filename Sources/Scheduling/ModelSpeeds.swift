import Benchmarks
import Experiments
import Training

/// Speed and memory of every configuration of an experiment. Equal models are measured once. Measuring each of many
/// models would take long, so after some seconds a model takes the figures of the most similar one, scaled by its
/// arithmetic.
struct ModelSpeeds {
  struct Figures {
    /// The time of a run's passes on one thread, and that of all its updates.
    let seconds: Double, updateSeconds: Double
    /// Bytes of activations of one thread.
    let activationBytes: Int
    let isMeasured: Bool
  }

  /// Known speeds, by the configuration of the first run with that arithmetic, with the optimizer's defaults.
  private var figures: [RunConfiguration: Figures] = [:]

  /// - Parameters:
  ///   - costs: one for each configuration.
  ///   - seconds: the time after which no model is measured that is similar to one that was.
  ///   - note: is told of a measurement that takes long.
  init(
    _ experiment: Experiment, _ costs: [RunCost], seconds: Double = 3,
    note: (String) -> Void
  ) throws {
    var models: [(key: RunConfiguration, label: String, cost: RunCost)] = []
    var known: Set<RunConfiguration> = []
    for (configuration, cost) in zip(experiment.configurations, costs) {
      let key = configuration.shared.withDefaultOptimizer
      guard known.insert(key).inserted else { continue }
      models.append((key, configuration.label, cost))
    }
    models.sort { Self.isMeasuredBefore($0.cost, $1.cost) }
    var measured: [(key: RunConfiguration, cost: RunCost, probe: SpeedProbe)] = []
    let watch = Stopwatch()
    for (key, label, cost) in models {
      let similar = measured.filter { Self.areSimilar($0.key, key) }
      if watch.seconds > seconds || Self.isLong(cost),
        let near = similar.min(by: {
          Self.distance($0.cost, cost) < Self.distance($1.cost, cost)
        })
      {
        figures[key] = Figures(
          near.probe, cost, isMeasured: false,
          memory: cost.activationBytes / near.cost.activationBytes,
          update: Double(cost.bufferCount) / Double(near.cost.bufferCount))
      } else {
        if Self.isLong(cost) {
          note("measuring the speed of \(label), which takes some time: it is large")
        }
        let probe = try SpeedProbe(key)
        measured.append((key, cost, probe))
        figures[key] = Figures(probe, cost, isMeasured: true)
      }
    }
  }

  subscript(configuration: Experiment.Configuration) -> Figures {
    figures[configuration.shared.withDefaultOptimizer]!
  }

  /// Whether they have the same kinds of mixer.
  private static func areSimilar(_ a: RunConfiguration, _ b: RunConfiguration) -> Bool {
    func kinds(_ run: RunConfiguration) -> [String] { run.model.mixers.map { type(of: $0).kind } }
    return kinds(a) == kinds(b)
  }

  /// The arithmetic of a measurement: a sequence, and initial weights, which take about 1000 multiply-adds each.
  private static func arithmetic(_ cost: RunCost) -> Double {
    cost.multiplyAddsPerExample + 1000 * Double(cost.bufferCount)
  }

  /// Whether the measurement takes more than about a second.
  private static func isLong(_ cost: RunCost) -> Bool { arithmetic(cost) > SpeedProbe.shortPass }

  /// Runs with the most arithmetic decide how long all of it takes. Models that take long to measure come last.
  private static func isMeasuredBefore(_ a: RunCost, _ b: RunCost) -> Bool {
    if isLong(a) || isLong(b) { return arithmetic(a) < arithmetic(b) }
    return a.multiplyAdds > b.multiplyAdds
  }

  private static func distance(_ a: RunCost, _ b: RunCost) -> Double {
    let ratio = a.multiplyAddsPerExample / b.multiplyAddsPerExample
    return max(ratio, 1 / ratio)
  }
}

extension ModelSpeeds.Figures {
  /// - Parameters:
  ///   - memory, update: factors for a model that is not the measured one.
  fileprivate init(
    _ probe: SpeedProbe, _ cost: RunCost, isMeasured: Bool, memory: Double = 1, update: Double = 1
  ) {
    seconds = cost.multiplyAdds * probe.secondsPerMultiplyAdd
    updateSeconds = Double(cost.steps) * probe.secondsPerUpdate * update
    activationBytes = Int(Double(probe.activationBytes) * memory)
    self.isMeasured = isMeasured
  }
}
