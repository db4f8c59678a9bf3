import ExperimentSamples
import Experiments
import Foundation
import Records
import Support
import Testing

@Suite struct MatchRecordTests {
  private static let file = """
    experiment: matched
    task: {kind: mqar, vocab_size: 64, sequence_length: 32, n_pairs: 8}
    model: {d_model: 64}
    match: {to: {mixer: attention}, by: exact, ratio: [1/8, 1/4, 1], tolerance: 0.05}
    rows:
      - label: attention
        model: {kind: attention, n_layers: 2}
      - label: "SSD N={d_state}"
        model: {kind: ssd, n_layers: 2}
    """

  /// Records keep what was asked and what came of it; a matched run is the run of its configuration.
  @Test func recordsKeepBothRatios() throws {
    let run = try Experiment(yaml: Self.file, file: "x.yaml").runs[4]
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
      yaml: Self.file.replacing("match: ", with: "#")
        .replacing("kind: ssd,", with: "kind: ssd, d_state: 5,"), file: "x.yaml")
    #expect(plain.runs[1].hash == run.hash && plain.runs[1].match == nil)
  }
}
