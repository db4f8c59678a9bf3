import Capacity
import Experiments
import Foundation
import Models
import Support
import Testing
import Training

/// Hybrids in experiments' files.
@Suite struct HybridTests {
  private func experiment(_ model: String, _ more: String = "") throws -> Experiment {
    try Experiment(
      yaml: """
        task: {kind: mqar, vocab_size: 64, sequence_length: 32, n_pairs: 8}
        model: {kind: hybrid, d_model: 64, \(model)}
        \(more)
        """, file: "x.yaml")
  }

  private func values(_ path: String, _ experiment: Experiment) -> [SettingValue?] {
    experiment.runs.map { $0.configuration.model.value(at: path) }
  }

  /// `mixers` is one value, not an axis; a list inside an entry is an axis with a path of its own.
  @Test func listsWithinAnEntryAreAxes() throws {
    let one = try experiment("mixers: [{kind: ssd, d_state: 4}, {kind: attention}]")
    #expect(one.runs.map(\.label) == ["hybrid"] && one.runs[0].axes.isEmpty)
    let swept = try experiment(
      "n_layers: [2, 4], mixers: [{kind: ssd, d_state: [8, 16]}, {kind: mamba, d_state: [2, 3]}]")
    #expect(swept.runs.count == 8 && Set(swept.runs.map(\.hash)).count == 8)
    #expect(
      swept.runs[1].label == "hybrid n_layers=2 mixers.0.d_state=8 mixers.1.d_state=3")
    #expect(
      swept.runs[1].axes.map(\.path)
        == ["model.n_layers", "model.mixers.0.d_state", "model.mixers.1.d_state"])
    #expect(values("mixers.0.d_state", swept) == [8, 8, 16, 16, 8, 8, 16, 16])
    #expect(values("mixers.1.d_state", swept) == [2, 3, 2, 3, 2, 3, 2, 3])
    let kinds = try experiment("mixers: [{kind: [ssd, mamba], expand: 1}, {kind: attention}]")
    #expect(values("mixers.0.kind", kinds) == ["ssd", "mamba"])
  }

  @Test func aListOfListsIsAnAxis() throws {
    let experiment = try experiment(
      "mixers: [[{kind: ssd, d_state: [4, 8]}], [{kind: mamba}, {kind: attention}]]")
    #expect(
      experiment.runs.map { $0.configuration.model.values["mixers"]?.kinds }
        == [["ssd"], ["ssd"], ["mamba", "attention"]])
    let labels = experiment.runs.map(\.label)
    #expect(labels.last?.hasSuffix(" mixers=mamba + attention") == true, "\(labels)")
    #expect(labels[0].contains(" mixers=ssd d_state="), "\(labels)")
    #expect(values("mixers.0.d_state", experiment) == [4, 8, 16])
    #expect(experiment.runs[0].axes.map(\.path) == ["model.mixers", "model.mixers.0.d_state"])
  }

  /// A list of taps is one value, for the layers one after the other; a list of lists is an axis.
  @Test func kernelSizesAreAValue() throws {
    let sizes: SettingValue = [3, -1]
    let entry = try experiment(
      "mixers: [{kind: base_conv, kernel_size: [3, -1]}, {kind: attention}]")
    #expect(values("mixers.0.kernel_size", entry) == [sizes])
    func runs(_ sizes: String) throws -> [SettingValue?] {
      try Experiment(
        yaml: """
          task: {kind: mqar, vocab_size: 64, sequence_length: 32, n_pairs: 8}
          model: {kind: base_conv, kernel_size: \(sizes)}
          """, file: "x.yaml"
      ).runs.map { $0.configuration.model.value(at: "kernel_size") }
    }
    #expect(try runs("[3, -1]") == [sizes])
    #expect(try runs("5") == [5])
    #expect(try runs("[[3, -1], 5]") == [sizes, 5])
  }

  /// Keys without effect are refused: runs that differ in them alone would train the same model.
  @Test(
    arguments: [
      ("d_ff: [0, 32]", "d_ff: 32 is not allowed; allowed: 0 without an mlp"),
      (
        "mlp: gelu, mlp_blocks: 2",
        "mlp_blocks: 2 is not allowed; allowed: 4 without mlp: monarch_glu"
      ),
    ])
  func keysWithoutEffectAreRefused(keys: String, message: String) throws {
    let error = #expect(throws: ConfigurationError.self) {
      try experiment("mixers: [{kind: ssd}], \(keys)")
    }
    #expect(error?.description.hasSuffix(message) == true, "\(String(describing: error))")
  }

  /// A label may name the whole key, or its last part where only one axis has it.
  @Test func labelsNameValuesOfEntries() throws {
    func labels(_ label: String, _ mixers: String) throws -> [String] {
      try experiment("mixers: \(mixers)", "rows: [{label: \"\(label)\"}]").runs.map(\.label)
    }
    let one = "[{kind: ssd, d_state: [8, 16]}, {kind: attention}]"
    #expect(try labels("N={d_state}", one) == ["N=8", "N=16"])
    #expect(try labels("N={mixers.0.d_state}", one) == ["N=8", "N=16"])
    let two = "[{kind: ssd, d_state: [8, 16]}, {kind: mamba, d_state: [2, 3]}]"
    #expect(
      try labels("N={mixers.1.d_state}", two).first == "N=2 mixers.0.d_state=8")
  }

  /// The cache of the reference: 8192 scalars. The hybrid carries 134 N + 384 and 4096.
  @Test func matchSolvesForTheNamedEntry() throws {
    let mixers = "mixers: [{kind: ssd}, {kind: attention}]"
    let match = "match: {to: {mixer: attention, n_layers: 2}, ratio: 3/4, solve: mixers.0.d_state}"
    let run = try #require(try experiment(mixers, match).runs.first)
    #expect(run.configuration.model.value(at: "mixers.0.d_state") == 12)
    #expect(run.label == "hybrid mixers.0.d_state=12")
    let outcome = try #require(run.match)
    #expect(outcome.solve.rawValue == "mixers.0.d_state" && outcome.obtained == 6088.0 / 8192)
    #expect(abs(outcome.solution - (6144.0 - 4480) / 134) < 1e-9)
    let again = try JSONDecoder().decode(MatchOutcome.self, from: JSONEncoder().encode(outcome))
    #expect(again == outcome)
    let layers = try experiment(
      mixers,
      match.replacing("3/4", with: "[1, 1.6]").replacing("mixers.0.d_state", with: "n_layers"))
    // One layer of SSD carries 8960 scalars, SSD and attention 13056.
    #expect(layers.skipped.isEmpty, "\(layers.skipped)")
    #expect(layers.runs.map { $0.match?.obtained } == [8960.0 / 8192, 13056.0 / 8192])
    // An entry without such a setting.
    let none = "match: {to: {mixer: attention}, solve: mixers.1.d_state}"
    let error = #expect(throws: ConfigurationError.self) { try experiment(mixers, none) }
    let text = error?.description ?? ""
    #expect(
      text.hasSuffix(
        "solve: \"mixers.1.d_state\" is not allowed; allowed: mixers.0.d_state, n_layers, d_model"),
      "\(text)")
    // A label may name the setting that could not be solved for.
    let skipped = try experiment(
      mixers,
      match.replacing("3/4", with: "[3/4, 1/100]")
        + "\nrows: [{label: \"hybrid N={mixers.0.d_state}\"}]")
    #expect(skipped.skipped.map(\.label) == ["hybrid N=? ratio=1/100"])
  }

  @Test(
    arguments: [
      ("mixers: [{kind: ssd, d_sate: 4}]", "", "2:57", "the nearest is d_state"),
      ("mixers: [{kind: ssd, d_state: 0}]", "", "2:66", "mixers[0].d_state: 0"),
      ("mixers: [{kind: mamba}, {kind: sdd}]", "", "2:67", "attention, mamba, ssd"),
      ("mixers: [{kind: hybrid}]", "", "2:52", "is not allowed; allowed: attention, mamba"),
      ("mixers: [{kind: ssd, block: zoology}]", "", "2:64", "beside mixers, because"),
      ("mixers: [{kind: base_conv, kernel_size: [3, 0]}]", "", "2:76", "-1, 1 to 1024"),
      ("mixers: [{kind: ssd, d_state: []}]", "", "2:66", "a list of values to sweep"),
      ("mixers: ssd", "", "2:44", "a list with the mixer of each layer"),
      ("mixers: []", "", "2:44", "a list with the mixer of each layer"),
      ("n_layers: 2", "", "2:8", "a list with the mixer of each layer"),
      ("mixers: [ssd]", "", "2:45", "a mixer's keys"),
      (
        "mixers: [{kind: ssd}]", "match: {to: {mixer: attention}}", "3:8",
        "mixers.0.d_state, n_layers, d_model"
      ),
      (
        "mixers: [{kind: ssd}]", "match: {to: {mixer: attention}, solve: mixers.d_state}", "3:40",
        "mixers.0.d_state"
      ),
    ] as [(String, String, String, String)])
  func mistakesAreNamedWhereTheyStand(
    model: String, more: String, position: String, message: String
  ) throws {
    let error = #expect(throws: ConfigurationError.self) { try experiment(model, more) }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("x.yaml:\(position): ") && text.contains(message), "\(text)")
  }
}

extension SettingValue {
  fileprivate var kinds: [String] {
    guard case .array(let list) = self else { return [] }
    return list.compactMap { $0.value(at: "kind")?.plainText }
  }
}

/// The names of runs, which their records' files have.
@Suite struct RunHashTests {
  /// Every record under plots/published/ is found again.
  @Test func publishedRecordsKeepTheirNames() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../plots/published").standardizedFileURL
    let files = try #require(
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    struct Record: Decodable { let configuration: RunConfiguration }
    var count = 0
    for case let file as URL in files where file.pathExtension == "json" {
      let name = file.deletingPathExtension().lastPathComponent
      guard name.count == 16, name.allSatisfy(\.isHexDigit) else { continue }
      let record = try JSONDecoder().decode(Record.self, from: Data(contentsOf: file))
      #expect(record.configuration.hash == name)
      count += 1
    }
    #expect(count > 100)
  }

  /// Keys of the model that were added later change a run's name only if they change the run.
  @Test func laterKeysAtTheirDefaultsDoNotCount() throws {
    func hash(_ model: String) throws -> String {
      try Experiment(
        yaml: "task: {kind: mqar, sequence_length: 64, n_pairs: 4}\nmodel: {\(model)}\n"
          + "training: {recipe: none}",
        file: "x.yaml"
      ).runs[0].hash
    }
    let ssd = try hash("kind: ssd")
    for same in [
      "block: own", "block: pre_norm", "mlp: none", "d_ff: 0", "mlp_blocks: 4",
      "position_embedding: none", "position_std: 0.02", "embedding_init_std: 0.02",
      "embedding_dropout: 0",
    ] { #expect(try hash("kind: ssd, \(same)") == ssd, "\(same)") }
    for other in [
      "block: zoology", "mlp: gelu", "position_embedding: learned", "embedding_dropout: 0.1",
      "embedding_init_std: 0.1",
    ] { #expect(try hash("kind: ssd, \(other)") != ssd, "\(other)") }
    let attention = try hash("kind: attention")
    for same in ["block: zoology", "position_embedding: learned", "embedding_dropout: 0.1"] {
      #expect(try hash("kind: attention, \(same)") == attention, "\(same)")
    }
    #expect(try hash("kind: attention, position_embedding: none") != attention)
    let hybrid = try hash("kind: hybrid, mixers: [{kind: attention}]")
    #expect(hybrid != attention)
    #expect(
      try hash("kind: hybrid, mixers: [{kind: attention, output_init_std: 0.02}]") == hybrid)
  }
}
