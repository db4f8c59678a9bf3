import Autodiff
import Capacity
import Experiments
import Foundation
import Models
import RecallTasks
import Records
import Results
import Support
import Training

/// Measures what an experiment's `measure` names, of the runs that are scored, and keeps it in their records.
package struct Measuring {
  private let experiment: Experiment
  private let store: RunStore
  private let leaseSeconds: Double

  package init(_ experiment: Experiment, store: RunStore, leaseSeconds: Double) {
    (self.experiment, self.store, self.leaseSeconds) = (experiment, store, leaseSeconds)
  }

  /// Measures runs until all are done or `isInterrupted`. `note` gets what cannot be measured, and why.
  package func run(note: (String) -> Void, isInterrupted: @escaping @Sendable () -> Bool) throws {
    guard !experiment.measures.isEmpty else { return }
    let leases = LeaseManager(folder: store.folder, seconds: leaseSeconds, warn: { _ in })
    defer { leases.close() }
    for result in try experiment.results(in: store) {
      for one in result.settled?.finished ?? [] where one.test != nil {
        for measure in experiment.measures where one.record?.has(measure) == false {
          if isInterrupted() { return }
          // Another process that works on it measures it, too.
          guard let lease = try leases.acquire(one.run.hash) else { continue }
          defer { leases.release(lease) }
          do {
            guard var record = try store.record(of: one.run, holding: lease), !record.has(measure),
              try record.take(
                measure, of: one.run, weights: store.weights(of: one.run.hash),
                isInterrupted: isInterrupted)
            else { continue }
            try store.save(record, of: one.run, after: lease.confirm)
          } catch let error as SettingsError {
            note("\(one.run.label): no \(measure.rawValue): \(error)")
          }
        }
      }
    }
  }
}

extension RunRecord {
  fileprivate func has(_ measure: Experiment.Measure) -> Bool {
    switch measure {
    case .rank: rank != nil
    case .bfloat16State: stateRounding != nil
    case .pairs: accuracyAtFewerPairs != nil
    }
  }

  /// Measures a finished run. False for a model or for examples of which this cannot be measured, and if `isInterrupted`.
  fileprivate mutating func take(
    _ measure: Experiment.Measure, of run: Experiment.Run, weights file: URL,
    isInterrupted: @escaping @Sendable () -> Bool
  ) throws -> Bool {
    let model = LanguageModel(run.configuration.model)
    func weights() throws -> ReferenceWeights {
      ReferenceWeights(try model.readWeights(from: file, isOurs: true))
    }
    func examples(_ count: Int, of task: any RecallTask) -> [[Int]] {
      (0..<count).map {
        task.example(at: $0, seed: run.configuration.seed, split: .test).inputs.map(Int.init)
      }
    }
    switch measure {
    case .rank:
      let task = run.configuration.task.task
      guard (2...RankMeasurement.longest).contains(task.sequenceLength),
        (0..<run.configuration.model.shape.layers).contains(where: model.hasMatrices)
      else { return false }
      rank = try RankMeasurement(of: model, weights: weights(), examples: examples(4, of: task))
    case .bfloat16State:
      let tasks = try run.configuration.evaluationTasks.map(\.task)
      guard model.hasRecurrence,
        let longest = tasks.filter({ $0.sequenceLength <= StateRounding.longest })
          .max(by: { $0.sequenceLength < $1.sequenceLength })
      else { return false }
      stateRounding = try StateRounding(
        of: model, weights: weights(), examples: examples(2, of: longest))
    case .pairs:
      guard !run.configuration.tasksWithFewerPairs.isEmpty else { return false }
      accuracyAtFewerPairs = try TestScoring.accuracyAtFewerPairs(
        run.configuration, weights: file, isInterrupted: isInterrupted)
      return accuracyAtFewerPairs != nil
    }
    return true
  }
}
