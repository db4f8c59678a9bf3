import Charts
import Experiments
import Foundation
import Models
import Results
import Support
import Training

/// Makes a chart of an experiment's scores, of a kind that its file names.
package struct ExperimentChart {
  private let kind: ChartKind

  /// Throws `SettingsError` for a name that is no kind, or a kind that does not show an experiment's scores.
  package init(kind name: String) throws {
    guard let kind = ChartKind(rawValue: name), kind.showsExperiments else {
      let known = ChartKind.allCases.filter(\.showsExperiments).map(\.name)
      throw SettingsError(
        "chart", name, allowed: known.joined(separator: ", ") + nearestText(to: name, in: known))
    }
    self.kind = kind
  }

  /// The chart; nil if the experiment has nothing that this kind shows.
  package func chart(
    of table: ResultTable, _ study: CapacityStudy, _ experiment: Experiment,
    width: PictureWidth = .screen
  ) throws -> Chart? {
    let title = experiment.chartTitle
    let note = experiment.table.note
    let baselines = Baselines(table.lines.filter { $0.score != nil }.compactMap(\.baseline))
    switch kind {
    case .accuracyAgainstState:
      let points = StatePoints(table.lines).points
      guard !points.isEmpty else { return nil }
      return try Chart.accuracyAgainstState(
        points, baselines: baselines,
        panelBaselines: StatePoints.baselines(table.lines), title: title, subtitle: note,
        width: width)
    case .accuracyAgainstLength:
      guard Set(table.lines.map(\.length)).count > 1 else { return nil }
      return Chart.accuracyAgainstLength(
        Self.lengthCurves(table.lines), baselines: Self.lengthBaselines(table.lines), title: title,
        subtitle: note, width: width)
    case .accuracyAgainstBits:
      // 32 bits a scalar, in Kibit.
      let sized = Self.points(table, study) { 32 * Double($0.stateScalars) / 1024 }
      guard !sized.isEmpty else { return nil }
      guard let published = try experiment.publishedPoints() else {
        return try Chart.accuracyAgainstBits(
          sized, baselines: baselines, title: title, subtitle: note, width: width)
      }
      let panels = (own: "measured here", published: "published, at another size")
      return try Chart.accuracyAgainstBits(
        sized.map { point in
          var point = point
          point.panel = panels.own
          return point
        } + Self.points(published, like: table.lines, panel: panels.published),
        baselines: baselines, panelBaselines: [panels.published: []], title: title, subtitle: note,
        note: "Published: \(published.source).", width: width)
    case .accuracyAgainstRank:
      // Settings beside the state make series only of models that carry a state.
      func carriesState(_ line: ResultTable.Line) -> Bool { (line.capacity ?? 0) > 0 }
      let names = SeriesNames(table.lines.filter { $0.score != nil && carriesState($0) })
      let ranked = table.lines.compactMap { line -> AccuracyPoint? in
        guard let rank = line.effectiveRank, rank > 0, var point = line.measured(size: rank) else {
          return nil
        }
        // The models of a row differ in the values that it sweeps. A line that joins rows would mean nothing.
        point.line = "\(line.result.configuration.row)"
        if carriesState(line) { point.series = names.name(line) }
        return point
      }
      guard !ranked.isEmpty else { return nil }
      return try Chart.accuracyAgainstRank(
        ranked, baselines: baselines, title: title, subtitle: note, width: width)
    case .accuracyAgainstSteps:
      return Chart.accuracyAgainstSteps(
        table.lines.map(StepCurve.init), baselines: baselines, title: title, subtitle: note,
        width: width)
    case .costFrontier:
      let sized = Self.points(table, study) { $0.decodeMultiplyAdds / 1000 }
      guard !sized.isEmpty else { return nil }
      return try Chart.costFrontier(
        sized, baselines: baselines, title: title, subtitle: note,
        width: width)
    case .capacityCurve:
      return Chart.capacityCurves(
        study.lines.map(AccuracyCurve.init),
        of: study.size == .pairs ? .pairs : .symbols(trainedTo: study.longestTrained),
        baselines: study.baselines.map {
          .init(size: Double($0.pairs), accuracy: $0.baseline.accuracy)
        },
        title: title, subtitle: note, width: width)
    case .isoCapacity:
      let matched = table.lines.filter { $0.match != nil }
      let names = Self.seriesNames(matched, experiment)
      let bars = zip(matched, names).compactMap(Self.bar)
      return Chart.isoCapacity(
        bars, quantity: table.ratioTitle, baselines: baselines, title: title, subtitle: note,
        width: width)
    case .stateError:
      return Chart.stateErrors(
        table.lines.compactMap(StateErrorCurve.init), title: title, subtitle: note, width: width)
    case .errorHeatmap, .matrix, .carried, .learningRates, .training:
      preconditionFailure("\(kind) is not drawn of an experiment")
    }
  }

  /// Draws `NAME.png` and `.svg` for an experiment's only chart, otherwise `NAME-KIND.png` and `.svg`; returns the
  /// paths.
  package func draw(
    _ table: ResultTable, _ study: CapacityStudy, _ experiment: Experiment, to folder: URL,
    formats: [Chart.Format] = Chart.usualFormats, width: PictureWidth = .screen,
    warn: (String) -> Void = { _ in }
  ) throws -> [URL] {
    let name =
      experiment.charts.count == 1 ? experiment.name : "\(experiment.name)-\(kind.name)"
    guard let chart = try chart(of: table, study, experiment, width: width) else { return [] }
    if [.accuracyAgainstState, .accuracyAgainstBits].contains(kind) {
      for line in table.lines where line.score != nil && line.capacity == 0 {
        warn("\(line.label) carries no state, so it has no place in the chart of state")
      }
    }
    let missing = formats == [.svg] ? [] : chart.missingCharacters
    if !missing.isEmpty {
      warn(
        "no font here has \(listed(missing.sorted().map(String.init), most: 8)): in PNG and PDF a box stands for "
          + "it; an SVG keeps it. On Debian: apt-get install fonts-noto-cjk")
    }
    return try chart.draw(to: folder.appendingPathComponent(name), formats: formats)
  }
}

extension ExperimentChart {
  /// The measured points at a size from the study, whose lines combine the table's lines of one model.
  private static func points(
    _ table: ResultTable, _ study: CapacityStudy, size: (CapacityStudy.Line) -> Double
  ) -> [AccuracyPoint] {
    let names = SeriesNames(table.lines.filter { $0.score != nil })
    return table.lines.compactMap { line in
      let model = line.shared.model
      guard let own = study.lines.first(where: { $0.model == model }),
        var point = line.measured(size: size(own))
      else { return nil }
      point.series = names.name(line)
      return point
    }
  }

  /// Published points, under the name of the series here whose last mixer is theirs.
  private static func points(
    _ published: PublishedPoints, like lines: [ResultTable.Line], panel: String
  ) -> [AccuracyPoint] {
    let scored = lines.filter { $0.score != nil }
    let names = SeriesNames(scored)
    return published.points.map { one in
      let line = scored.first { $0.shared.model.lastKind == one.kind }
      return AccuracyPoint(
        panel: panel,
        series: line.map(names.name) ?? MixerCatalog.mixer(one.kind)?.name ?? one.kind,
        style: line?.shared.model.chartStyle ?? SeriesStyle(kind: one.kind),
        capacity: 8 * one.bytes / 1024, accuracy: one.accuracy, isPublished: true)
    }
  }

  /// A curve for each mixer, depth and relative state.
  private static func lengthCurves(_ lines: [ResultTable.Line]) -> [AccuracyCurve] {
    struct Key: Hashable {
      let mixer: String
      let layers: Int
      let capacity: Double?
    }
    let names = SeriesNames(lines.filter(\.isDrawn))
    return lines.grouped {
      Key(mixer: names.name($0), layers: $0.layers, capacity: $0.capacity)
    }.map { key, lines in
      let lines = lines.sorted { $0.length < $1.length }
      return AccuracyCurve(
        panel: key.mixer,
        name: "\(count(key.layers, "layer")), state \(lines[0].capacityText)",
        style: lines[0].shared.model.chartStyle,
        points: lines.compactMap { line in
          line.score.map { score in
            .init(
              size: line.length, accuracy: score.accuracy.mean,
              low: score.accuracy.range.lowerBound, high: score.accuracy.range.upperBound,
              seeds: score.seeds.map(\.accuracy))
          }
        },
        published: lines.compactMap { line in
          line.published.map { .init(size: Double(line.length), accuracy: $0) }
        })
    }
  }

  /// The baseline at each length.
  private static func lengthBaselines(_ lines: [ResultTable.Line]) -> [AccuracyCurve.Sample] {
    let byLength = Dictionary(
      lines.compactMap { line in line.baseline.map { (line.length, $0.accuracy) } },
      uniquingKeysWith: { first, _ in first })
    return byLength.sorted { $0.key < $1.key }.map { .init(size: Double($0), accuracy: $1) }
  }

  /// The mixers' names, or the rows' labels if several rows have one mixer; then every axis but the ratio and the
  /// solved setting.
  private static func seriesNames(
    _ lines: [ResultTable.Line], _ experiment: Experiment
  ) -> [String] {
    let rows = Dictionary(grouping: lines, by: \.series).mapValues { lines in
      Set(lines.map(\.result.configuration.row)).count
    }
    return lines.map { line in
      let configuration = line.result.configuration
      let solved = line.match.map { "model.\($0.solve.rawValue)" }
      let axes = configuration.axes.filter { $0.path != "match.ratio" && $0.path != solved }
      let name =
        rows[line.series]! == 1
        ? line.series : experiment.rows[configuration.row].labelWithoutKeys
      return ([name] + axes.map { "\($0.key)=\($0.text)" }).joined(separator: ", ")
    }
  }

  private static func bar(_ line: ResultTable.Line, series: String) -> IsoCapacityBar? {
    guard let score = line.score, let match = line.match else { return nil }
    return IsoCapacityBar(
      series: series, style: line.shared.model.chartStyle, requested: match.requested,
      obtained: match.obtained,
      setting: "\(match.solve.rawValue) \(match.setting)",
      accuracy: score.accuracy.mean,
      low: score.accuracy.range.lowerBound, high: score.accuracy.range.upperBound,
      seeds: score.seeds.map(\.accuracy))
  }
}

extension StateErrorCurve {
  /// The means over a line's chosen runs; nil where nothing was measured.
  fileprivate init?(_ line: ResultTable.Line) {
    let errors = line.stateErrors
    guard !errors.isEmpty else { return nil }
    let training = line.shared.training
    self.init(
      panel: training.precision == .float32
        ? "trained in float32"
        : "trained in bfloat16" + (training.statePrecision == .bf16 ? ", state too" : ""),
      name: line.series, style: line.shared.model.chartStyle,
      points: errors.map { .init(tokens: $0.tokens, error: $0.error) })
  }
}

extension AccuracyCurve {
  /// The means of a study's line with intervals, the fit with its band, and the theory if there is one.
  init(_ line: CapacityStudy.Line) {
    let byPairs = line.points.grouped(by: \.pairs).sorted { $0.key < $1.key }
    let points = byPairs.compactMap { pairs, points in
      MeanInterval(points.map(\.accuracy)).map {
        Point(
          size: pairs, accuracy: $0.mean, low: $0.range.lowerBound, high: $0.range.upperBound,
          seeds: points.map(\.accuracy))
      }
    }
    let (least, most) = (byPairs.first?.key ?? 1, byPairs.last?.key ?? 1)
    let sizes = (0...60).map { step in
      Double(least) * pow(Double(most) / Double(least), Double(step) / 60)
    }
    let fit = line.fit.map { fit in
      sizes.map { pairs in
        let band = fit.interval { $0.accuracy(pairs: pairs) }
        return Sample(
          size: pairs, accuracy: fit.curve.accuracy(pairs: pairs), low: band.low, high: band.high)
      }
    }
    // One size has no line.
    let theory = (byPairs.count > 1 ? line.theory : nil).map { memory in
      (least...most).map { Sample(size: Double($0), accuracy: memory.accuracy(pairs: $0)) }
    }
    self.init(
      panel: line.model.seriesName,
      name: short(line.label, without: line.model.name) ?? line.model.seriesName,
      style: line.model.chartStyle,
      points: points, fit: fit ?? [], theory: theory ?? [],
      halfway: line.fit.flatMap { $0.rises ? nil : $0.level(accuracy: 0.5).pairs })
  }
}
