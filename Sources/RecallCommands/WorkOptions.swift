import ArgumentParser
import Experiments
import Foundation
import ProgressReports
import Records
import Reports
import Results
import Scheduling

/// How an experiment's runs are trained, here or on a cluster.
struct WorkOptions: ParsableArguments {
  @Option(
    help: "Runs to train at the same time (default: one per core; on a cluster, one per task).")
  var jobs: Int?

  @Option(help: "Threads within a run (default: 1, or more if there are fewer runs than cores).")
  var threads: Int?

  @Option(help: "Seconds between checkpoints of a run.")
  var checkpointSeconds = usualCheckpointSeconds

  @Option(help: "Seconds of silence after which another machine's runs are taken over.")
  var leaseSeconds = usualLeaseSeconds

  @Flag(
    help:
      "Successive halving: drop the worse half of a row's learning rates at 1/4, 1/2, … of training."
  )
  var halving = false

  private static let (usualCheckpointSeconds, usualLeaseSeconds) = (30.0, 120.0)

  /// More threads than any machine has cores.
  private static let bounds = 1...1024

  func validate() throws {
    for (name, number) in [("jobs", jobs), ("threads", threads)] {
      guard Self.bounds.contains(number ?? 1) else {
        throw ValidationError("--\(name) must be 1 to \(Self.bounds.upperBound).")
      }
    }
    guard checkpointSeconds >= 0, checkpointSeconds.isFinite else {
      throw ValidationError("--checkpoint-seconds must be a number, at least 0.")
    }
    guard leaseSeconds >= 1, leaseSeconds.isFinite else {
      throw ValidationError("--lease-seconds must be a number of at least 1.")
    }
  }

  /// What a command that goes on with the same work needs of these options, but for the folder of records.
  var text: String {
    let options: [String?] = [
      jobs.map { "--jobs \($0)" }, threads.map { "--threads \($0)" },
      checkpointSeconds == Self.usualCheckpointSeconds
        ? nil : "--checkpoint-seconds \(checkpointSeconds)",
      leaseSeconds == Self.usualLeaseSeconds ? nil : "--lease-seconds \(leaseSeconds)",
      halving ? "--halving" : nil,
    ]
    return options.compactMap { $0.map { " " + $0 } }.joined()
  }

  /// Says where `--halving` can have no effect.
  func warnOfLateEvaluations(_ experiment: Experiment) throws {
    guard halving, let warning = try HalvingForecast.warning(of: experiment) else { return }
    Terminal.say("warning: \(warning)")
  }

  func scheduler(for waiting: Int, waits: Bool = true) -> Scheduler {
    var scheduler = Scheduler(runs: waiting, jobs: jobs, threads: threads)
    scheduler.checkpointSeconds = checkpointSeconds
    scheduler.leaseSeconds = leaseSeconds
    scheduler.usesHalving = halving
    scheduler.waits = waits
    return scheduler
  }
}
