import Records
import Results

extension ReportPage {
  /// The question, and how many runs are in each state.
  func heading(_ progress: LivePart, isWatched: Bool) -> HTML {
    element("header") {
      element("h1", [:], title)
      if !experiment.question.isEmpty, experiment.question != title {
        element("p", ["class": "question"], experiment.question)
      }
      progress.element("p")
      if isWatched { element("p", ["id": "watch", "class": "muted", "role": "status"]) }
    }
  }

  var progressPart: LivePart {
    LivePart("progress") {
      "\(count(results.count, "model")), \(count(runs.count, "run")): "
      for (index, part) in progress.enumerated() {
        index > 0 ? ", " : ""
        element("span", ["class": part.state.cssClass], "\(part.count) \(part.state.text)")
      }
      "."
    }
  }

  /// How many runs are in each state, without states that no run is in.
  private var progress: [(state: RunState, count: Int)] {
    let states = runs.map(RunState.init)
    return RunState.allCases.compactMap { state in
      let count = states.count { $0 == state }
      return count > 0 ? (state, count) : nil
    }
  }
}

/// The state of a run.
enum RunState: CaseIterable {
  case finished, diverged, failed, dropped, running, paused, waiting

  init(_ one: RunResult) {
    self =
      switch one.record?.status {
      case nil: .waiting
      case .finished: .finished
      case .diverged: .diverged
      case .failed: .failed
      case .dropped: .dropped
      case .running: .running
      case .paused: .paused
      }
  }

  var cssClass: String { "\(self)" }

  var text: String {
    switch self {
    case .waiting: "not begun"
    case .running: "unfinished"
    default: "\(self)"
    }
  }

  var label: HTML { element("span", ["class": "status \(cssClass)"], text) }
}
