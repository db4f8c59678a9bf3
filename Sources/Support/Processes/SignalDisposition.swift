import Foundation

/// What a process does when it gets a signal.
package enum SignalDisposition {
  /// Whether the signal is ignored, as SIGHUP is under nohup. Whoever started this process wants it so.
  package static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    #if os(Linux)
      let handler = action.__sigaction_handler.sa_handler
    #else
      let handler = action.__sigaction_u.__sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
