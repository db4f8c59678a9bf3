import Experiments
import Foundation
import RecallTasks
import Records
import Results
import Support
import Training

extension ReportPage {
  /// Every run, which a reader can open: how it ended, every evaluation, its whole configuration.
  var runSection: HTML {
    get throws {
      try section("runs", "Runs") {
        element("p", ["class": "muted"], "Open a run for its evaluations and its configuration.")
        element("div", ["id": "run-tools", "class": "tools"])
        for result in results {
          element("h3", [:], result.configuration.label)
          for one in result.runs {
            try Self.details(one, isChosen: one.learningRate == result.chosen?.learningRate)
          }
        }
      }
    }
  }

  private static func details(_ one: RunResult, isChosen: Bool) throws -> HTML {
    let (run, record) = (one.run, one.record)
    let settings = try run.configuration.flattened
    return element("details", ["class": "run", "id": run.hash]) {
      element("summary") {
        RunState(one).label
        " \(run.label)"
        element("span", ["class": "figures"], figures(one, isChosen: isChosen))
      }
      if let failure = record?.failure {
        element("p", ["class": "failure"], "Ended at step \(failure.step): \(failure.reason)")
      }
      facts(properties(one))
      if let record, !record.evaluations.isEmpty {
        element("h3", [:], "Evaluations")
        evaluationTable(record)
      }
      element("details") {
        element("summary", [:], "Configuration")
        settingTable(settings)
      }
    }
  }

  /// The scores on the run's line: the test score, or else the latest validation score.
  private static func figures(_ one: RunResult, isChosen: Bool) -> String {
    var parts: [String] = []
    let baseline = one.run.configuration.baseline.map { " (\($0))" } ?? ""
    if let test = one.test {
      parts.append("test accuracy \(fixed(test.accuracy, 3))\(baseline)")
    } else if let last = one.validation {
      parts.append("validation accuracy \(fixed(last.accuracy, 3))\(baseline) at step \(last.step)")
    }
    if isChosen { parts.append("chosen rate") }
    return parts.map { " · \($0)" }.joined()
  }

  private static func properties(_ one: RunResult) -> [(name: String, value: String)] {
    var facts = [("record", "\(one.run.hash).json")]
    guard let record = one.record else { return facts }
    if let last = record.evaluations.last {
      facts += [
        ("steps", "\(last.step)\(record.totalSteps.map { " of \($0)" } ?? "")"),
        ("examples", "\(last.examples)"), ("tokens", "\(last.tokens)"),
      ]
    }
    if let parameters = record.parameters { facts.append(("parameters", "\(parameters)")) }
    if let state = record.stateScalars { facts.append(("state scalars", "\(state)")) }
    if let throughput = record.throughput {
      facts.append(("time", clock(throughput.seconds)))
      facts.append(("speed", "\(fixed(throughput.sequencesPerSecond, 0)) sequences/s"))
    }
    if record.stoppedEarly == true { facts.append(("ended", "early, by stop_above")) }
    facts += [
      ("started", record.started), ("finished", record.finished ?? "not yet"),
      ("commit", record.commit), ("processor", record.processor.description),
      ("threads", "\(record.threads)"),
    ]
    let earlier = (record.earlierProcessors ?? []).map(\.description)
    if !earlier.isEmpty { facts.append(("begun on", earlier.joined(separator: "; "))) }
    return facts
  }

  private static func evaluationTable(_ record: RunRecord) -> HTML {
    let all =
      record.evaluations.map { ("validation", $0) } + (record.test.map { [("test", $0)] } ?? [])
    let sizes = Set(all.flatMap { $0.1.accuracyByDifficulty.keys }).sorted(by: isNumericallyLess)
    let bySize = sizes.count > 1 ? sizes : []
    let key = record.configuration.task.task.difficulty.name
    let header =
      ["split", "step", "examples", "lr", "training loss", "loss", "accuracy", "exact match"]
      + bySize.map { "accuracy, \(key) \($0)" } + ["time"]
    return dataTable(
      header,
      all.map { split, evaluation in
        let numbers =
          [evaluation.trainingLoss, evaluation.loss].map { fixed($0, 4) }
          + [evaluation.accuracy, evaluation.exactMatch].map { fixed($0, 4) }
          + bySize.map { key in evaluation.accuracyByDifficulty[key].map { fixed($0, 4) } ?? "" }
        return
          ([
            split, "\(evaluation.step)", "\(evaluation.examples)",
            significant(evaluation.learningRate, 3),
          ] + numbers + [clock(evaluation.seconds)]).map { HTML($0) }
      })
  }
}
