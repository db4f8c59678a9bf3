/// The kinds of chart; each is the gnuplot script `plots/NAME.gp`.
public enum ChartKind: String, CaseIterable, Sendable {
  case accuracyAgainstState = "accuracy-against-state"

  public var name: String { rawValue }

  /// One line for `recall list`.
  public var summary: String {
    switch self {
    case .accuracyAgainstState:
      "test accuracy against state size relative to attention; published values hollow"
    }
  }

  /// What a caller gives.
  public var parameters: [ChartParameter] {
    switch self {
    case .accuracyAgainstState:
      [
        ChartParameter("points", "series, label, capacity, accuracy, lowest and highest seed"),
        ChartParameter("title", "the finding or the question, in one line"),
        ChartParameter("subtitle", "what all points share: lengths, pairs, widths, seeds"),
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
