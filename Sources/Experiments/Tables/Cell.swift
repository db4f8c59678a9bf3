import Support
import Training

/// A cell of a table: one model on one task at one size, tried at every learning rate and seed.
public struct Cell: Sendable {
  /// The row's label with the values of `axes`.
  public let label: String
  /// The index of its row in the experiment.
  public let row: Int
  /// What tells it from the row's other cells.
  public let axes: [AxisValue]
  /// In the order of the file; never none.
  public fileprivate(set) var runs: [Experiment.Run]
  /// Seeds at which every rate is trained: the first so many; nil for all. The others have the chosen rate only.
  public var searchSeeds: Int?

  /// The grid, lowest first.
  public var rates: [Double] {
    Set(runs.map(\.configuration.training.learningRate)).sorted()
  }

  /// In the order of the file.
  public var seeds: [UInt64] {
    runs.map(\.configuration.seed).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// How many of its runs compare rates.
  var searchCount: Int { rates.count * min(searchSeeds ?? .max, seeds.count) }

  /// How many of its runs are trained.
  public var count: Int { searchCount + max(0, seeds.count - (searchSeeds ?? .max)) }
}

extension Experiment {
  /// In the order of the file.
  public var cells: [Cell] {
    var cells: [Cell] = []
    for run in runs {
      let axes = run.axes.ofCell
      if let index = cells.firstIndex(where: { $0.row == run.row && $0.axes == axes }) {
        cells[index].runs.append(run)
      } else {
        let row = rows[run.row]
        let label = Experiment.label(row.label, axes: axes)
        cells.append(
          Cell(label: label, row: run.row, axes: axes, runs: [run], searchSeeds: row.searchSeeds))
      }
    }
    return cells
  }

  /// How many of `runs` are trained.
  public var count: Int { cells.reduce(0) { $0 + $1.count } }
}

/// What the records say of a cell.
///
/// The protocol: every learning rate of the grid is trained at every seed, or at the first `searchSeeds`. The rate
/// with the highest mean validation accuracy at the end of training is chosen; of equals, the one with the lowest
/// validation loss; and trained at the seeds that are left. Only when every run of the cell is done are those of
/// this rate scored on the test split, once.
public struct CellResult: Sendable {
  /// One run of the cell.
  public struct Point: Sendable {
    public let run: Experiment.Run
    /// nil if it has not begun.
    public let record: RunRecord?

    public var seed: UInt64 { run.configuration.seed }
    public var isFinished: Bool { record?.status == .finished }
    var isDone: Bool { record?.isDone == true }
    /// The last evaluation on the validation split, nil before the first.
    public var validation: Evaluation? { record?.evaluations.last }
    public var test: Evaluation? { record?.test }
  }

  /// One learning rate.
  public struct Rate: Sendable {
    public let learningRate: Double
    /// By seed.
    public let points: [Point]

    public var finished: [Point] { points.filter(\.isFinished) }
    /// Over the seeds that finished, at the end of training.
    public var validation: Estimate? {
      Estimate(finished.compactMap(\.validation?.accuracy))
    }
    public var validationLoss: Double? {
      Estimate(finished.compactMap(\.validation?.loss))?.mean
    }
    public func count(_ status: RunRecord.Status) -> Int {
      points.count { $0.record?.status == status }
    }
  }

  public let cell: Cell
  /// What successive halving makes of the runs by which rates are compared, by hash.
  let verdicts: [String: Halving.Verdict]
  /// The learning-rate curve, lowest rate first, at the seeds at which rates are compared.
  public let search: [Rate]
  /// The same, with the runs that the chosen rate has at the other seeds.
  public let rates: [Rate]
  /// The rate that validation chose; nil before every run is done, and if none finished.
  public let chosen: Rate?
  /// A run for each seed that waits for the choice of a rate, here at the first of the grid.
  public let later: [Experiment.Run]

  /// What was dropped among fewer rates or seeds and is not among these is seen as paused.
  ///
  /// - Parameter record: the record of a run, or nil if it has none.
  public init(_ cell: Cell, record: (Experiment.Run) throws -> RunRecord?) rethrows {
    self.cell = cell
    var points = try cell.runs.map { Point(run: $0, record: try record($0)) }
    func curve(_ points: [Point]) -> [Rate] {
      Dictionary(grouping: points, by: \.run.configuration.training.learningRate)
        .map { Rate(learningRate: $0, points: $1.sorted { $0.seed < $1.seed }) }
        .sorted { $0.learningRate < $1.learningRate }
    }
    let seeds = cell.seeds.prefix(cell.searchSeeds ?? .max)
    verdicts = Halving.verdicts(curve(points.filter { seeds.contains($0.seed) }))
    for (index, point) in points.enumerated() where verdicts[point.run.hash] == .goOn {
      points[index] = Point(run: point.run, record: point.record?.asSeen(halving: false))
    }
    let searched = points.filter { seeds.contains($0.seed) }
    search = curve(searched)
    let isSearched = searched.allSatisfy(\.isDone)
    let best = isSearched ? Self.best(of: search)?.learningRate : nil
    rates = curve(
      points.filter {
        seeds.contains($0.seed) || $0.run.configuration.training.learningRate == best
      })
    let isComplete = rates.flatMap(\.points).allSatisfy(\.isDone)
    chosen = isComplete ? rates.first { $0.learningRate == best } : nil
    later =
      isSearched
      ? []
      : cell.seeds.dropFirst(seeds.count).map { seed in
        cell.runs.first { $0.configuration.seed == seed }!
      }
  }

  /// A rate at which some seeds did not finish does not compete with one at which more did.
  static func best(of rates: [Rate]) -> Rate? {
    let most = rates.map(\.finished.count).max() ?? 0
    return rates.filter { !$0.finished.isEmpty && $0.finished.count == most }.max { first, second in
      let (a, b) = (first.validation?.mean ?? 0, second.validation?.mean ?? 0)
      return a != b ? a < b : (first.validationLoss ?? 0) > (second.validationLoss ?? 0)
    }
  }

  /// Of the runs that are known to be trained.
  public var points: [Point] { rates.flatMap(\.points) }
  /// How many runs are trained.
  public var count: Int { points.count + later.count }
  public var isComplete: Bool { later.isEmpty && points.allSatisfy(\.isDone) }

  /// Why it has no score, in words; nil if it has one.
  public var missing: String? {
    if let chosen {
      return unscored.isEmpty
        ? nil
        : "\(unscored.count) of the \(chosen.finished.count) runs to be scored on the test split, at lr "
          + "\(chosen.learningRate), are not yet; recall run does it"
    }
    var parts: [String] = []
    for status in [RunRecord.Status.finished, .diverged, .dropped, .failed, .paused, .running] {
      let ones = points.compactMap(\.record).filter { $0.status == status }
      let reasons = Set(ones.compactMap(\.failure?.reason)).sorted().joined(separator: "; ")
      if !ones.isEmpty {
        let words = status == .running ? "begun" : status.rawValue
        parts.append("\(ones.count) \(words)" + (reasons.isEmpty ? "" : " (\(reasons))"))
      }
    }
    let pending = points.count { $0.record == nil } + later.count
    if pending > 0 { parts.append("\(pending) without a record") }
    return "of \(count) runs \(parts.joined(separator: ", "))"
  }

  /// Another, untried rate may be better: the chosen one is the lowest or highest of the grid.
  public var isAtEdge: Bool {
    guard let chosen, rates.count > 1 else { return false }
    return chosen.learningRate == rates.first?.learningRate
      || chosen.learningRate == rates.last?.learningRate
  }

  /// Runs of the chosen rate that are still to be scored on the test split.
  public var unscored: [Experiment.Run] {
    (chosen?.finished ?? []).filter { $0.test == nil }.map(\.run)
  }
}
