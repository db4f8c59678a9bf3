import Foundation
import Scheduling
import Testing
import Training

@Suite struct SavingPaceTests {
  /// A save of 10 ms is due again after 20 times as long.
  @Test func savingTakesATwentiethOfTheTime() {
    var pace = SavingPace()
    #expect(pace.isDue)
    pace.time { usleep(10_000) }
    let watch = Stopwatch()
    #expect(!pace.isDue)
    while !pace.isDue { usleep(1000) }
    #expect(watch.seconds >= 0.19)
  }

  @Test func aSaveThatFailedIsDueAgain() {
    struct Full: Error {}
    var pace = SavingPace()
    #expect(throws: Full.self) { try pace.time { throw Full() } }
    #expect(pace.isDue)
  }
}
