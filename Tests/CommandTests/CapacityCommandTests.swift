import Foundation
import Support
import Testing

/// `recall capacity` as a user calls it.
@Suite struct CapacityCommandTests {
  private func run(
    _ arguments: String...
  ) throws -> (status: Int32, output: String, errors: String) {
    let folder = try RecallProcess(experiment: "kind: mamba\nd_state: 4\n")
    defer { folder.remove() }
    let process = try folder.start(["capacity"] + arguments)
    process.waitUntilExit()
    return (process.terminationStatus, folder.text("stdout"), folder.text("stderr"))
  }

  @Test func optionsFilesAndJSON() throws {
    let json = try run(
      "tasks/tiny.yaml", "--d-state", "16", "--sequence-length", "64", "--vocab-size", "512",
      "--json")
    guard
      case .object(let values) = try JSONDecoder().decode(
        SettingValue.self, from: Data(json.output.utf8)),
      case .object(let state)? = values["state"], case .object(let model)? = values["model"]
    else { throw SettingsError("json", json.output, allowed: "an object") }
    #expect(json.status == 0)
    #expect(model["kind"] == "mamba" && model["d_state"] == 16)
    // 2 layers of 128 channels with 16 states and 3 convolution inputs.
    #expect(state["scalars"] == .int(2 * 128 * (16 + 3)))
    for key in ["relative", "parameters", "flops_per_token", "demand_bits", "accuracy_bound"] {
      #expect(values[key] != nil, "\(key)")
    }
    let text = try run("tasks/tiny.yaml")
    for heading in [
      "STATE", "RELATIVE", "COST", "INFORMATION NEEDED", "does not grow with further tokens",
    ] {
      #expect(text.output.contains(heading))
    }
  }

  /// Of a window of one token nothing is carried, and next to nothing of a ratio that no model has.
  @Test(arguments: [
    "--mixer sliding_window --window-size 1", "--mixer base_conv --kernel-size 1 --json",
    "--mixer sliding_window --solve window_size --ratio 1e-9",
    "--mixer ssd --solve d_state --ratio 1e-300", "--mixer ssd --solve d_state --ratio 1e300",
  ])
  func aStateOfNothingIsCounted(arguments: String) throws {
    let folder = try RecallProcess(experiment: "")
    defer { folder.remove() }
    let result = try folder.run(["capacity"] + arguments.split(separator: " ").map(String.init))
    #expect([0, 2].contains(result.status), "\(result)")
    if result.status == 0, !arguments.contains("--json") {
      #expect(result.output.contains("THIS MODEL CARRIES NOTHING"), "\(result.output)")
    }
  }

  /// Its table has a 0, and charts of state leave it out with a word.
  @Test func aModelThatCarriesNothingHasATable() throws {
    let windows = """
      task: {kind: mqar, sequence_length: 16, n_pairs: 2, vocab_size: 32}
      training: {lr: 3e-3, batch_size: 16, stages: [{steps: 2}], validation_examples: 8, test_examples: 8}
      model: {kind: sliding_window, d_model: 16, n_layers: 1, window_size: [1, 4]}
      rows: [{label: "W={window_size}"}]
      chart: accuracy-against-state
      """
    let folder = try RecallProcess(experiment: windows)
    defer { folder.remove() }
    let result = try folder.run("run", "tasks/tiny.yaml")
    #expect(result.status == 0, "\(result)")
    let row = result.output.split(separator: "\n").first { $0.hasPrefix("W=1 ") }
    #expect(row?.contains(" 0 ") == true, "\(result.output)")
    #expect(result.errors.contains("W=1 carries no state, so it has no place in the chart"))
    #expect(try folder.run("report", "tasks/tiny.yaml").status == 0)
    #expect(try folder.run("plot", "tasks/tiny.yaml", "--json").status == 0)
  }

  /// Every key of the model is an option, and replaces the file's, whatever name that has.
  @Test func everyKeyIsAnOption() throws {
    let window = try run("--mixer", "sliding_window", "--window-size", "9", "--num-heads=2")
    #expect(window.output.contains("num_heads 2, window_size 9"), "\(window.errors)")
    let file = try RecallProcess(
      experiment: "{kind: attention, mlp: monarch_glu, monarch_mlp: 8, d_ff: 64}\n")
    defer { file.remove() }
    let blocks = try file.run("capacity", "--mlp-blocks", "4", "tasks/tiny.yaml", "--json")
    #expect(blocks.status == 0 && blocks.output.contains("\"mlp_blocks\" : 4"), "\(blocks.errors)")
    let unknown = try run("--windw-size", "9")
    #expect(unknown.status == 2 && unknown.errors.contains("the nearest is --window-size"))
    let two = try run("tasks/tiny.yaml", "other.yaml")
    #expect(two.status == 2 && two.errors.contains("one FILE"), "\(two.errors)")
    let hybrid = try run("--mixer", "hybrid")
    #expect(hybrid.status == 2 && hybrid.errors.contains("described in a file"))
  }

  @Test(arguments: ["published", "note"])
  func publishedTableAsJSON(name: String) throws {
    let json = try run("--table", name, "--json")
    guard
      case .object(let values) = try JSONDecoder().decode(
        SettingValue.self, from: Data(json.output.utf8)),
      case .array(let rows)? = values["rows"], case .object(let row)? = rows.first
    else { throw SettingsError("json", json.output, allowed: "an object") }
    #expect(values["sequence_length"] == 1024 && rows.count > 3)
    for key in ["model", "printed", "relative", "explained_by"] { #expect(row[key] != nil) }
  }

  @Test func unknownKeysOfAModelFileAreRefused() throws {
    let sandbox = try RecallProcess(
      experiment: "model: {kind: ssd}\ntaks: {kind: mqar, sequence_length: 64, n_pairs: 4}\n")
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run("capacity", "tasks/tiny.yaml")
    #expect(status == 2 && output == "")
    #expect(errors.contains("tiny.yaml:2:1") && errors.contains("nearest is task"), "\(errors)")
  }

  @Test func solves() throws {
    let solved = try run(
      "--mixer", "mamba", "--solve", "d_state", "--ratio", "1/8", "--by", "inner")
    // 128 N · 2 = L d · 2 / 8
    #expect(
      solved.output.contains("d_state = 64 has 1/8 of attention's (inner_channels)\n"),
      "\(solved.output)")
    let between = try run(
      "--mixer", "mamba", "--solve", "d_state", "--ratio", "1/9", "--by", "inner")
    #expect(
      between.output.contains("the nearest allowed value is 57, which has 0.111"),
      "\(between.output)")
  }

  /// The reference matches itself, also in quantities that count the embedding and the head.
  @Test(arguments: ["parameters", "decode_flops", "exact"])
  func ratioOneGivesTheReferenceBack(_ quantity: String) throws {
    for (setting, value) in [("n_layers", 2), ("d_model", 64)] {
      let solved = try run("--mixer", "attention", "--solve", setting, "--by", quantity)
      let answer = "\(setting) = \(value) has 1 of attention's ("
      #expect(solved.output.contains(answer), "\(solved.output)")
    }
  }

  @Test func ratiosOutOfReachAreNamedWithWhatIsInReach() throws {
    let small = try run("--mixer", "ssd", "--solve", "d_state", "--ratio", "1e-9")
    #expect(small.status == 2 && small.errors.contains("at least"), "\(small.errors)")
    let large = try run("--mixer", "ssd", "--solve", "n_layers", "--ratio", "1e9")
    #expect(large.status == 2 && large.errors.contains("(n_layers 1) to"), "\(large.errors)")
  }

  @Test(
    arguments: [
      (["--d-state", "0"], "1 to 65536"),
      (["--d-state", "-3"], "1 to 65536"), (["--headdim", "48"], "divisors of expand"),
      (["--mixer", "mambo"], "attention, mamba, ssd"),
      (["--mixer", "attention", "--num-heads", "3"], "divisors of d_model"),
      (["--solve", "d_state", "--ratio", "0"], "above 0"),
      (["--solve", "d_state", "--ratio", "-1"], "above 0"),
      (["--solve", "d_state", "--ratio", "x"], "1/8"),
      (["--solve", "width"], "d_state"), (["--ratio", "1"], "--solve"),
      (["--n-pairs", "1000"], "n_pairs"), (["--vocab-size", "9"], "more than sequence_length"),
      (["--reference-layers", "0"], "reference_layers"), (["--bits-per-scalar", "0"], "above 0"),
      (["--mixer", "attention", "--d-state", "4"], "known key"), (["nowhere.yaml"], "nowhere.yaml"),
      (["--n-layers", "99999999"], "1 to 1024"),
      (["--sequence-length", "99999998"], "sequence_length"),
    ] as [([String], String)])
  func badInput(arguments: [String], message: String) throws {
    let folder = try RecallProcess(experiment: "")
    defer { folder.remove() }
    let process = try folder.start(["capacity"] + arguments)
    process.waitUntilExit()
    #expect(process.terminationStatus != 0 && process.terminationReason == .exit)
    #expect(folder.text("stderr").contains(message), "\(folder.text("stderr"))")
    #expect(folder.text("stdout").isEmpty)
  }
}
