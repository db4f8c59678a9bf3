/// The kinds of chart; each is the gnuplot script `plots/NAME.gp`.
public enum ChartKind: String, CaseIterable, Sendable {
  case accuracyAgainstState = "accuracy-against-state"
  case errorHeatmap = "error-heatmap"

  public var name: String { rawValue }

  /// One line for `recall list`.
  public var summary: String {
    switch self {
    case .accuracyAgainstState:
      "test accuracy against state size relative to attention; published values hollow"
    case .errorHeatmap:
      "wrong answers by position of the pair and gap to the query (recall evaluate --errors)"
    }
  }

  /// Whether it is made of an experiment's table, so that `chart:` in its file can name it.
  public var showsExperiments: Bool { self != .errorHeatmap }

  /// What a caller gives.
  public var parameters: [ChartParameter] {
    switch self {
    case .accuracyAgainstState:
      [
        ChartParameter("points", "series, label, capacity, accuracy, lowest and highest seed"),
        ChartParameter("title", "the finding or the question, in one line"),
        ChartParameter("subtitle", "what all points share: lengths, pairs, widths, seeds"),
      ]
    case .errorHeatmap:
      [
        ChartParameter("cells", "positions of pairs, gaps, answers, right ones"),
        ChartParameter("title", "whose errors"),
        ChartParameter("subtitle", "of what, and how many"),
      ]
    }
  }
}

public struct ChartParameter: Hashable, Sendable {
  public let name: String
  public let summary: String

  public init(_ name: String, _ summary: String) {
    self.name = name
    self.summary = summary
  }
}
