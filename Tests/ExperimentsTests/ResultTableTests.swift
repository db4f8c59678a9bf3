import Configuration
import Experiments
import Foundation
import Testing

@Suite struct ResultTableTests {
  private static let published = """
    # A note
    model,d_state,n_layers,capacity_vs_attention,accuracy
    attention,,2,1,1.0
    ssd,64,4,1/8,0.44
    ssd,64,8,1/4,0.5

    """

  private static let yaml =
    smallFile.replacing(
      "label: attention,", with: "label: attention, published: {model: attention},"
    )
    .replacing("seed: [0, 1]", with: "seed: [0, 1]\ntable: {note: Scaled down}")

  private func table(
    _ change: (inout RunRecord, Experiment.Run) -> Void = { _, _ in },
    isMissing: (Experiment.Run) -> Bool = { _ in false }
  ) throws -> ResultTable {
    let published = try PublishedTable("note", csv: Self.published)
    return try ResultTable(Experiment(yaml: Self.yaml, file: "x.yaml"), published: published) {
      run in
      if isMissing(run) { return nil }
      var record = RunRecord(run, machine: sampleMachine, threads: 1)
      record.status = .finished
      // Validation prefers 0.003, the test split 0.01.
      let isSlow = run.configuration.training.learningRate == 3e-3
      let seed = Double(run.configuration.seed)
      record.evaluations = [
        sampleEvaluation(step: 1, accuracy: isSlow ? 0 : 1),
        sampleEvaluation(step: 10, accuracy: isSlow ? 0.9 : 0.8),
      ]
      record.test = sampleEvaluation(step: 10, accuracy: (isSlow ? 0.5 : 0.7) + 0.1 * seed)
      change(&record, run)
      return record
    }
  }

  @Test func validationChoosesTheLearningRate() throws {
    let lines = try table().lines
    #expect(lines.map(\.label) == ["attention", "SSD N=4", "SSD N=8"])
    let score = try #require(lines[0].score)
    #expect(score.learningRate == 3e-3)
    #expect(score.isAtEdge)
    #expect(score.seeds == 2)
    #expect(score.low == 0.5 && score.high == 0.6)
    #expect(abs(score.accuracy - 0.55) < 1e-12)
    #expect(abs(score.exactMatch - 0.275) < 1e-12)
    #expect(lines[0].capacity == 1)
    #expect(lines[0].published == 1 && lines[0].publishedCapacity == "1")
    // 4 · 2 · 4 / (64 · 2)
    #expect(lines[1].capacity == 0.25)
    #expect(lines[1].published == nil)
  }

  @Test func failedSeedsDoNotCompete() throws {
    let table = try table { record, run in
      guard run.configuration.training.learningRate == 3e-3, run.configuration.seed == 1 else {
        return
      }
      record.status = .failed
      record.test = nil
      record.failure = .init(reason: "the loss is not finite", step: 7)
    }
    #expect(table.lines[0].score?.learningRate == 1e-2)
    #expect(table.text(.text).contains("attention: failed runs: the loss is not finite"))
  }

  @Test func rowsWithoutAScoreSayWhy() throws {
    let failed = try table { record, run in
      guard run.row == 0 else { return }
      record.status = .failed
      record.test = nil
      record.failure = .init(reason: "the loss is not finite", step: 7)
    }
    #expect(failed.text(.text).contains("failed: the loss is not finite"))
    let missing = try table(isMissing: { $0.row == 1 })
    #expect(missing.lines[1].score == nil)
    #expect(missing.text(.text).contains("not finished"))
  }

  @Test func textIsAligned() throws {
    let text = try table().text(.text)
    #expect(
      text == """
        Scaled down
        model      state / attention  published state  published             accuracy  exact match       lr  runs
        ---------  -----------------  ---------------  ---------  -------------------  -----------  -------  ----
        attention                  1                1       1.00  0.550 (0.500–0.600)        0.275  0.003 *   4/4
        SSD N=4                  1/4                              0.550 (0.500–0.600)        0.275  0.003 *   4/4
        SSD N=8                  1/2                              0.550 (0.500–0.600)        0.275  0.003 *   4/4
        published: A note
        * the best learning rate is at the edge of the grid; a wider one may do better
        accuracy: mean over seeds (lowest–highest)

        """)
  }

  @Test func csvAndMarkdown() throws {
    let table = try table()
    let csv = table.text(.csv).split(separator: "\n")
    #expect(csv.count == 4)
    #expect(
      csv.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == 16 })
    #expect(csv[2].hasPrefix("SSD N=4,ssd,0.25,,,0.55,0.5,0.6,0.275,0.9,0.003,true,2,4,4,"))
    let markdown = table.text(.markdown)
    #expect(markdown.contains("\n\n| model | state / attention |"))
    #expect(
      markdown.contains("| SSD N=4 | 1/4 |  |  | 0.550 (0.500–0.600) | 0.275 | 0.003 * | 4/4 |"))
  }

  @Test func publishedLinesAreFoundByTheirValues() throws {
    let table = try PublishedTable("note", csv: Self.published)
    #expect(try table.line(where: ["model": "ssd", "n_layers": "8"])["accuracy"] == "0.5")
    for values in [["model": "ssd"], ["model": "hyena"], ["modle": "ssd"]] {
      #expect(throws: SettingsError.self) { try table.line(where: values) }
    }
    #expect(PublishedTable.number("1/32") == 1.0 / 32)
    #expect(PublishedTable.number("0.44") == 0.44)
    #expect(PublishedTable.number("") == nil && PublishedTable.number("x/2") == nil)
  }

  @Test func copiesOfThePublishedTablesAreReadable() throws {
    let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    for (name, count) in [("mqar_table", 5), ("recall_memory", 30), ("zoology_figure2", 14)] {
      let table = try PublishedTable(name, in: project)
      #expect(table.lines.count == count)
      #expect(!table.source.isEmpty)
    }
  }
}
