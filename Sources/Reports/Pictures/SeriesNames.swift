import Experiments
import Models
import RecallTasks
import Results
import Support

/// The names of a chart's series. Lines join the models of a series. Where models of one mixer have equal state, what they
/// differ in makes series of their own, such as "SSD, ngroups=2"; charts show depth and width otherwise.
struct SeriesNames {
  /// The settings that make series, by the mixer's name.
  private let settings: [String: [String]]

  init(_ lines: [ResultTable.Line]) {
    settings = Dictionary(grouping: lines, by: \.series).mapValues { lines in
      let alike = Dictionary(grouping: lines, by: Place.init).values
      return Set(alike.flatMap(Self.differing)).sorted()
    }
  }

  /// Where models have equal state on the same task.
  private struct Place: Hashable {
    let task: TaskConfiguration
    let state: Double?

    init(_ line: ResultTable.Line) {
      (task, state) = (line.shared.task, line.match?.requested ?? line.capacity)
    }
  }

  /// The settings that all have and that differ.
  private static func differing(_ lines: [ResultTable.Line]) -> [String] {
    let settings = lines.map(\.shared.model.settingsOfSeries)
    return settings[0].keys.filter { path in
      let values = settings.compactMap { $0[path] }
      return values.count == settings.count && Set(values).count > 1
    }
  }

  func name(_ line: ResultTable.Line) -> String {
    let values = line.shared.model.settingsOfSeries
    let own = settings[line.series, default: []].compactMap { path in
      values[path].map { "\(path)=\(AxisValue(path: path, value: $0).text)" }
    }
    return ([line.series] + own).joined(separator: ", ")
  }
}

extension ModelConfiguration {
  /// Every setting but depth, width, what follows from the task, and what sizes a mixer's state. A hybrid has the kinds of
  /// its mixers as `mixers`, and their settings as `mixers.0.ngroups`.
  fileprivate var settingsOfSeries: [String: SettingValue] {
    var settings = shape.settingValues
    for key in ["n_layers", "d_model", "vocab_size", "max_length"] { settings[key] = nil }
    for (index, mixer) in mixers.enumerated() {
      let place = isHybrid ? "\(Self.mixersKey).\(index)." : ""
      for (key, value) in mixer.settingValues where key != type(of: mixer).stateKey {
        settings[place + key] = value
      }
    }
    let kinds = mixers.map { type(of: $0).kind }
    if isHybrid { settings[Self.mixersKey] = .string(kinds.joined(separator: " + ")) }
    return settings
  }
}
