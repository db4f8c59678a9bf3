import Charts
import Configuration
import Experiments
import Foundation

/// Draws an experiment's table as a chart of a kind that its file names.
struct ChartDrawing {
  private let kind: ChartKind

  init(kind name: String) throws {
    guard let kind = ChartKind(rawValue: name), kind.showsExperiments else {
      let known = ChartKind.allCases.filter(\.showsExperiments).map(\.name).joined(separator: ", ")
      throw SettingsError("chart", name, allowed: known)
    }
    self.kind = kind
  }

  func chart(of table: ResultTable, _ experiment: Experiment) throws -> Chart {
    switch kind {
    case .accuracyAgainstState:
      try Chart.accuracyAgainstState(
        table.lines.flatMap(Self.points),
        title: experiment.table.title.isEmpty ? experiment.name : experiment.table.title,
        subtitle: experiment.table.note)
    case .errorHeatmap, .learningRates, .training:
      preconditionFailure("\(kind) is not drawn of an experiment")
    }
  }

  /// Returns the pictures' paths.
  func draw(_ table: ResultTable, _ experiment: Experiment, to folder: URL) throws -> [URL] {
    try chart(of: table, experiment).draw(to: folder.appendingPathComponent(experiment.name))
  }

  /// A line's label without the mixer's name, which the chart gives once for the whole series.
  private static func shortLabel(_ line: ResultTable.Line) -> String {
    guard line.label.lowercased().hasPrefix(line.modelKind) else { return line.label }
    let rest = line.label.dropFirst(line.modelKind.count).drop { " ,".contains($0) }
    return rest.isEmpty ? line.label : String(rest)
  }

  /// A line's measured point and the published one it replicates.
  private static func points(_ line: ResultTable.Line) -> [AccuracyPoint] {
    var points: [AccuracyPoint] = []
    if let score = line.score {
      points.append(
        AccuracyPoint(
          series: line.modelKind, label: shortLabel(line), capacity: line.capacity,
          accuracy: score.accuracy.mean, low: score.accuracy.range.lowerBound,
          high: score.accuracy.range.upperBound, seeds: score.seeds.map(\.accuracy)))
    }
    if let accuracy = line.published, let capacity = PublishedTable.number(line.publishedCapacity) {
      points.append(
        AccuracyPoint(
          series: line.modelKind, capacity: capacity, accuracy: accuracy, isPublished: true))
    }
    return points
  }
}
