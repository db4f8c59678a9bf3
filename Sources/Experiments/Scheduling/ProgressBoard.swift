/// What the live view shows: the state of the runs, and its lines as text.
package struct ProgressBoard {
  private struct Entry {
    let hash: String
    let label: String
    let began: Double
    var progress: Progress?
  }

  private let runs: Int
  private let jobs: Int
  private var running: [Entry] = []
  private var ended = 0
  /// Seconds that ended runs took in this sitting.
  private var durations: [Double] = []

  package init(runs: Int, jobs: Int) {
    self.runs = runs
    self.jobs = jobs
  }

  package mutating func apply(_ event: RunEvent, label: String, hash: String, now: Double) {
    let index = running.firstIndex { $0.hash == hash }
    switch event {
    case .started: running.append(Entry(hash: hash, label: label, began: now))
    case .progress(let progress): if let index { running[index].progress = progress }
    case .evaluated: break
    case .ended:
      ended += 1
      if let index { durations.append(now - running.remove(at: index).began) }
    }
  }

  /// Seconds until all runs are done: those in training, then the others at the mean pace so far.
  package var secondsLeft: Double? {
    let known = running.compactMap(\.progress)
    guard !known.isEmpty else { return nil }
    let left = known.map(\.secondsLeft)
    let whole =
      durations
      + known.map {
        $0.secondsLeft * Double($0.totalSteps) / Double(max(1, $0.totalSteps - $0.step))
      }
    let mean = whole.reduce(0, +) / Double(whole.count)
    let waiting = Double(runs - ended - running.count)
    return max(left.max() ?? 0, (left.reduce(0, +) + waiting * mean) / Double(jobs))
  }

  /// One line for each run in training, then one for all.
  package func lines(width: Int, colours: Bool) -> [String] {
    let labelWidth = min(running.map(\.label.count).max() ?? 0, max(10, width - 70))
    let time = secondsLeft.map { ", about \(clock($0)) left" } ?? ""
    let total = "\(ended) of \(runs) runs done\(time); Ctrl-C pauses"
    return running.map { Self.line($0, labelWidth: labelWidth, width: width, colours: colours) }
      + [String(total.prefix(width - 1))]
  }

  private static func line(
    _ entry: Entry, labelWidth: Int, width: Int, colours: Bool
  ) -> String {
    let label = entry.label.prefix(labelWidth)
    let padded = label + String(repeating: " ", count: labelWidth - label.count)
    guard let progress = entry.progress else { return padded + "  setting up" }
    let accuracy = progress.accuracy.map { "  acc \(fixed($0, 3))" } ?? ""
    let tail =
      " \(progress.step)/\(progress.totalSteps)  loss \(fixed(progress.loss, 3))\(accuracy)"
      + "  \(fixed(progress.sequencesPerSecond, 0)) seq/s  \(clock(progress.secondsLeft))"
    let room = min(30, width - 1 - labelWidth - 4 - tail.count)
    guard room >= 5 else { return String((padded + " " + tail).prefix(width - 1)) }
    let share = Double(progress.step) / Double(max(1, progress.totalSteps))
    let painted = progressBar(share, width: room, colours: colours)
    return "\(padded) [\(painted)]\(tail)"
  }
}

/// `####----`: a share of 0…1, green and faint where there are colours.
package func progressBar(_ share: Double, width: Int, colours: Bool) -> String {
  let filled = Int(share * Double(width))
  let (bar, rest) = (
    String(repeating: "#", count: filled), String(repeating: "-", count: width - filled)
  )
  return colours ? "\u{1b}[32m\(bar)\u{1b}[0m\u{1b}[2m\(rest)\u{1b}[0m" : bar + rest
}
