import Foundation
import ProgressReports
import Reports
import Support

/// Progress of a long command: a bar on a terminal, otherwise a line every ten seconds.
final class WorkProgress {
  private let name: String
  private let total: Int
  private let isLive: Bool
  private let began = ProcessInfo.processInfo.systemUptime
  private var shown: Double
  private var isDrawn = false

  init(_ name: String, total: Int) {
    self.name = name
    self.total = total
    isLive = Terminal.isLive
    shown = began
  }

  func update(_ done: Int) {
    let now = ProcessInfo.processInfo.systemUptime
    guard now - shown >= (isLive ? 0.2 : 10) else { return }
    shown = now
    let left = (now - began) * Double(total - done) / Double(max(1, done))
    let text = "\(name): \(done)/\(total), \(clock(left)) left"
    guard isLive else { return Terminal.say(text) }
    let bar = progressBar(
      Double(done) / Double(total), width: 30, colours: Terminal.hasColours(STDERR_FILENO))
    Terminal.write("\r\u{1b}[K[\(bar)] \(text)")
    isDrawn = true
  }

  /// Clears the bar.
  func close() {
    if isDrawn { Terminal.write("\r\u{1b}[K") }
    isDrawn = false
  }
}
