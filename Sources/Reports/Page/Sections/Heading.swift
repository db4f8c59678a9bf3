import Experiments

extension ReportPage {
  /// The question, and how far its answer is.
  var heading: HTML {
    element("header") {
      element("h1", [:], title)
      if !experiment.question.isEmpty {
        element("p", ["class": "question"], experiment.question)
      }
      if !experiment.table.note.isEmpty {
        element("p", ["class": "muted"], experiment.table.note)
      }
      element("p") {
        "\(count(results.count, "model")), \(count(points.count, "run")): "
        for (index, part) in progress.enumerated() {
          index > 0 ? ", " : ""
          element("span", ["class": part.state.cssClass], "\(part.count) \(part.state.words)")
        }
        "."
      }
    }
  }

  /// How many runs are in each state; states without any are left out.
  private var progress: [(state: RunState, count: Int)] {
    let states = points.map(RunState.init)
    return RunState.allCases.compactMap { state in
      let count = states.count { $0 == state }
      return count > 0 ? (state, count) : nil
    }
  }
}

/// What became of a run.
enum RunState: CaseIterable {
  case finished, diverged, failed, dropped, running, paused, waiting

  init(_ point: RunResult) {
    self =
      switch point.record?.status {
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

  var words: String {
    switch self {
    case .waiting: "not begun"
    case .running: "unfinished"
    default: "\(self)"
    }
  }

  var label: HTML { element("span", ["class": "status \(cssClass)"], words) }
}
