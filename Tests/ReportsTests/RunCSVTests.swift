import ExperimentSamples
import Experiments
import Records
import Reports
import Results
import Scheduling
import Testing
import Training

@Suite struct RunCSVTests {
  @Test func oneLineARun() throws {
    let (experiment, table) = try sampleTable(
      yaml: sampleFile.replacing(hostileLabel, with: "label: SSD"))
    let lines = table.runText.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == experiment.runs.count + 2 && lines.last == "")
    let columns = lines[0].split(separator: ",").map(String.init)
    #expect(Set(columns).count == columns.count)
    let rows = lines.dropFirst().dropLast().map { line in
      // Only the list of stages is quoted here.
      line.replacing(#/"[^"]*(""[^"]*)*"/#, with: "quoted")
        .split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(rows.allSatisfy { $0.count == columns.count })
    func values(_ name: String) throws -> [String] {
      let index = try #require(columns.firstIndex(of: name))
      return rows.map { $0[index] }
    }
    #expect(try values("run") == experiment.runs.map(\.hash))
    #expect(try values("lr").prefix(3) == ["0.001", "0.001", "0.01"])
    #expect(try values("seed").prefix(3) == ["0", "1", "0"])
    #expect(try values("chosen").prefix(6) == ["false", "false", "true", "true", "false", "false"])
    // Of SSD not every run is done, so nothing is chosen yet.
    #expect(try values("chosen").suffix(6) == [String](repeating: "", count: 6))
    #expect(
      try values("status").suffix(6) == [
        "finished", "waiting", "finished", "running", "diverged", "failed",
      ])
    #expect(try values("failure").suffix(2) == ["the loss is <not> finite", "no memory"])
    #expect(try values("test_accuracy")[2] == "0.9" && values("test_accuracy")[0] == "")
    #expect(try values("published_accuracy").first == "0.97")
    #expect(try values("task.n_pairs").allSatisfy { $0 == "16" })
    #expect(try values("model.d_state").suffix(1) == ["8"])
    #expect(try values("model.d_state").first == "")
  }

  private var hostileLabel: String {
    String(sampleFile.firstMatch(of: #/label: "SSD (\\.|[^"\\])*"/#)!.output.0)
  }
}
