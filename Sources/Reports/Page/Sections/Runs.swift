import Experiments
import Foundation
import RecallTasks
import Records
import Results
import Support
import Training

extension ReportPage {
  /// Every run, which a reader can open: how it ended, every evaluation, the settings in which runs differ, its command.
  var runParts: [LivePart] {
    let isShared = settingTexts.isShared
    return Array(results.enumerated()).concurrentMap { index, result in
      runPart(index, result, isShared)
    }
  }

  private func runPart(
    _ index: Int, _ result: ConfigurationResult, _ isShared: (String) -> Bool
  ) -> LivePart {
    LivePart("runs-of\(index)", cssClass: "group") {
      element("h3", [:], result.configuration.label)
      for one in result.runs {
        details(
          one, of: result, isChosen: one.learningRate == result.chosen?.learningRate, isShared)
      }
    }
  }

  private func details(
    _ one: RunResult, of result: ConfigurationResult, isChosen: Bool,
    _ isShared: (String) -> Bool
  ) -> HTML {
    let (run, record) = (one.run, one.record)
    let settings = run.configuration.settings.filter { !isShared($0.path) }
    return element("details", ["class": "run", "id": run.hash]) {
      element("summary") {
        RunState(one).label
        " \(run.label)"
        element("span", ["class": "figures"], Self.figures(one, isChosen: isChosen))
      }
      if let failure = record?.failure {
        element("p", ["class": "failure"], "Ended at step \(failure.step): \(failure.reason)")
      }
      facts(Self.properties(one))
      if let record, !record.evaluations.isEmpty { Self.evaluationTable(record, of: run) }
      element("div", ["class": "settings"]) {
        if !settings.isEmpty {
          element("h4") {
            "Settings in which runs differ ("
            element("a", ["href": "#shared"], "what all share")
            ")"
          }
          facts(settings.map { ($0.path, $0.value.plainText) })
        }
      }
      code(command(of: one, in: result))
    }
  }

  /// Whether an argument sets what the command of one run sets itself.
  private static func setsRateOrSeed(_ argument: String) -> Bool {
    ["--seed ", "training.lr=", "'training.lr="].contains { argument.hasPrefix($0) }
  }

  /// Trains this run alone, and others whose label is the same.
  private func command(of one: RunResult, in result: ConfigurationResult) -> String {
    "./recall run \(file)"
      + arguments.filter { !Self.setsRateOrSeed($0) }.map { " \($0)" }.joined()
      + " training.lr=\(one.learningRate) --seed \(one.seed) --only "
      + shellWord(result.configuration.label)
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
    if record.stoppedEarly == true { facts.append(("ended", "early, by early_stop_accuracy")) }
    facts += [
      ("started", record.started), ("finished", record.finished ?? "not yet"),
      ("commit", record.commit), ("processor", record.processor.description),
      ("threads", "\(record.threads)"),
    ]
    let earlier = (record.earlierProcessors ?? []).map(\.description)
    if !earlier.isEmpty { facts.append(("begun on", earlier.joined(separator: "; "))) }
    return facts
  }

  private static func evaluationTable(_ record: RunRecord, of run: Experiment.Run) -> HTML {
    let all =
      record.shownEvaluations.map { ("validation", $0) }
      + (record.test.map { [("test", $0)] } ?? [])
    let sizes = Set(all.flatMap { $0.1.accuracyByDifficulty.keys }).sorted(by: isNumericallyLess)
    let bySize = sizes.count > 1 ? sizes : []
    let key = record.configuration.task.task.difficulty.name
    let parts = record.configuration.partNames
    let header =
      ["split", "step", "examples", "lr", "training loss", "loss", "accuracy", "exact match"]
      + (parts + bySize.map { "\(key) \($0)" }).map { "accuracy, \($0)" } + ["time"]
    let note = record.shownEvaluationsNote
    return dataTable(
      "evaluations-\(run.hash)", caption: note.isEmpty ? "Evaluations" : note, header,
      all.map { split, evaluation in
        let numbers =
          [evaluation.trainingLoss, evaluation.loss].map { fixed($0, 4) }
          + [evaluation.accuracy, evaluation.exactMatch].map { fixed($0, 4) }
          + (parts.map { evaluation.accuracyByPart?[$0] }
          + bySize.map { evaluation.accuracyByDifficulty[$0] })
          .map { $0.map { fixed($0, 4) } ?? "" }
        return
          ([
            split, "\(evaluation.step)", "\(evaluation.examples)",
            significant(evaluation.learningRate, 3),
          ] + numbers + [clock(evaluation.seconds)]).map { HTML($0) }
      })
  }
}
