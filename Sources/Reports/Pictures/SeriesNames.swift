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
      let models = Dictionary(grouping: lines, by: \.shared.task).values.map {
        Set($0.map(Model.init))
      }
      let paths = Set(models.flatMap(Self.groups).flatMap(Self.differing))
      return Self.telling(paths, models.flatMap { $0.map(\.settings) })
    }
  }

  private struct Model: Hashable {
    /// Relative to attention's.
    let state: Double
    let settings: [String: SettingValue]

    init(_ line: ResultTable.Line) {
      state = line.match?.requested ?? line.capacity ?? 0
      settings = line.shared.model.settingsOfSeries
    }
  }

  /// For each model of a task those with its state or up to a tenth more. SSD with two groups has so little more than with
  /// one where the inputs of convolutions count.
  private static func groups(_ models: Set<Model>) -> [[Model]] {
    let sorted = models.sorted { $0.state < $1.state }
    return sorted.indices.map { index in
      Array(sorted[index...].prefix { $0.state <= 1.1 * sorted[index].state })
    }
  }

  /// The settings that all have and that differ.
  private static func differing(_ models: [Model]) -> [String] {
    models[0].settings.keys.filter { path in
      let values = models.compactMap { $0.settings[path] }
      return values.count == models.count && Set(values).count > 1
    }
  }

  /// Those of the settings that are needed to tell the models apart; standard deviations only where nothing else does.
  private static func telling(
    _ paths: Set<String>, _ settings: [[String: SettingValue]]
  ) -> [String] {
    func kinds(_ paths: [String]) -> Int {
      Set(settings.map { all in paths.map { all[$0] } }).count
    }
    let (deviations, others) = (
      paths.filter { $0.hasSuffix("_std") }, paths.filter { !$0.hasSuffix("_std") }
    )
    return (others.sorted() + deviations.sorted()).reduce(into: []) { told, path in
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
