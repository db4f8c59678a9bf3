import Foundation
import Testing

@Suite(.serialized) struct RunCommandTests {
  /// Two small models, trained in about a second when undisturbed.
  static let tiny = """
    task: {kind: mqar, sequence_length: 16, n_pairs: 2, vocab_size: 32}
    training:
      lr: 3e-3
      batch_size: 16
      stages: [{steps: 300}]
      evaluate_every: 20
      validation_examples: 50
      test_examples: 50
    rows:
      - {label: attention, model: {kind: attention, d_model: 16, n_layers: 2}}
      - {label: SSD, model: {kind: ssd, d_model: 16, n_layers: 1, d_state: 4, headdim: 16}}
    """

  private static func undisturbed() throws -> RecallProcess {
    let sandbox = try RecallProcess(experiment: tiny)
    let (status, _, errors) = try sandbox.run("run", "tasks/tiny.yaml")
    try #require(status == 0, "\(errors)")
    return sandbox
  }

  @Test(arguments: [SIGKILL, SIGINT, SIGTERM])
  func stoppedRunGoesOnToTheSameBits(signal: Int32) throws {
    let undisturbed = try Self.undisturbed()
    let sandbox = try RecallProcess(experiment: Self.tiny)
    defer {
      undisturbed.remove()
      sandbox.remove()
    }
    let process = try sandbox.start(
      ["run", "tasks/tiny.yaml", "--halving", "--checkpoint-seconds", "0"])
    try sandbox.waitForEvaluation(of: process)
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    let stopped = try sandbox.records().values.compactMap { $0["status"] as? String }
    if signal == SIGKILL {
      #expect(process.terminationReason == .uncaughtSignal)
      #expect(stopped.contains("running"))
    } else {
      #expect(process.terminationStatus == 130)
      #expect(stopped.contains("paused") && !stopped.contains("running"))
      #expect(
        sandbox.text("stderr").contains(
          "to go on: recall run tasks/tiny.yaml --checkpoint-seconds 0.0 --halving"))
    }
    let names = try FileManager.default.contentsOfDirectory(
      atPath: sandbox.folder.appendingPathComponent("runs/tiny").path)
    #expect(names.contains { $0.hasSuffix(".checkpoint.safetensors") })

    let (status, output, errors) = try sandbox.run("run", "tasks/tiny.yaml", "--threads", "2")
    #expect(status == 0, "\(errors)")
    #expect(output.contains("attention") && output.contains("SSD"))
    let scores = try sandbox.scores()
    #expect(scores.count == 2)
    #expect(try scores == undisturbed.scores())
  }

  @Test func theTableSoFarIsShownAfterCtrlC() throws {
    // SSD's runs would take hours.
    let endless = "headdim: 16}, training: {stages: [{steps: 10000000}], evaluate_every: 1000}}"
    let yaml = "seed: [0, 1]\n" + Self.tiny.replacing("headdim: 16}}", with: endless)
    let sandbox = try RecallProcess(experiment: yaml)
    defer { sandbox.remove() }
    let process = try sandbox.start(["run", "tasks/tiny.yaml", "--jobs", "2"])
    let limit = Date(timeIntervalSinceNow: 60)
    while try !sandbox.records().values.contains(where: { $0["test"] != nil }), Date() < limit {
      Thread.sleep(forTimeInterval: 0.05)
    }
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    let lines = sandbox.text("stdout").split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("attention") && $0.contains("of 2 seeds") }, "\(lines)")
    #expect(lines.contains { $0.hasPrefix("SSD") && $0.contains("not finished") }, "\(lines)")
    let plan = sandbox.text("stderr").split(separator: "\n").first ?? ""
    #expect(plan.contains("4 of 4 runs to do") && plan.contains("on free cores"), "\(plan)")
  }

  /// Several experiments, their tables as text; one as JSON; what an edit left behind.
  @Test func tablesInOtherWays() throws {
    let sandbox = try Self.undisturbed()
    defer { sandbox.remove() }
    let tasks = sandbox.folder.appending(path: "tasks")
    let edited = Self.tiny.replacing("d_state: 4", with: "d_state: 8")
    try Data(("experiment: tiny\n" + edited).utf8).write(to: tasks.appending(path: "other.yaml"))

    let both = try sandbox.run("plot", "tiny", "tasks/other.yaml")
    let rowsOfBoth = both.output.split(separator: "\n").filter { $0.hasPrefix("attention ") }
    #expect(rowsOfBoth.count == 2, "\(both.output)")
    #expect(both.output.contains("not finished"))
    #expect(
      both.errors.contains(
        "runs/tiny has 1 record of other configurations, which the table leaves out; they differ in "
          + "model.d_state 4 (here 8)"), "\(both.errors)")
    // The row of the same label counts, not one that is more alike; long values are cut.
    let stages = (11...19).map { "{steps: \($0)}" }.joined(separator: ", ")
    let moved = edited.replacing(
      "headdim: 16}}",
      with: "headdim: 16}, training: {stages: [\(stages)]}}\n"
        + "  - {label: alike, model: {kind: ssd, d_model: 16, n_layers: 1, d_state: 5, headdim: 16}}"
    )
    try Data(("experiment: tiny\n" + moved).utf8).write(to: tasks.appending(path: "moved.yaml"))
    let note = try sandbox.run("plot", "tasks/moved.yaml").errors
    #expect(note.contains("differ in model.d_state 4 (here 8); training.stages ["), "\(note)")
    #expect(note.contains(" … "), "\(note)")
    let (status, output, errors) = try sandbox.run("run", "tiny", "--json", "--quiet")
    #expect(status == 0 && errors == "")
    let table = try #require(
      JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    let rows = try #require(table["rows"] as? [[String: Any]])
    #expect(rows.map { $0["model"] as? String } == ["attention", "SSD"])
    #expect(rows.allSatisfy { $0["lr"] as? Double == 3e-3 && $0["accuracy"] is Double })
    #expect((rows[0]["seeds"] as? [[String: Any]])?.count == 1)
    #expect(
      try sandbox.run("run", "tiny", "other", "--json").errors.contains("take one experiment"))
    #expect(try sandbox.run("run", "tiny", "tasks/none.yaml").errors.contains("no such file"))
  }

  @Test func finishedRunsAreNotRunAgain() throws {
    let sandbox = try Self.undisturbed()
    defer { sandbox.remove() }
    let before = try sandbox.records().mapValues { $0["finished"] as? String }
    // As after a process that was killed just before its end.
    try FileManager.default.createDirectory(
      at: sandbox.folder.appendingPathComponent("runs/tiny/leases"),
      withIntermediateDirectories: true
    )
    let (status, output, errors) = try sandbox.run("run", "tasks/tiny.yaml", "--csv")
    #expect(status == 0)
    #expect(errors == "")
    #expect(output.split(separator: "\n").count == 3)
    #expect(try sandbox.records().mapValues { $0["finished"] as? String } == before)
    let left = try FileManager.default.contentsOfDirectory(
      atPath: sandbox.folder.appendingPathComponent("runs/tiny").path)
    #expect(left.allSatisfy { $0.hasSuffix(".json") || $0.hasSuffix(".weights.safetensors") })
  }

  @Test func tableOfWhatThereIsTrainsNothing() throws {
    let sandbox = try RecallProcess(experiment: Self.tiny)
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run("run", "tasks/tiny.yaml", "--table")
    #expect(status == 1 && output.contains("not finished"))
    #expect(errors.contains("no configuration is finished"))
    #expect(errors.split(separator: "\n").count == 1)

    #expect(try sandbox.run("run", "tasks/tiny.yaml", "--only", "attention").status == 0)
    let table = try sandbox.run("run", "tasks/tiny.yaml", "--table")
    #expect(table.status == 0 && table.errors == "")
    #expect(table.output.contains("not finished"))
    #expect(try sandbox.records().count == 1)
    #expect(try sandbox.run("run", "tasks/tiny.yaml", "--table", "--plan").status == 2)
  }

  @Test func oneMessageAndStatus2ForBadInput() throws {
    let sandbox = try RecallProcess(
      experiment: Self.tiny.replacingOccurrences(of: "batch_size", with: "batch_sise"))
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run("run", "tasks/tiny.yaml")
    #expect(status == 2)
    #expect(output == "")
    #expect(errors.hasPrefix("error: tasks/tiny.yaml:4:3: batch_sise"))
    #expect(errors.contains("the nearest is batch_size"))
    #expect(errors.split(separator: "\n").count == 1)
    #expect(try sandbox.run("run", "tasks/none.yaml").status == 2)
    #expect(try sandbox.run("run", "tasks/tiny.yaml", "--jobs", "0").status == 2)
    #expect(try sandbox.run("runn").status == 2)
  }

  /// Mistakes that only show after the file was read have their position, too.
  @Test(arguments: [
    ("chart: foo", "tasks/tiny.yaml:12:8: chart: foo", "accuracy-against-state"),
    ("table: {published: nope}", "tasks/tiny.yaml:12:20: published: nope", "(mqar_table, "),
  ])
  func lateMistakesNameTheirPosition(_ line: String, _ position: String, _ allowed: String) throws {
    let folder = try RecallProcess(experiment: Self.tiny + "\n" + line)
    defer { folder.remove() }
    let (status, _, errors) = try folder.run("run", "tasks/tiny.yaml")
    #expect(status == 2)
    #expect(errors.contains(position) && errors.contains(allowed), "\(errors)")
  }

  @Test func helpAndLists() throws {
    let sandbox = try RecallProcess(experiment: Self.tiny)
    defer { sandbox.remove() }
    let help = try sandbox.run("--help")
    #expect(help.status == 0 && help.output.contains("SUBCOMMANDS"))
    let list = try sandbox.run("list", "all", "--directory", "tasks")
    #expect(list.status == 0)
    for word in ["kind: attention", "kind: mqar", "d_state", "accuracy-against-state", "2 runs"] {
      #expect(list.output.contains(word), "\(word)")
    }
    let names = try sandbox.run("list", "--directory", "tasks")
    #expect(names.status == 0)
    for word in ["one direction: attention, mamba", "both directions: hydra", "  mqar ", "tiny"] {
      #expect(names.output.contains(word), "\(word)")
    }
    #expect(!names.output.contains("d_state") && names.output.split(separator: "\n").count < 60)
  }

  /// The newest entry of CHANGELOG.md, `## [1.2.3] - 2026-01-31`, has the version that the program prints.
  @Test func versionIsTheNewestOfTheChangelog() throws {
    let sandbox = try RecallProcess(experiment: Self.tiny)
    defer { sandbox.remove() }
    let changes = try String(
      contentsOf: projectFolder.appending(path: "CHANGELOG.md"), encoding: .utf8)
    let newest = try #require(changes.firstMatch(of: /\n## \[([0-9.]+)\]/)?.output.1)
    let version = try sandbox.run("--version")
    #expect(version.status == 0 && version.errors == "")
    let pattern = /recall ([0-9.]+)( \(commit [0-9a-f]{12}\+?\))?\n/
    let shown = try #require(version.output.wholeMatch(of: pattern))
    #expect(shown.output.1 == newest)
    #expect(try sandbox.run().output == sandbox.run("--help").output)
  }

  /// The picture of a model that was hardly trained, beside a published row: 0.44 at a printed state of 1/8.
  private func pictureBesidePublished(length: String) throws -> String {
    let sandbox = try RecallProcess(
      experiment: """
        chart: accuracy-against-state
        table: {published: mqar_table}
        task: {kind: mqar, sequence_length: \(length), n_pairs: 2, vocab_size: 64}
        training: {lr: 3e-3, batch_size: 8, stages: [{steps: 2}], validation_examples: 8, test_examples: 8}
        rows:
          - label: SSD
            model: {kind: ssd, d_model: 16, n_layers: 4, headdim: 16, d_state: 4}
            published: {model: ssd, d_state: 64}
        """)
    defer { sandbox.remove() }
    let published = sandbox.folder.appending(path: "plots/published")
    try FileManager.default.createDirectory(at: published, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: projectFolder.appending(path: "plots/tables/mqar_table.csv"),
      to: published.appending(path: "mqar_table.csv"))
    let (status, output, errors) = try sandbox.run("run", "tasks/tiny.yaml", "--output", "charts")
    #expect(status == 0 && output.contains("1/8"), "\(errors)")
    return try String(
      contentsOf: sandbox.folder.appending(path: "charts/tiny.svg"), encoding: .utf8)
  }

  /// The printed state may follow another convention: here it is 1/8, but the model has all of attention's state.
  @Test func publishedMarksStandAtTheStateOfTheModel() throws {
    let picture = try pictureBesidePublished(length: "16")
    func positions(_ mark: String) -> [Substring] {
      picture.matches(of: /<use xlink:href='#(?<mark>\w+)' transform='translate\((?<x>[\d.]+),/)
        .filter { $0.mark == mark }.map(\.x)
    }
    // SSD's triangles: the filled one, what is under the hollow one, and the hollow one.
    let (filled, hollow) = (positions("gpPt8"), positions("gpPt7"))
    #expect(filled.count == 2 && hollow.count == 1)
    #expect(Set(filled + hollow).count == 1)
  }

  @Test func publishedMarksFarFromTheMeasuredOnesAreNamedInPanels() throws {
    let picture = try pictureBesidePublished(length: "[16, 32]")
    for panel in ["16 tokens", "32 tokens"] { #expect(picture.contains(">\(panel)<"), "\(panel)") }
    // In both panels, and once in the legend.
    #expect(picture.components(separatedBy: "<text>published</text>").count - 1 == 3)
  }

  @Test func chartsForPrint() throws {
    let sandbox = try RecallProcess(experiment: "chart: capacity-curve\n" + Self.tiny)
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      "run", "tasks/tiny.yaml", "--output", "figures", "--format", "pdf,svg", "--width", "column")
    #expect(status == 0, "\(errors)")
    #expect(output.contains("chart: figures/tiny.pdf\nchart: figures/tiny.svg\n"), "\(output)")
    let folder = sandbox.folder.appending(path: "figures")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        == ["tiny.pdf", "tiny.svg"])
    let svg = try String(contentsOf: folder.appending(path: "tiny.svg"), encoding: .utf8)
    #expect(svg.contains("width=\"85.0mm\""))
    for (option, value, said) in [
      ("--format", "pdf,jpg", "'jpg' is no format; give some of png, svg and pdf"),
      ("--format", "", "'' is not allowed"), ("--width", "wide", "screen, column (85 mm"),
    ] {
      let (status, _, errors) = try sandbox.run("run", "tasks/tiny.yaml", "--table", option, value)
      #expect(status != 0 && errors.contains(said), "\(errors)")
    }
  }
}
