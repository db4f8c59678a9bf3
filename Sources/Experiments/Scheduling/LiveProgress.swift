import Foundation
import Synchronization
import Training

/// A view that is drawn over itself: a line for each run in training and one for all of them; for terminals.
public final class LiveProgress: ProgressReporter {
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
  ///   - runs: how many will be trained.
  ///   - jobs: how many at a time.
  public init(runs: Int, jobs: Int, colours: Bool) {
    state = Mutex(State(board: ProgressBoard(runs: runs, jobs: jobs)))
    self.colours = colours
    Self.write("\u{1b}[?25l")
  }

  public func report(_ event: RunEvent, of run: Experiment.Run) {
    let now = ProcessInfo.processInfo.systemUptime
    let guess = event.isStart ? run.configuration.guess : nil
    state.withLock { state in
      state.board.apply(event, label: run.label, hash: run.hash, guess: guess, now: now)
      if case .ended(let end) = event {
        state.messages.append(
          "\(run.label): \(end.summary(beside: run.configuration.guess))")
      }
    }
  }

  public func tick(_ overview: Overview) {
    state.withLock { $0.board.update(overview) }
    draw(isLast: false)
  }

  public func note(_ text: String) {
    state.withLock { $0.messages.append(text) }
  }

  public func close() { draw(isLast: true) }

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
    FileHandle.standardError.write(Data(text.utf8))
  }
}

/// Characters of a line of the terminal behind a descriptor; 80 where there is none.
package func terminalColumns(_ descriptor: Int32) -> Int {
  var size = winsize()
  let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
  return isKnown ? Int(size.ws_col) : 80
}
