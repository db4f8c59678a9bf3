import Results
import Scheduling
import Support
import Training

/// The state of the runs in training, and its lines for a terminal or a log.
package struct ProgressBoard {
  private struct Entry {
    let hash: String
    let label: String
    let baseline: NoRecallBaseline?
    let began: Double
    let multiplyAdds: Double
    var progress: TrainingProgress?

    /// Seconds for the whole run at its present speed.
    var seconds: Double? {
      progress.map {
        $0.secondsLeft * Double($0.totalSteps) / Double(max(1, $0.totalSteps - $0.step))
      }
    }
  }

  private let jobs: Int
  private var running: [Entry] = []
  private var overview: SweepOverview
  /// The arithmetic and the time of the runs that ended since the program started.
  private var ended = (multiplyAdds: 0.0, seconds: 0.0)

  package init(runs: Int, jobs: Int) {
    overview = SweepOverview(runs: runs)
    self.jobs = jobs
  }

  package mutating func update(_ overview: SweepOverview) { self.overview = overview }

  /// - Parameter baseline: the baseline for the run's scores, given with the event that starts it.
  package mutating func apply(
    _ event: RunEvent, label: String, hash: String, baseline: NoRecallBaseline? = nil, now: Double
  ) {
    let index = running.firstIndex { $0.hash == hash }
    switch event {
    case .started(let multiplyAdds):
      running.append(
        Entry(
          hash: hash, label: label, baseline: baseline, began: now, multiplyAdds: multiplyAdds))
    case .progress(let progress): if let index { running[index].progress = progress }
    case .evaluated: break
    case .ended(let end):
      guard let index else { return }
      let entry = running.remove(at: index)
      guard case .finished = end else { return }
      ended.multiplyAdds += entry.multiplyAdds
      ended.seconds += now - entry.began
    }
  }

  package var isEmpty: Bool { running.isEmpty }

  /// Seconds until all runs are done. The time for runs that have not begun comes from their arithmetic and the speed so
  /// far.
  package var secondsLeft: Double? {
    let known = running.filter { $0.progress != nil }
    let left = known.compactMap(\.progress?.secondsLeft)
    let seconds = ended.seconds + known.compactMap(\.seconds).reduce(0, +)
    let multiplyAdds = ended.multiplyAdds + known.reduce(0) { $0 + $1.multiplyAdds }
    guard multiplyAdds > 0 else { return nil }
    let waiting = overview.waitingMultiplyAdds * seconds / multiplyAdds
    return max(left.max() ?? 0, (left.reduce(0, +) + waiting) / Double(jobs))
  }

  /// One line for all runs.
  package var total: String {
    let time = secondsLeft.map { ", about \(clock($0)) left" } ?? ""
    let elsewhere = overview.elsewhere > 0 ? ", \(overview.elsewhere) in other processes" : ""
    return "\(overview.done) of \(overview.runs) runs done, \(running.count) in training"
      + elsewhere + time
  }

  /// One line for each run in training, then one for all.
  package func lines(width: Int, colours: Bool) -> [String] {
    let longest = running.map(\.label.count).max() ?? 0
    // Leaves out numbers before it cuts labels.
    let suffixes = Detail.allCases.map { detail in running.map { Self.suffix($0, detail) } }
    let room = suffixes.map { suffix in width - 2 - (suffix.map(\.count).max() ?? 0) }
    let level = room.firstIndex { $0 >= longest } ?? room.count - 1
    let labelWidth = min(longest, max(10, room[level]))
    return zip(running, suffixes[level])
      .map { Self.line($0, $1, labelWidth: labelWidth, width: width, colours: colours) }
      + [String("\(total); Ctrl-C pauses".prefix(width - 1))]
  }

  /// The same lines without bars, for a log.
  package var plainLines: [String] {
    running.map { entry in
      "\(entry.label): "
        + (entry.progress.map { Self.numbers($0, beside: entry.baseline, .all) } ?? "setting up")
    } + [total]
  }

  /// Which of a run's numbers are shown: all, or fewer beside a long label.
  private enum Detail: Int, CaseIterable { case all, withoutLoss, withoutSpeed, withoutBaseline }

  private static func numbers(
    _ progress: TrainingProgress, beside baseline: NoRecallBaseline?, _ detail: Detail
  ) -> String {
    let beside = detail == .withoutBaseline ? "" : baseline.map { " (\($0))" } ?? ""
    let accuracy = progress.accuracy.map { "  acc \(fixed($0, 3))\(beside)" } ?? ""
    let loss = detail == .all ? "  loss \(fixed(progress.loss, 3))" : ""
    let hasSpeed = detail.rawValue < Detail.withoutSpeed.rawValue
    let speed = hasSpeed ? "  \(fixed(progress.sequencesPerSecond, 0)) seq/s" : ""
    let stage = hasSpeed ? progress.stageText : ""
    return "\(progress.step)/\(progress.totalSteps)\(stage)\(loss)\(accuracy)\(speed)"
      + "  \(clock(progress.secondsLeft))"
  }

  private static func suffix(_ entry: Entry, _ detail: Detail) -> String {
    " " + (entry.progress.map { numbers($0, beside: entry.baseline, detail) } ?? "setting up")
  }

  /// One run's line, with a bar if there is room for one.
  private static func line(
    _ entry: Entry, _ suffix: String, labelWidth: Int, width: Int, colours: Bool
  ) -> String {
    // The end of a label holds the seed and the learning rate.
    let cut = entry.label.count > labelWidth
    let label = cut ? "…" + entry.label.suffix(labelWidth - 1) : entry.label
    let padded = label.atLeft(of: labelWidth)
    let room = min(30, width - 1 - labelWidth - 4 - suffix.count)
    guard let progress = entry.progress, room >= 5 else {
      return String((padded + " " + suffix).prefix(width - 1))
    }
    let share = Double(progress.step) / Double(max(1, progress.totalSteps))
    let painted = progressBar(share, width: room, colours: colours)
    return "\(padded) [\(painted)]\(suffix)"
  }
}

/// A bar `####----` for a share of 0…1, in green and grey if there are colours.
package func progressBar(_ share: Double, width: Int, colours: Bool) -> String {
  let filled = min(width, max(0, Int(share * Double(width))))
  let (bar, rest) = (
    String(repeating: "#", count: filled), String(repeating: "-", count: width - filled)
  )
  return colours ? "\u{1b}[32m\(bar)\u{1b}[0m\u{1b}[2m\(rest)\u{1b}[0m" : bar + rest
}
