import Foundation
import Testing

@Suite struct ReportCommandTests {
  static let file = projectFolder.appending(path: "tasks/mqar-table-small.yaml").path
  static let runs = projectFolder.appending(path: "plots/published").path

  private func records() throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: URL(filePath: Self.runs).appending(path: "mqar-table-small"),
      includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "json" }
  }

  @Test func makesOnePageOfThePublishedRecords() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      "report", Self.file, "--runs", Self.runs, "--output", "report/")
    #expect(status == 0 && output == "report: report/index.html\n", "\(errors)")
    let names = try FileManager.default.contentsOfDirectory(
      atPath: sandbox.folder.appending(path: "report").path)
    #expect(names == ["index.html"])
    let page = try String(
      contentsOf: sandbox.folder.appending(path: "report/index.html"), encoding: .utf8)
    for record in try records() {
      #expect(page.contains(record.lastPathComponent), "\(record.lastPathComponent)")
    }
    for id in ["chart1-gpPt6", "rates0-gpPt6", "training5-gpPt"] {
      #expect(page.contains("href='#\(id)"), "\(id)")
    }
  }

  /// At one ratio, rows of one mixer and different numbers of pairs have separate bars.
  @Test func equalStateAtSeveralSizes() throws {
    let sandbox = try RecallProcess(
      experiment: """
        chart: iso-capacity
        task: {kind: mqar, sequence_length: 16, n_pairs: [1, 2], vocab_size: 32}
        match: {to: {mixer: attention}, ratio: [1, 2], tolerance: 0.5}
        training: {lr: 3e-3, batch_size: 8, stages: [{steps: 2}], validation_examples: 8, test_examples: 8}
        model: {d_model: 16}
        rows:
          - {label: "one SSD, N={d_state}", model: {kind: ssd, n_layers: 1, headdim: 16}}
          - {label: two SSDs, model: {kind: ssd, n_layers: 2, headdim: 16}}
          - {model: {kind: mamba, n_layers: 1}}
        """)
    defer { sandbox.remove() }
    try #require(sandbox.run("run", "tasks/tiny.yaml", "--output", "charts").status == 0)
    let (status, _, errors) = try sandbox.run("report", "tasks/tiny.yaml", "--output", "report")
    #expect(status == 0, "\(errors)")
    let page = try String(
      contentsOf: sandbox.folder.appending(path: "report/index.html"), encoding: .utf8)
    for name in ["one SSD", "two SSDs", "Mamba"] {
      for pairs in 1...2 { #expect(page.contains(">\(name), n_pairs=\(pairs)</text>"), "\(name)") }
    }
  }

  @Test func csvGoesToStandardOutput() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      "report", Self.file, "--runs", Self.runs, "--csv")
    #expect(status == 0 && errors == "")
    #expect(try output.split(separator: "\n").count == 1 + records().count)
    #expect(output.hasPrefix("experiment,model,run,lr,seed,chosen,status,"))
  }

  @Test func withoutRecordsItSaysHowToMakeThem() throws {
    let sandbox = try RecallProcess(experiment: RunCommandTests.tiny)
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run("report", "tasks/tiny.yaml")
    #expect(status == 2 && output == "")
    #expect(errors.contains("runs/tiny: holds no record") && errors.contains("recall run"))
    #expect(try sandbox.run("report", "tasks/none.yaml").status == 2)
  }

  /// The browser's standard error has its own messages and what the page writes to the console.
  @Test(
    .enabled(
      if: runProgram(["chromium", "--version"]).status == 0,
      "there is no chromium: apt-get install chromium"))
  func chromiumHasNothingToSayOnItsConsole() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let made = try sandbox.run("report", Self.file, "--runs", Self.runs, "--output", "report")
    try #require(made.status == 0, "\(made.errors)")
    let page = sandbox.folder.appending(path: "report/index.html")
    let console = sandbox.folder.appending(path: "console")
    let (status, seen) = runProgram(
      [
        "timeout", "120", "chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
        "--enable-logging=stderr", "--user-data-dir=\(sandbox.folder.path)/profile", "--dump-dom",
        page.absoluteString,
      ], errors: console)
    try #require(status == 0)
    let said = try String(contentsOf: console, encoding: .utf8).split(separator: "\n")
      .filter { $0.contains(":CONSOLE:") }
    #expect(said.isEmpty)
    // What its script adds, and what the page ends with.
    for words in [
      "<input type=\"search\"", "Close all</button>", "class=\"sort\"", "Copy</button>",
      "SVG</button>", "Every run (CSV)</button>",
    ] {
      #expect(seen.contains(words), "\(words)")
    }
    #expect(try seen.contains("Made by recall report from \(records().count) records."))
  }

  @Test func takesSettingsAsRunDoes() throws {
    let sandbox = try RecallProcess(experiment: RunCommandTests.tiny)
    defer { sandbox.remove() }
    let settings = ["training.lr=1e-2", "--seed", "3"]
    let run = try sandbox.run(["run", "tasks/tiny.yaml"] + settings)
    try #require(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("recall report tasks/tiny.yaml training.lr=1e-2 --seed 3"))
    let none = try sandbox.run("report", "tasks/tiny.yaml")
    #expect(none.status == 2 && none.errors.contains("holds no record"))
    let (status, _, errors) = try sandbox.run(
      ["report", "tasks/tiny.yaml", "-o", "page"] + settings)
    #expect(status == 0, "\(errors)")
    #expect(
      sandbox.text("page/index.html").contains(
        "./recall run tasks/tiny.yaml training.lr=1e-2 --seed 3<"))
  }

  /// The page is there before the first record. It ends with the sweep, and an open page, which here is the first one with
  /// a section opened, becomes the last one by itself.
  @Test func followsASweep() throws {
    let sandbox = try RecallProcess(sweepSteps: 40)
    defer { sandbox.remove() }
    let watch = try sandbox.start(
      ["report", "tasks/tiny.yaml", "--watch", "-o", "page"], output: "-w")
    try sandbox.wait(for: watch) { sandbox.text("stderr-w").contains("Ctrl-C") }
    let first = sandbox.text("page/index.html")
    #expect(first.contains("data-watch=\"live\"") && first.contains("8 not begun"))
    #expect(sandbox.text("stdout-w") == "report: page/index.html\n")
    #expect(try sandbox.run("run", "tasks/tiny.yaml").status == 0)
    watch.waitUntilExit()
    #expect(watch.terminationStatus == 0 && sandbox.text("stderr-w").contains("all runs are done"))
    let last = sandbox.text("page/index.html")
    #expect(last.contains("8 finished") && !last.contains("data-watch=\""))
    #expect(sandbox.text("page/live/latest.js").hasSuffix("\", true);\n"))
    guard runProgram(["chromium", "--version"]).status == 0 else { return }
    let open = "<script>document.getElementById(\"runs\").open = true;</script></body>"
    try Data(first.replacing("</body>", with: open).utf8)
      .write(to: sandbox.folder.appending(path: "page/index.html"))
    let (status, seen) = runProgram([
      "timeout", "120", "chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
      "--user-data-dir=\(sandbox.folder.path)/profile", "--virtual-time-budget=9000", "--dump-dom",
      sandbox.folder.appending(path: "page/index.html").absoluteString,
    ])
    try #require(status == 0)
    for words in [
      "8 finished", "No longer followed; all is shown.",
      "<details id=\"runs\" class=\"part\" open=\"\"",
      "Made by recall report from 8 records.", "id=\"figure-training0\"",
    ] {
      #expect(seen.contains(words), "\(words)")
    }
    #expect(!seen.contains("8 not begun"))
  }

  @Test func followingEndsWithASignal() throws {
    let sandbox = try RecallProcess(experiment: RunCommandTests.tiny)
    defer { sandbox.remove() }
    let watch = try sandbox.start(["report", "tasks/tiny.yaml", "--watch"])
    try sandbox.wait(for: watch) { sandbox.text("stderr").contains("Ctrl-C") }
    watch.interrupt()
    watch.waitUntilExit()
    #expect(watch.terminationStatus == 130)
    #expect(sandbox.text("stderr").contains("recall report tasks/tiny.yaml --watch"))
    #expect(sandbox.text("runs/tiny/report/index.html").contains("2 not begun"))
    #expect(try sandbox.run("report", "tasks/tiny.yaml", "--watch", "--csv").status == 2)
  }

  private static let readEvents = """
    import json, os, sys
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
    runs = {}
    for name in os.listdir(sys.argv[1]):
        events = EventAccumulator(os.path.join(sys.argv[1], name))
        events.Reload()
        metadata = events.SummaryMetadata("_hparams_/session_start_info")
        hparams = HParamsPluginData.FromString(metadata.plugin_data.content)
        runs[name] = {
            "scalars": {t: [[e.step, e.value] for e in events.Scalars(t)] for t in events.Tags()["scalars"]},
            "lr": hparams.session_start_info.hparams["training.lr"].number_value,
            "text": events.Tensors("configuration/text_summary")[0].tensor_proto.string_val[0].decode(),
        }
    print(json.dumps(runs))
    """

  @Test(
    .enabled(if: Python.has("tensorboard"), "python3 has no tensorboard: pip install tensorboard"))
  func tensorBoardReadsItsFiles() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      "report", Self.file, "--runs", Self.runs, "--tensorboard", "events")
    try #require(status == 0, "\(errors)")
    #expect(output == "12 runs; to see them: tensorboard --logdir events\n")
    let read = Python.run(["-c", Self.readEvents, sandbox.folder.appending(path: "events").path])
    try #require(read.status == 0)
    let runs = try #require(
      JSONSerialization.jsonObject(with: Data(read.output.utf8)) as? [String: [String: Any]])
    #expect(runs.count == 12)
    for url in try records() {
      let record = try #require(
        JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
      let run = try #require(runs[record["label"] as? String ?? ""])
      let scalars = try #require(run["scalars"] as? [String: [[Double]]])
      let evaluations = try #require(record["evaluations"] as? [[String: Any]])
      for (tag, key) in [
        ("accuracy/validation", "accuracy"), ("loss/validation", "loss"),
        ("loss/training", "training_loss"), ("exact_match/validation", "exact_match"),
      ] {
        let wanted = evaluations.map { [$0["step"] as? Double, $0[key] as? Double] }
        let shown = scalars[tag] ?? []
        #expect(shown.map { $0[0] } == wanted.map { $0[0] ?? -1 })
        #expect(zip(shown, wanted).allSatisfy { abs($0[1] - ($1[1] ?? -1)) < 1e-6 }, "\(tag)")
      }
      // Only runs at the chosen learning rate are scored on the test split.
      #expect(scalars["accuracy/test"]?.count == (record["test"] == nil ? nil : 1))
      let training = (record["configuration"] as? [String: Any])?["training"] as? [String: Any]
      #expect(run["lr"] as? Double == training?["lr"] as? Double)
      #expect((run["text"] as? String)?.contains("| task.n_pairs | 16 |") == true)
    }
  }
}

@Suite struct DiffCommandTests {
  private static let published = projectFolder.appending(
    path: "plots/published/mqar-table-small"
  ).path

  @Test func theSameRecordsDifferInNothing() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(
      "diff", Self.published, ReportCommandTests.file, "--runs", ReportCommandTests.runs)
    #expect(status == 0, "\(errors)")
    #expect(output.contains("6 same"))
    let json = try sandbox.run("diff", Self.published, Self.published, "--json")
    #expect(json.status == 0 && json.output.hasPrefix("{\"cells\":[{"))
  }

  @Test func missingConfigurationsGiveStatus1AndBadInput2() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let part = sandbox.folder.appending(path: "part")
    try FileManager.default.createDirectory(at: part, withIntermediateDirectories: true)
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.published)
    for name in names where name.hasSuffix(".json") {
      let data = try Data(contentsOf: URL(filePath: Self.published).appending(path: name))
      if String(decoding: data, as: UTF8.self).contains("\"kind\" : \"attention\"") { continue }
      try data.write(to: part.appending(path: name))
    }
    let (status, output, _) = try sandbox.run("diff", Self.published, "part", "--markdown")
    #expect(status == 1)
    #expect(
      output.split(separator: "\n").contains {
        $0.hasPrefix("| attention, 2 layers | 0.") && $0.hasSuffix("|  | only in A |")
      })
    #expect(output.contains("5 same, 1 only in A"))
    let nowhere = try sandbox.run("diff", Self.published, "nowhere")
    #expect(nowhere.status == 2 && nowhere.errors.contains("nowhere: there is no such"))
    #expect(try sandbox.run("diff", Self.published, "part", "--measure", "speed").status == 2)
    #expect(try sandbox.run("diff", Self.published, "tasks").status == 2)
  }
}
