import Experiments
import Foundation
import Records
import Support
import Training

/// Records in an experiment's folder that none of its runs has: what was trained before its file was changed.
package struct OtherRecords: Sendable {
  package let folder: String
  package let count: Int
  /// The settings in which they differ from the nearest run of the experiment, the most frequent first: a path such as
  /// `model.d_state`, the value there, and the value here.
  package let differences: [Difference]

  package struct Difference: Hashable, Sendable {
    package let key: String
    package let there: SettingValue
    package let here: SettingValue
  }

  /// Enough to see what was changed.
  private static let mostCompared = 50

  /// nil if there are none. Records that cannot be read do not count.
  package init?(of experiment: Experiment, in store: RunStore) {
    let own = Set(experiment.runs.map(\.hash))
    let names = (try? FileManager.default.contentsOfDirectory(atPath: store.folder.path)) ?? []
    let others = names.sorted().filter { name in
      name.hasSuffix(".json") && !own.contains(String(name.dropLast(5)))
    }
    guard !others.isEmpty else { return nil }
    // Needed only where no label is the same.
    lazy var first = experiment.runs.prefix(Self.mostCompared).map {
      Self.settings($0.configuration)
    }
    let byLabel = Dictionary(experiment.runs.map { ($0.label, $0) }) { first, _ in first }
    var (count, found) = (others.count, [Difference]())
    for name in others.prefix(Self.mostCompared) {
      guard let record = try? RunRecord(contentsOf: store.folder.appending(path: name)) else {
        count -= 1
        continue
      }
      let there = Self.settings(record.configuration)
      // A run of the same label is the one whose settings were changed.
      let same = byLabel[record.label].map { [Self.settings($0.configuration)] }
      let nearest = (same ?? first).map { Self.differences(there, $0) }.min { $0.count < $1.count }
      found += nearest ?? []
    }
    guard count > 0 else { return nil }
    (self.folder, self.count) = (store.folder.relativePath, count)
    let groups = found.grouped { $0 }.map { (difference: $0, times: $1.count) }
    differences = groups.enumerated().sorted {
      ($1.element.times, $0.offset) < ($0.element.times, $1.offset)
    }.map(\.element.difference)
  }

  private static func differences(
    _ there: [String: SettingValue], _ here: [String: SettingValue]
  ) -> [Difference] {
    Set(there.keys).union(here.keys).sorted().compactMap { key in
      let (a, b) = (there[key] ?? .null, here[key] ?? .null)
      return a == b ? nil : Difference(key: key, there: a, here: b)
    }
  }

  /// Every setting by its path.
  private static func settings(_ configuration: RunConfiguration) -> [String: SettingValue] {
    Dictionary(uniqueKeysWithValues: configuration.settings.map { ($0.path, $0.value) })
  }
}
