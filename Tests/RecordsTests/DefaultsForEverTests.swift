import Foundation
import Models
import RecallTasks
import Support
import Testing
import Training

/// What a key means where it is left out never changes, because files and records rely on it.
@Suite struct DefaultsForEverTests {
  private static let name = "DefaultsForEver.json"

  /// By section and kind: what the keys are in a file that leaves them out, and in a record that does.
  private static func defaults() throws -> [String: [String: SettingValue]] {
    var all: [String: [String: SettingValue]] = [:]
    for (reader, isRecord) in [("files", false), ("records", true)] {
      for kind in MixerCatalog.builtIn.map({ $0.kind }) {
        let values: [String: SettingValue] = ["kind": .string(kind)]
        let model = try isRecord ? ModelConfiguration(record: values) : ModelConfiguration(values)
        all["\(reader), model \(kind)"] = model.values
        // Defaults may depend on the block: those that differ from the ones without it.
        for block in BlockKind.allCases {
          let values = values.merging(["block": .string(block.rawValue)]) { $1 }
          guard
            let other = try? isRecord
              ? ModelConfiguration(record: values) : ModelConfiguration(values)
          else { continue }
          all["\(reader), model \(kind) in \(block.rawValue)"] = other.values.filter {
            model.values[$0.key] != $0.value
          }
        }
      }
      let entries: SettingValue = .array([.object(["kind": "ssd"]), .object(["kind": "attention"])])
      let hybrid: [String: SettingValue] = ["kind": "hybrid", "mixers": entries]
      all["\(reader), model hybrid"] =
        try (isRecord ? ModelConfiguration(record: hybrid) : ModelConfiguration(hybrid)).values
      for kind in TaskCatalog.builtIn.map({ $0.kind }) {
        let values: [String: SettingValue] = ["kind": .string(kind)]
        let task = try isRecord ? TaskConfiguration(record: values) : TaskConfiguration(values)
        all["\(reader), task \(kind)"] = task.values
      }
      let training = try isRecord ? TrainingSettings(record: [:]) : TrainingSettings.decode([:])
      all["\(reader), training"] = training.settingValues
      let steps: [String: SettingValue] = ["steps": 9]
      let stage = try isRecord ? TrainingStage(record: steps) : TrainingStage.decode(steps)
      all["\(reader), stage of 9 steps"] = stage.settingValues
    }
    return all
  }

  /// A new kind or key is added to the file; what stands there stays.
  @Test func whatIsLeftOutKeepsItsMeaning() throws {
    let now = try Self.defaults()
    let file = try #require(Bundle.module.resourceURL).appending(path: Self.name)
    let known = try JSONDecoder().decode(
      [String: [String: SettingValue]].self, from: Data(contentsOf: file))
    for (place, keys) in known {
      for (key, value) in keys {
        #expect(now[place]?[key]?.canonicalJSON == value.canonicalJSON, "\(place): \(key)")
      }
    }
    guard
      now.contains(where: { place, keys in
        keys.keys.contains { known[place]?.keys.contains($0) != true }
      })
    else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let copy = FileManager.default.temporaryDirectory.appending(path: Self.name)
    try encoder.encode(now).write(to: copy)
    Issue.record("new keys; if nothing else is wrong, replace \(Self.name) by \(copy.path)")
  }
}
