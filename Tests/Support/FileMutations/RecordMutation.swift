import Foundation
import Support

/// Damages records: their bytes, or their values. For values the checksum is computed again, so that the damage gets
/// past it.
package struct RecordMutation {
  /// Valid records, whose parts are mixed.
  let files: [Data]
  let seed: UInt64

  package init(files: [Data], seed: UInt64) {
    (self.files, self.seed) = (files, seed)
  }

  private static let values: [SettingValue] = [
    .null, true, 0, 1, -1, 2, .int(.max), .int(.min), .int(1 << 53), 0.5, -0.5, 1e308, "", "nan",
    "inf", "-inf", "finished", "running", "failed", "mqar", "attention", "ssd", "2026-01-31",
    "é🙂\u{1}", .array([]), .object([:]), .array([1, "a"]), .object(["kind": "mqar"]),
  ]

  /// One record with one to four faults; the same for the same seed and trial.
  package func file(trial: Int) throws -> Data {
    var damage = Damage(seed: seed, trial: trial)
    let data = damage.pick(files)
    guard damage.below(3) > 0 else {
      let bytes = damage.bytes(of: [UInt8](data), besides: files) { bytes, damage in
        let nest = String(repeating: "[", count: 1 << damage.below(18))
        bytes.insert(contentsOf: nest.utf8, at: damage.below(bytes.count))
      }
      return Data(bytes)
    }
    var values = try JSONDecoder().decode([String: SettingValue].self, from: data)
    values["checksum"] = nil
    var record = SettingValue.object(values)
    for _ in 0...damage.below(4) { change(&record, &damage) }
    guard case .object(var changed) = record else { return data }
    changed["checksum"] = .string(record.fingerprint)
    return try JSONEncoder().encode(changed)
  }

  /// Walks down a random path and replaces, drops, doubles or adds a value at its end.
  private func change(_ value: inout SettingValue, _ damage: inout Damage) {
    switch value {
    case .object(var values) where !values.isEmpty:
      let key = damage.pick(values.keys.sorted())
      switch damage.below(8) {
      case 0: values[key] = nil
      case 1: values[key] = damage.pick(Self.values)
      case 2: values["\(key)_"] = values[key]
      default: change(&values[key]!, &damage)
      }
      value = .object(values)
    case .array(var values) where !values.isEmpty:
      let index = damage.below(values.count)
      switch damage.below(8) {
      case 0: values.remove(at: index)
      case 1: values[index] = damage.pick(Self.values)
      case 2: values += values
      default: change(&values[index], &damage)
      }
      value = .array(values)
    default: value = damage.pick(Self.values)
    }
  }
}
