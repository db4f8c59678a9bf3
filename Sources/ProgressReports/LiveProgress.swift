import Experiments
import Foundation
import Results
import Scheduling
import Support
import Synchronization
import Training

/// Progress for terminals: a line for each run in training and one for all runs, redrawn in place.
package final class LiveProgress: ProgressReporter {
  private struct State {
    var board: ProgressBoard
    /// Lines of the view on the screen.
    var drawn = 0
    /// Lines to be printed above the view.
    var messages: [String] = []
  }

  private let state: Mutex<State>
  private let colours: Bool

  /// - Parameters:
  ///   - runs: how many runs there are.
  ///   - jobs: how many runs are trained at once.
  package init(runs: Int, jobs: Int, colours: Bool) {
    state = Mutex(State(board: ProgressBoard(runs: runs, jobs: jobs)))
    self.colours = colours
    Self.write("\u{1b}[?25l")
  }

  package func report(_ event: RunEvent, of run: Experiment.Run) {
    let now = ProcessInfo.processInfo.systemUptime
    let baseline = event.isStart ? run.configuration.baseline : nil
    state.withLock { state in
      state.board.apply(event, label: run.label, hash: run.hash, baseline: baseline, now: now)
      if case .ended(let end) = event {
        state.messages.append(
          "\(run.label): \(end.summary(beside: run.configuration.baseline))")
      }
    }
  }

  package func tick(_ overview: SweepOverview) {
    state.withLock { $0.board.update(overview) }
    draw(isLast: false)
  }

  package func note(_ text: String) {
    state.withLock { $0.messages.append(text) }
  }

  package func close() { draw(isLast: true) }

  private func draw(isLast: Bool) {
    state.withLock { state in
      // One write per frame; the cursor goes up to the first line, which is then overwritten.
      var frame = state.drawn > 0 ? "\u{1b}[\(state.drawn)A\r\u{1b}[J" : ""
      frame += state.messages.map { $0 + "\n" }.joined()
      state.messages = []
      let lines =
        isLast ? [] : state.board.lines(width: terminalColumns(STDERR_FILENO), colours: colours)
      frame += lines.map { $0 + "\n" }.joined()
      state.drawn = lines.count
      Self.write(isLast ? frame + "\u{1b}[?25h" : frame)
    }
  }

  private static func write(_ text: String) {
    StandardStreams.message(text)
  }
}

/// The width of the terminal behind a descriptor, in characters; 80 if there is no terminal.
package func terminalColumns(_ descriptor: Int32) -> Int {
  var size = winsize()
  let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
  return isKnown ? Int(size.ws_col) : 80
}
