import Charts
import Results

/// The points of a chart of accuracy against state: measured ones, and published ones beside them. An experiment with
/// several lengths or tasks has a panel for each.
struct StatePoints {
  private let lines: [ResultTable.Line]
  private let hasLayers, hasWidths: Bool
  private let panels: Panels
  private let names: SeriesNames

  /// What names a panel: of task, length and difficulty those that differ.
  private struct Panels {
    let hasKinds, hasLengths, hasDifficulties: Bool

    init(_ lines: [ResultTable.Line]) {
      let tasks = lines.map(\.shared.task.task)
      func isSeveral(_ names: [String]) -> Bool { Set(names).count > 1 }
      hasKinds = isSeveral(tasks.map { type(of: $0).kind })
      hasLengths = isSeveral(tasks.map { "\($0.sequenceLength)" })
      // Usually the longer task is the harder one, and its length says enough.
      hasDifficulties = Dictionary(grouping: tasks) {
        "\(type(of: $0).kind) \($0.sequenceLength)"
      }.values.contains { isSeveral($0.map { "\($0.difficulty)" }) }
    }

    var isOne: Bool { !hasKinds && !hasLengths && !hasDifficulties }

    func name(_ line: ResultTable.Line) -> String {
      let task = line.shared.task.task
      let parts = [
        hasKinds ? type(of: task).kind : "", hasLengths ? "\(task.sequenceLength) tokens" : "",
        hasDifficulties ? "\(task.difficulty.name) \(task.difficulty.value)" : "",
      ]
      return parts.filter { !$0.isEmpty }.joined(separator: ", ")
    }
  }

  init(_ all: [ResultTable.Line]) {
    let lines = Self.drawn(all)
    self.lines = lines
    panels = Panels(lines)
    names = SeriesNames(lines)
    // Models of one mixer that differ in depth or width alone have no other name in a panel.
    hasLayers = Set(lines.map(\.layers)).count > 1
    hasWidths = Set(lines.map(\.width)).count > 1
  }

  var points: [AccuracyPoint] {
    panels.isOne
      ? lines.flatMap(plainPoints) : lines.sorted { $0.length < $1.length }.flatMap(panelPoints)
  }

  private func plainPoints(_ line: ResultTable.Line) -> [AccuracyPoint] {
    guard let capacity = line.capacity, capacity > 0 else { return [] }
    var points = [line.measured(size: capacity), published(line, capacity)].compactMap(\.self)
    for index in points.indices {
      (points[index].series, points[index].line) = (names.name(line), model(line))
    }
    return points
  }

  /// The printed state size is not used, because it may follow another convention.
  private func published(_ line: ResultTable.Line, _ capacity: Double) -> AccuracyPoint? {
    line.published.map {
      AccuracyPoint(
        series: line.series, style: line.shared.model.chartStyle, capacity: capacity, accuracy: $0,
        isPublished: true)
    }
  }

  /// A published point has a label if it is far from the measured point of the same model.
  private func panelPoints(_ line: ResultTable.Line) -> [AccuracyPoint] {
    let points = plainPoints(line)
    let model = model(line)
    return points.map { point in
      var point = point
      point.panel = panels.name(line)
      let isFar = points.contains { abs($0.accuracy - point.accuracy) > 0.1 }
      let words = point.isPublished ? (isFar ? [model, "published"] : []) : [model]
      point.label = words.filter { !$0.isEmpty }.joined(separator: ", ")
      return point
    }
  }

  /// The accuracies to compare with, by panel.
  static func baselines(_ lines: [ResultTable.Line]) -> [String: Baselines] {
    let lines = drawn(lines)
    return Dictionary(grouping: lines, by: Panels(lines).name).mapValues {
      Baselines($0.compactMap(\.baseline))
    }
  }

  private static func drawn(_ lines: [ResultTable.Line]) -> [ResultTable.Line] {
    lines.filter(\.isDrawn)
  }

  /// What tells models of one mixer and state apart.
  private func model(_ line: ResultTable.Line) -> String {
    let parts = [
      hasLayers ? count(line.layers, "layer") : "", hasWidths ? "d_model \(line.width)" : "",
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }
}

extension Baselines {
  init(_ baselines: [NoRecallBaseline]) {
    self.init(
      baselines.map(\.accuracy), causalBests: baselines.compactMap(\.causalBestOfTask))
  }
}

extension ResultTable.Line {
  /// Whether there is something to draw: a score, or a published one.
  var isDrawn: Bool { score != nil || published != nil }
  /// Tokens of a tested sequence.
  var length: Int { shared.task.task.sequenceLength }
  var width: Int { shared.model.shape.modelDimension }
  var layers: Int { shared.model.shape.layers }
  var series: String { shared.model.seriesName }

  /// The mixer's name that its labels begin with; of a hybrid that of its last mixer.
  private var shortName: String {
    let last = series.components(separatedBy: " + ").last ?? series
    return label.lowercased().hasPrefix(modelName.lowercased()) ? modelName : last
  }

  /// The mean over seeds at a size; nil without a score, and for size 0, which no axis of powers has.
  func measured(size: Double) -> AccuracyPoint? {
    guard size > 0 else { return nil }
    return score.map { score in
      AccuracyPoint(
        series: series, style: shared.model.chartStyle,
        label: short(label, without: shortName) ?? "", capacity: size,
        accuracy: score.accuracy.mean, low: score.accuracy.range.lowerBound,
        high: score.accuracy.range.upperBound, seeds: score.seeds.map(\.accuracy))
    }
  }
}

/// A label without the mixer's name, which the chart shows once for the whole series; nil if nothing else is left. A number
/// alone would say nothing.
func short(_ label: String, without mixer: String) -> String? {
  guard label.lowercased().hasPrefix(mixer.lowercased()) else { return label }
  let rest = label.dropFirst(mixer.count).drop { " ,".contains($0) }
  return rest.isEmpty ? nil : rest.contains(where: \.isLetter) ? String(rest) : label
}
