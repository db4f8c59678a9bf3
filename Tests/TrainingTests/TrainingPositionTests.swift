import Foundation
import Testing
import Training

@Suite struct TrainingPositionTests {
  /// A run that an earlier version of the program began can be finished.
  @Test func checkpointsKeepTheirForm() throws {
    let stored = """
      {"accuracy":0.25,"examples":84,"lastRate":0.001,"lossCount":2,"lossSum":7.5,"planned":14,\
      "recentLoss":3.75,"seconds":1.5,"step":12,"stopped":true,"tokens":1344}
      """
    let position = try JSONDecoder().decode(TrainingPosition.self, from: Data(stored.utf8))
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(position), as: UTF8.self) == stored)
  }
}
