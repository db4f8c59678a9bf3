import ExperimentSamples
import Experiments
import Foundation
import Records
import Support
import Testing

@Suite struct MatchRecordTests {
  /// Records contain the requested and the obtained ratio. A matched run has the hash of its configuration.
  @Test func recordsKeepBothRatios() throws {
    let run = try Experiment(yaml: matchedFile, file: "x.yaml").runs[4]
    let record = RunRecord(run, machine: sampleMachine, threads: 1)
    let again = try JSONDecoder().decode(RunRecord.self, from: JSONEncoder().encode(record))
    #expect(again.match == run.match)
    let json = try SettingValue(encoding: record)
    guard case .object(let values) = json, case .object(let match)? = values["match"] else {
      throw SettingsError("match", json, allowed: "an object")
    }
    #expect(match["requested"] == 0.25 && match["obtained"] == .double(2108.0 / 8192))
    #expect(match["solve"] == "d_state" && match["value"] == 5 && match["by"] == "exact")
    let plain = try Experiment(
      yaml: matchedFile.replacing("match: ", with: "#")
        .replacing("kind: ssd,", with: "kind: ssd, d_state: 5,"), file: "x.yaml")
    #expect(plain.runs[1].hash == run.hash && plain.runs[1].match == nil)
  }
}
