import Capacity
import Foundation
import Models
import RecallTasks
import Reports
import Support
import Testing

@Suite struct CapacityReportTests {
  private func report(
    _ model: [String: SettingValue], pairs: Int = 256, bits: Double = 32
  ) throws -> CapacityReport {
    let question = try CapacityQuestion(
      file: nil, model: model,
      task: ["sequence_length": 1024, "n_pairs": .int(pairs), "vocab_size": 8192])
    return try CapacityReport(
      question.model, task: question.task,
      reference: .referenceAttention(
        modelDimension: question.model.shape.modelDimension, length: 1024),
      bitsPerScalar: bits)
  }

  /// Every field of `--json`, with numbers worked out by hand for SSD N = 256, 4 layers, d = 64.
  @Test func fieldsAndNumbers() throws {
    let report = try report(["kind": "ssd", "d_state": 256, "n_layers": 4])
    guard case .object(let json) = try SettingValue(encoding: report),
      case .object(let state)? = json["state"], case .object(let parts)? = state["parts"],
      case .object(let relative)? = json["relative"],
      case .object(let flops)? = json["flops_per_token"]
    else { throw SettingsError("json", "nothing", allowed: "an object") }
    // 4 layers of 128 channels of 256 states, and 3 convolution inputs of 128 + 2 · 256 channels.
    #expect(parts["ssm"] == 131072 && parts["convolution"] == 7680 && parts["kv_cache"] == 0)
    #expect(state["scalars"] == 138752)
    #expect(state["bytes"] == .object(["fp32": 555008, "bf16": 277504]))
    #expect(state["growth_per_token"] == 0)
    // The cache: 2 · 1024 · 64 · 2 layers.
    #expect(report.relative["exact"] == 138752.0 / 262144)
    #expect(report.relative["note"] == 0.5 && report.relative["inner"] == 1)
    #expect(relative.keys.sorted() == ["exact", "inner", "note", "zoology"])
    // Embedding, final norm; in_proj, convolution, A, D, dt, two norms, out_proj.
    let layer = 64 * (2 * 128 + 2 * 256 + 2) + 640 * 5 + 3 * 2 + 128 + 64 + 128 * 64
    #expect(json["parameters"] == .int(8192 * 64 + 2 * 64 + 4 * layer))
    let step = 8192 * 64 + 4 * (64 * 770 + 640 * 4 + 128 * 64 + 3 * 128 * 256)
    #expect(flops["decode"] == .int(2 * step))
    for key in ["demand_bits", "bits_per_scalar", "accuracy_bound", "activation_bytes"] {
      #expect(json[key] != nil, "\(key)")
    }
    // log₂ of (4095 choose 256) · 4096! / 3840!
    let keySets = lgamma(4096.0) - lgamma(257.0) - lgamma(3840.0)
    let required = (keySets + lgamma(4097.0) - lgamma(3841.0)) / log(2)
    #expect(abs(report.requiredBits - required) < 1e-6 * required)
    #expect(abs(report.bitsPerScalar! - required / 138752) < 1e-9)
    #expect(report.accuracyBound == 1 && !report.isTooSmall)
  }

  /// A model without a recurrence has costs, and no state that anything could be relative to.
  @Test func withoutARecurrence() throws {
    let report = try report(["kind": "hydra", "d_state": 16])
    #expect(report.state == nil && report.relative.isEmpty && report.bitsPerScalar == nil)
    #expect(report.accuracyBounds.isEmpty && !report.isTooSmall)
    #expect(report.multiplyAddsPerToken.keys.sorted() == ["train"])
    #expect(report.text.contains("STATE\n  none: hydra has no recurrence"))
    #expect(report.text.contains("its values"))
    #expect(report.text.contains("not comparable by state"))
    #expect(!report.text.contains("each state scalar"))
    guard case .object(let json) = try SettingValue(encoding: report) else { return }
    #expect(json["state"] == nil && json["activation_bytes"] != nil)
    let mixed = try self.report([
      "kind": "hybrid", "mixers": [["kind": "ssd"], ["kind": "low_rank"], ["kind": "hydra"]],
      "n_layers": 3,
    ])
    #expect(mixed.text.contains("none: low_rank and hydra have no recurrence"))
  }

  /// A state that cannot hold the answers says so.
  @Test func smallStates() throws {
    let small: [String: SettingValue] = [
      "kind": "mamba", "d_model": 2, "d_state": 1, "expand": 1, "n_layers": 1,
    ]
    let report = try report(small)
    #expect(report.isTooSmall && report.accuracyBound! < 1)
    #expect(report.text.contains("CANNOT HOLD THE ANSWERS"))
    let roomy = try self.report(small, pairs: 1)
    #expect(!roomy.isTooSmall && roomy.accuracyBound == 1)
    #expect(!roomy.text.contains("CANNOT"))
    #expect(try self.report(small, bits: 1).accuracyBound! < report.accuracyBound!)
  }

  @Test func growthWithLength() throws {
    let attention = try report(["kind": "attention", "d_model": 32])
    let state = try #require(attention.state)
    #expect(state.growthPerToken == 2 * 32 * 2)
    #expect(state.byLength.map(\.tokens) == [256, 512, 1024, 2048, 4096])
    #expect(state.byLength.allSatisfy { $0.scalars == 128 * $0.tokens })
    #expect(attention.text.contains("grows by 128 scalars a token"))
    #expect(try report(["kind": "ssd"]).text.contains("does not grow with further tokens"))
  }

  /// SSD's rank is its N, attention's is half the length; scalars are the channels times that.
  @Test func ranksStandBesideTheState() throws {
    let ssd = try report(["kind": "ssd", "d_state": 16])
    #expect(ssd.rank?.layers.map(\.lower) == [16] && ssd.rank?.layers[0].carried == 128 * 16)
    #expect(ssd.text.contains("RANK"))
    let attention = try report(["kind": "attention"])
    #expect(attention.rank?.layers[0].lower == 512)
  }

  @Test func filesAndOptions() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func question(
      _ yaml: String, model: [String: SettingValue] = [:]
    ) throws -> CapacityQuestion {
      let file = folder.appending(path: "model.yaml")
      try yaml.write(to: file, atomically: true, encoding: .utf8)
      return try CapacityQuestion(file: file.path, model: model)
    }
    let flat = try question("kind: mamba\nd_state: 8\n", model: ["n_layers": 5])
    #expect(flat.model.kind == "mamba" && flat.model.shape.layers == 5)
    #expect(flat.task.sequenceLength == 1024 && flat.task.pairCount == 256)
    let both = try question(
      "configuration:\n  model: {kind: ssd}\n  task: {kind: mqar, sequence_length: 64, n_pairs: 4}")
    #expect(both.task.sequenceLength == 64 && both.task.pairCount == 4)
    // The vocabulary of the model is that of the task where only one is given.
    let small = try question("{kind: ssd, vocab_size: 32}")
    #expect(small.task.vocabularySize == 32 && small.task.sequenceLength == 28)
    #expect(small.task.pairCount == 7)
    let merged = try question("x-a: &a {d_state: 8}\nkind: mamba\n<<: *a\n")
    #expect(merged.model.value(at: "d_state") == 8)
    // A record's missing keys mean what they meant at its time; its keys are spelled as then.
    let old = try question(
      "format: 1\nconfiguration:\n  model: {kind: ssd, n_layers: 3}\n  task: {kind: mqar}",
      model: ["d_state": 8])
    #expect(old.model.shape.layers == 3 && old.model.value(at: "d_state") == 8)
    for (yaml, position, message) in [
      ("format: 99\nconfiguration: {model: {kind: ssd}}", ":1:1:", "format: 99"),
      ("kind: mamba\nd_state: 0", ":2:10:", "d_state: 0"), ("kind: manba", ":1:7:", "attention"),
      ("kind: ssd\nheaddim: 48", ":2:10:", "divisors of expand"),
      ("model: {kind: ssd}\ntask: {kind: mqar, n_pairs: 999}", ":2:29:", "n_pairs"),
      ("model: {kind: ssd}\ntask: {kind: copying}", ":2:14:", "mqar"),
      ("- 1", ":1:1:", "group"), ("model: {kind: ssd}\nrows: []", ":2:1:", "several models"),
    ] {
      let error = #expect(throws: ConfigurationError.self, "\(yaml)") { try question(yaml) }
      let text = error.map { "\($0)" } ?? ""
      #expect(text.contains(position) && text.contains(message), "\(text)")
    }
  }

  @Test func sizesBeyondCountingAreNamed() throws {
    for (key, values) in [
      ("d_state", ["kind": "ssd", "d_state": 1_099_511_627_776]),
      ("n_layers", ["kind": "ssd", "n_layers": 1_099_511_627_776]),
      ("d_model", ["kind": "mamba", "d_model": 65536]),
      // A state of 34 GB with few parameters.
      ("d_model", ["kind": "ssd", "d_model": 64, "expand": 1024, "d_state": 65536]),
      ("d_model", ["kind": "ssd", "d_model": 65536, "expand": 65536, "d_state": 65536]),
      ("d_model", ["kind": "mamba", "d_model": 65536, "expand": 65536, "d_state": 65536]),
      ("d_model", ["kind": "attention", "d_model": 1_099_511_627_776]),
    ] as [(String, [String: SettingValue])] {
      let error = #expect(throws: SettingsError.self) { try report(values) }
      #expect(error?.key == key)
    }
  }
}
