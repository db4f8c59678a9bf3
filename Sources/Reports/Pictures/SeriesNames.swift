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
      Self.telling(Set(Self.groups(lines).flatMap(Self.differing)), lines)
    }
  }

  /// Lines of the same task whose states differ by a tenth at most, as those of SSD with one group and with two do where the
  /// inputs of convolutions count.
  private static func groups(_ lines: [ResultTable.Line]) -> [[ResultTable.Line]] {
    func state(_ line: ResultTable.Line) -> Double { line.match?.requested ?? line.capacity ?? 0 }
    return lines.map { line in
      lines.filter {
        $0.shared.task == line.shared.task && state(line) <= state($0)
          && state($0) <= 1.1 * state(line)
      }
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

  /// Those of the settings that are needed to tell the models apart; standard deviations only where nothing else does.
  private static func telling(_ paths: Set<String>, _ lines: [ResultTable.Line]) -> [String] {
    let settings = lines.map(\.shared.model.settingsOfSeries)
    func kinds(_ paths: [String]) -> Int {
      Set(settings.map { all in paths.map { all[$0] } }).count
    }
    let ordered = paths.sorted {
      ($0.hasSuffix("_std") ? 1 : 0, $0) < ($1.hasSuffix("_std") ? 1 : 0, $1)
    }
    return ordered.reduce(into: []) { told, path in
      if kinds(told + [path]) > kinds(told) { told.append(path) }
    }
  }

  func name(_ line: ResultTable.Line) -> String {
    let model = line.shared.model
    let paths = settings[line.series, default: []]
    let mixers = model.mixers.map { type(of: $0).name }.joined(separator: " + ")
    let name = paths.contains(ModelConfiguration.mixersKey) ? mixers : line.series
    let values = model.settingsOfSeries
    let own = paths.filter { $0 != ModelConfiguration.mixersKey }.compactMap { path in
      values[path].map { "\(path)=\(AxisValue(path: path, value: $0).text)" }
    }
    return ([name] + own).joined(separator: ", ")
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
