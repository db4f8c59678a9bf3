import Experiments
import Foundation
import Records
import Support
import Testing

/// Old records are found and read even after keys are renamed or added.
@Suite struct RecordsForEverTests {
  /// Every published record has the name that its configuration hashes to, and keeps its content when written again.
  @Test func publishedRecordsKeepTheirNames() throws {
    let folder = URL(filePath: #filePath).appending(path: "../../../plots/published")
      .standardizedFileURL
    let files = try #require(
      FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    )
    .compactMap { $0 as? URL }.filter { $0.pathExtension == "json" }
    #expect(files.count >= 377)
    for file in files {
      let record = try RunRecord(contentsOf: file)
      #expect(!record.label.contains("{"), "\(file.path): \(record.label)")
      let configuration = record.configuration
      #expect(configuration.hash == file.deletingPathExtension().lastPathComponent, "\(file.path)")
      let said = try JSONDecoder().decode([String: SettingValue].self, from: Data(contentsOf: file))
      guard case .object(let sections)? = said["configuration"],
        case .object(let again) = try SettingValue(encoding: configuration)
      else { throw SettingsError("configuration", file.path, allowed: "an object") }
      for (section, value) in sections {
        #expect(
          again[section].map { Self.part(of: $0, in: value) } == value, "\(file.path) \(section)")
      }
    }
  }

  /// What `now` says of the keys that the record has; keys that were added later may be there, too, also in the entries
  /// of a hybrid.
  private static func part(of now: SettingValue, in record: SettingValue) -> SettingValue {
    switch (now, record) {
    case (.object(let now), .object(let keys)):
      .object(
        now.filter { keys[$0.key] != nil }
          .merging(
            keys.filter { now[$0.key] != nil }.map {
              ($0.key, part(of: now[$0.key]!, in: $0.value))
            }
          ) { $1 })
    case (.array(let now), .array(let record)) where now.count == record.count:
      .array(zip(now, record).map { part(of: $0, in: $1) })
    default: now
    }
  }

  private func run(_ training: String) throws -> Experiment.Run {
    let yaml = """
      presets: {p: {training: {segments: [{steps: 5}], clip: 2, lanes: 2}}}
      use: p
      task: {kind: mqar, sequence_length: 64, n_pairs: 4}
      model: {kind: ssd, d_model: 64}
      training: {\(training)}
      """
    return try #require(Experiment(yaml: yaml, file: "x.yaml").runs.first)
  }

  /// Old and new names of a key are one key: in a file, over a preset, in the hash.
  @Test func oldNamesAreRead() throws {
    let pairs = [
      ("segments: [{steps: 7}]", "stages: [{steps: 7}]"), ("clip: 1", "max_grad_norm: 1"),
      ("decay: matrices", "weight_decay_on: matrices"), ("endless: true", "fresh_examples: true"),
      ("lanes: 8", "gradient_shards: 8"), ("stop_above: 0.9", "early_stop_accuracy: 0.9"),
      ("segment_order: shuffled", "stage_order: shuffled"),
    ]
    for (old, new) in pairs {
      #expect(try run(old).hash == run(new).hash && run(old).hash != run("").hash, "\(old)")
      #expect(try run(old).configuration == run(new).configuration)
    }
    // A record has them under the names of the first records.
    guard case .object(let all) = try SettingValue(encoding: run("").configuration),
      case .object(let training)? = all["training"]
    else { return }
    #expect(training["segments"] == .array([.object(["steps": 5])]) && training["clip"] == 2)
    #expect(training["stages"] == nil)
  }

  @Test(arguments: [
    ("clip: -1", "x.yaml:5:18: clip: -1", "at least 0"),
    ("max_grad_norm: -1", "x.yaml:5:27: max_grad_norm: -1", "at least 0"),
    ("segments: [{steps: -7}]", "x.yaml:5:31: segments[0].steps: -7", "0 to 2147483647"),
    ("segmets: []", "x.yaml:5:12: segmets: []", "the nearest is stages"),
    ("clip: 1, max_grad_norm: 1", "x.yaml:5:21: max_grad_norm", "given already as clip"),
    ("stages: [{stepz: 3}]", "x.yaml:5:22: stepz: 3", "the nearest is steps"),
  ])
  func errorsNameTheKeyAsWritten(training: String, start: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) { try run(training) }
    let text = error?.description ?? ""
    #expect(text.hasPrefix(start) && text.contains(message), "\(text)")
  }
}
