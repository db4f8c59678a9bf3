import Foundation
import Testing
import Training

@Suite struct StopwatchTests {
  /// Waiting does not count.
  @Test func waitingIsNotProcessorTime() {
    let (all, own) = (ContinuousClock.now, ProcessorTime())
    usleep(300_000)
    #expect(own.seconds < 0.1)
    while own.seconds < 0.1 {}
    #expect(all.duration(to: .now) > .milliseconds(390))
  }
}
