import Foundation
import Testing

/// What a user types first: a new experiment, a run by its name, other settings.
@Suite(.serialized) struct NewCommandTests {
  @Test func aNewExperimentIsPlannedByItsName() throws {
    let sandbox = try RecallProcess(experiment: RunCommandTests.tiny)
    defer { sandbox.remove() }
    let new = try sandbox.run("new", "mine", "--mixer", "attention", "--mixer", "ssd")
    #expect(new.status == 0 && new.output.contains("wrote tasks/mine.yaml"), "\(new.errors)")
    let plan = try sandbox.run("run", "mine", "--dry-run")
    #expect(plan.status == 0, "\(plan.errors)")
    for words in ["recipe short_first, as the file says nothing", "lr: 0.02", "ssd d_state=4"] {
      #expect(plan.output.contains(words), "\(plan.output)")
    }
    let again = try sandbox.run("new", "mine")
    #expect(again.status == 2 && again.errors.contains("already there"))
    let own = try sandbox.run("new", "b", "--task", "in_context_recall", "-o", "s.yaml")
    #expect(own.status == 0 && own.output.contains("wrote s.yaml"))
    #expect(try sandbox.run("new", "x", "--task", "nope").status == 2)
    #expect(try sandbox.run("new", "a/b").status == 2)
  }

  /// As the scripts of `--generate-completion-script` ask.
  @Test func wordsAreCompleted() throws {
    let sandbox = try RecallProcess(
      experiment: RunCommandTests.tiny, environment: ["SAP_SHELL": "bash"])
    defer { sandbox.remove() }
    func words(_ command: String, _ word: String) throws -> [Substring] {
      let asked = try sandbox.run(
        "---completion", command, "--", "positional@0", "2", "\(word.count)", "recall", command,
        word)
      #expect(asked.status == 0 && asked.errors.isEmpty, "\(asked)")
      return asked.output.split(separator: "\n")
    }
    #expect(try words("run", "ti") == ["tiny"])
    #expect(try words("run", "ta") == ["tasks/"])
    #expect(try words("report", "tasks/t") == ["tasks/tiny.yaml"])
    #expect(try words("run", "").contains("tiny"))
    #expect(try words("list", "gat") == ["gated_deltanet"])
  }

  @Test(arguments: [
    (
      ["run", "tiny", "--csv", "--json"],
      "choose one of --csv, --json and --markdown\n  see recall run --help"
    ),
    (["rnu", "tiny"], "'rnu' is no command, the nearest is run (known: run, plot, "),
    (
      ["dataset", "shwo", "mqar"],
      "'shwo' is no command of dataset, the nearest is show (known: show, write, verify)\n  see recall dataset --help"
    ),
    (
      ["run", "tiny", "--jobs", "x"],
      "the value 'x' is invalid for '--jobs <jobs>'\n  --jobs <jobs>  Runs to train"
    ),
    (["status", "tiny", "--nope"], "unknown option '--nope'\n  see recall status --help"),
    (
      ["bench", "--seconds=-1"],
      "--seconds must be from 0 to 86400, a day\n  see recall bench --help"
    ),
  ])
  func errorsHaveOneForm(_ arguments: [String], _ message: String) throws {
    let sandbox = try RecallProcess(experiment: RunCommandTests.tiny)
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run(arguments)
    #expect(status == 2 && output.isEmpty)
    #expect(errors.hasPrefix("error: " + message), "\(errors)")
    #expect(!errors.contains("Usage:") && !errors.contains("Error:"))
  }

  /// What is there and is no folder, or a page of somebody else's, stays.
  @Test func whatIsInTheWayIsNamed() throws {
    let sandbox = try CommandSample.copy()
    defer { sandbox.remove() }
    _ = try sandbox.shell("echo hello > f; mkdir page; echo hello > page/index.html")
    for command in [
      "run D/tiny.yaml --runs f", "status D/tiny.yaml --runs f", "report D/tiny.yaml --runs f",
      "submit D/tiny.yaml --runs f --script-only", "plot D/tiny.yaml --runs D/runs -o f",
      "report D/tiny.yaml --runs D/runs -o f", "run D/tiny.yaml --runs f/x",
      "plot D/tiny.yaml --runs D/runs -o f/x/y",
    ] {
      let (status, _, errors) = try sandbox.shell("exec \"$R\" \(command)")
      #expect(status == 2 && errors.contains(" is not allowed; allowed: a folder; "), "\(errors)")
    }
    for text in ["hello", "I ran recall report for you", "caf\\351"] {
      _ = try sandbox.shell("printf '\(text)' > page/index.html; cp page/index.html before")
      let (status, _, errors) = try sandbox.shell(
        "exec \"$R\" report D/tiny.yaml --runs D/runs -o page")
      #expect(status == 2 && errors.contains("did not write this page"), "\(errors)")
      #expect(try sandbox.shell("cmp page/index.html before").status == 0)
    }
    #expect(sandbox.text("f") == "hello\n")
    // Without a page there is nothing in the way.
    _ = try sandbox.shell("mkdir -p D/runs/tiny/report; cp page/index.html D/runs/tiny/report")
    let csv = try sandbox.shell("exec \"$R\" report D/tiny.yaml --runs D/runs --csv")
    #expect(csv.status == 0 && csv.output.contains(","), "\(csv.errors)")
    // Our own page is replaced.
    for _ in 1...2 {
      let own = try sandbox.shell("exec \"$R\" report D/tiny.yaml --runs D/runs -o own")
      #expect(own.status == 0, "\(own.errors)")
    }
  }

  /// Escapes in names do nothing to a terminal, and the commands that are printed can be pasted.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
  func namesDoNothingToATerminal() throws {
    let sandbox = try CommandSample.copy()
    defer { sandbox.remove() }
    let escape = "\u{1b}[31mX"
    _ = try sandbox.shell(
      "(echo experiment: tiny; cat D/tiny.yaml) > \"D/t\(escape).yaml\"; cp -r D/runs \"r\(escape)\""
    )
    for command in [
      "plot \"D/t\(escape).yaml\" --runs \"r\(escape)\" -o \"o\(escape)\"",
      "report \"D/t\(escape).yaml\" --runs D/runs -o \"p\(escape)\"",
      "dataset write mqar --examples 2 --output \"d\(escape).safetensors\"",
    ] {
      let shown = try sandbox.shell(
        "cat > c.sh <<'E'\n\"$R\" \(command)\nE\nexport R; script -qec 'sh c.sh' /dev/null")
      #expect(shown.status == 0, "\(shown)")
      #expect(!shown.output.contains("\u{1b}") && shown.output.contains("[31mX"), "\(shown.output)")
    }
    let printed = try sandbox.shell(
      "exec \"$R\" plot \"D/t\(escape).yaml\" --runs D/runs"
    ).output
    let next = try #require(printed.firstMatch(of: /a page to send: recall (report .*)\n/)).1
    #expect(next.contains("$'D/t\\x1b[31mX.yaml'"), "\(next)")
    try Data("\"$R\" \(next)\n".utf8).write(to: sandbox.folder.appending(path: "c.sh"))
    let pasted = try sandbox.shell("export R; exec bash c.sh")
    #expect(pasted.status == 0, "\(pasted)")
  }

  /// The name of an experiment in tasks/, with and without its ending.
  @Test func experimentsAreFoundByName() throws {
    let sandbox = try RecallProcess(experiment: RunCommandTests.tiny)
    defer { sandbox.remove() }
    for name in ["tiny", "tiny.yaml", "tasks/tiny.yaml"] {
      let (status, output, errors) = try sandbox.run("run", name, "--plan")
      #expect(status == 0 && output.contains("2 of 2 runs to do"), "\(errors)")
    }
    let (status, _, errors) = try sandbox.run("diff", "tiny", "tiny.yaml")
    #expect(status == 2 && errors.contains("tasks/tiny.yaml: has no records"), "\(errors)")
  }

  @Test func overridesAreOtherRuns() throws {
    let sandbox = try RecallProcess(experiment: "chart: capacity-curve\n" + RunCommandTests.tiny)
    defer { sandbox.remove() }
    let arguments = [
      "run", "tiny", "training.stages=[{steps: 2}]", "training.lr=[1e-2,2e-2]", "--seed", "7",
      "--only", "SSD", "--quiet",
    ]
    let (status, output, errors) = try sandbox.run(arguments)
    #expect(status == 0 && errors == "", "\(errors)")
    #expect(output.contains("2/2") && output.contains("docs/it-does-not-learn.md"), "\(output)")
    #expect(!output.contains("--details") && !output.contains("validation accuracy by"))
    let records = try sandbox.records().values
    let seeds = records.compactMap { ($0["configuration"] as? [String: Any])?["seed"] as? Int }
    #expect(seeds == [7, 7])
    let detailed = try sandbox.run(arguments + ["--table", "--details"])
    #expect(detailed.output.contains("validation accuracy by learning rate"))
    // Charts of a part go to another folder than those of the whole.
    #expect(output.contains("chart: runs/tiny/part/tiny.svg"), "\(output)")
    let wrong = try sandbox.run("run", "tiny", "training.lr=fast")
    #expect(wrong.status == 2 && wrong.errors.contains("argument training.lr=fast: lr: \"fast\""))
  }

  @Test func filesThatCannotBeReadSayWhy() throws {
    let sandbox = try RecallProcess(experiment: RunCommandTests.tiny)
    defer { sandbox.remove() }
    for (name, words) in [
      ("tasks/none.yaml", "tasks/none.yaml: no such file"), ("tasks", "tasks: is a folder"),
      ("tinny", "the nearest is tiny"), ("training.lr", "a setting is written SECTION.KEY=VALUE"),
    ] {
      let (status, _, errors) = try sandbox.run("run", name)
      #expect(status == 2 && errors.contains(words), "\(errors)")
    }
  }

  @Test func oneTaskOrMixerIsListed() throws {
    let sandbox = try RecallProcess(experiment: RunCommandTests.tiny)
    defer { sandbox.remove() }
    let one = try sandbox.run("list", "mqar", "hyena")
    #expect(
      one.status == 0 && one.output.contains("kind: mqar") && one.output.contains("kind: hyena"))
    #expect(!one.output.contains("kind: copying"))
    let recipes = try sandbox.run("list", "recipes")
    #expect(recipes.output.contains("short_first") && recipes.output.contains("hyena"))
    let wrong = try sandbox.run("list", "mqra")
    #expect(wrong.status == 2 && wrong.errors.contains("the nearest is mqar"))
  }
}
