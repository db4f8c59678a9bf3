import Foundation

/// Time since it was made, by a clock that no one sets.
package struct Stopwatch {
  private let start = ContinuousClock.now

  package init() {}

  package var seconds: Double {
    let duration = start.duration(to: .now).components
    return Double(duration.seconds) + Double(duration.attoseconds) * 1e-18
  }
}

/// Time that a processor has spent on the calling thread since it was made: what others do beside it does not count.
package struct ProcessorTime {
  private let start = Self.now

  package init() {}

  package var seconds: Double { Self.now - start }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}
