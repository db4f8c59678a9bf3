import Autodiff
import Capacity
import Experiments
import Foundation
import Models
import RecallTasks
import Records
import Results
import Support

/// Measures what an experiment's `measure` names, of the runs that are scored, and keeps it in their records.
package struct Measuring {
  private let experiment: Experiment
  private let store: RunStore
  private let leaseSeconds: Double

  /// Test examples of which a model's ranks are measured.
  private static let examples = 4

  package init(_ experiment: Experiment, store: RunStore, leaseSeconds: Double) {
    (self.experiment, self.store, self.leaseSeconds) = (experiment, store, leaseSeconds)
  }

  /// Measures runs until all are done or `isInterrupted`. `note` gets what cannot be measured, and why.
  package func run(note: (String) -> Void, isInterrupted: () -> Bool) throws {
    guard experiment.measures.contains(.rank) else { return }
    let leases = LeaseManager(folder: store.folder, seconds: leaseSeconds, warn: { _ in })
    defer { leases.close() }
    for result in try experiment.results(in: store) {
      for one in result.settled?.finished ?? [] where one.test != nil && one.record?.rank == nil {
        if isInterrupted() { return }
        // Another process that works on it measures it, too.
        guard let lease = try leases.acquire(one.run.hash) else { continue }
        defer { leases.release(lease) }
        do {
          guard var record = try store.record(of: one.run, holding: lease), record.rank == nil,
            let rank = try Self.rank(of: one.run, store)
          else { continue }
          record.rank = rank
          try store.save(record, of: one.run, after: lease.confirm)
        } catch let error as SettingsError {
          note("\(one.run.label): no rank: \(error)")
        }
      }
    }
  }

  /// Nil for examples that are too long or too short.
  private static func rank(of run: Experiment.Run, _ store: RunStore) throws -> RankMeasurement? {
    let configuration = run.configuration
    let task = configuration.task.task
    guard (2...RankMeasurement.longest).contains(task.sequenceLength) else { return nil }
    let model = LanguageModel(configuration.model)
    guard (0..<configuration.model.shape.layers).contains(where: model.hasMatrices) else {
      return nil
    }
    let weights = ReferenceWeights(
      try model.readWeights(from: store.weights(of: run.hash), isOurs: true))
    let examples = (0..<examples).map {
      task.example(at: $0, seed: configuration.seed, split: .test).inputs.map(Int.init)
    }
    return try RankMeasurement(of: model, weights: weights, examples: examples)
  }
}
