/// The kinds of chart; each is the gnuplot script `plots/NAME.gp`.
public enum ChartKind: String, CaseIterable, Sendable {
  case accuracyAgainstState = "accuracy-against-state"
  case accuracyAgainstLength = "accuracy-against-length"
  case accuracyAgainstBits = "accuracy-against-bits"
  case capacityCurve = "capacity-curve"
  case isoCapacity = "iso-capacity"
  case costFrontier = "cost-frontier"
  case errorHeatmap = "error-heatmap"
  case learningRates = "learning-rates"
  case training

  public var name: String { rawValue }

  /// One line for `recall list`.
  public var summary: String {
    switch self {
    case .accuracyAgainstState:
      "test accuracy against state size relative to attention; published values hollow"
    case .accuracyAgainstLength:
      "test accuracy against sequence length, a curve for each depth and relative state; published hollow"
    case .accuracyAgainstBits: "test accuracy against the bits of state"
    case .capacityCurve:
      "test accuracy against pairs (with fits and theory) or a string's length, a curve a state size"
    case .isoCapacity: "bars of mixers that `match` made equal, by ratio"
    case .costFrontier: "test accuracy against the cost of a decoding step, with the frontier"
    case .errorHeatmap:
      "wrong answers by position of the pair and gap to the query (recall evaluate --errors)"
    case .learningRates:
      "validation accuracy against learning rate, every seed (recall report)"
    case .training: "loss and validation accuracy over training steps (recall report)"
    }
  }

  /// Whether it is made of an experiment's table, so that `chart:` in its file can name it.
  public var showsExperiments: Bool {
    switch self {
    case .accuracyAgainstState, .accuracyAgainstLength, .accuracyAgainstBits, .capacityCurve,
      .isoCapacity, .costFrontier:
      true
    case .errorHeatmap, .learningRates, .training: false
    }
  }

  /// What a caller gives.
  public var parameters: [ChartParameter] {
    switch self {
    case .accuracyAgainstState, .accuracyAgainstBits, .costFrontier:
      [
        ChartParameter("points", "series, label, capacity, accuracy, lowest and highest seed"),
        ChartParameter("title", "the finding or the question, in one line"),
        ChartParameter("subtitle", "what all points share: lengths, pairs, widths, seeds"),
      ]
    case .capacityCurve, .accuracyAgainstLength:
      [
        ChartParameter(
          "curves", "panel, name; points with seeds; places of fit, theory and published values"),
        ChartParameter("title", "the finding or the question, in one line"),
        ChartParameter("subtitle", "what all curves share"),
      ]
    case .isoCapacity:
      [
        ChartParameter("bars", "series, requested and obtained ratio, setting, accuracy, seeds"),
        ChartParameter("title", "the finding or the question, in one line"),
        ChartParameter("subtitle", "what all bars share"),
      ]
    case .errorHeatmap:
      [
        ChartParameter("cells", "positions of pairs, gaps, answers, right ones"),
        ChartParameter("title", "whose errors"),
        ChartParameter("subtitle", "of what, and how many"),
      ]
    case .learningRates:
      [
        ChartParameter(
          "curves", "name; learning rates, each with its seeds' accuracies and failures"),
        ChartParameter("title", "the finding or the question, in one line"),
        ChartParameter("subtitle", "what all curves share"),
      ]
    case .training:
      [
        ChartParameter("curves", "learning rate; steps with losses and accuracy; how it ended"),
        ChartParameter("title", "whose training"),
        ChartParameter("subtitle", "what all runs share"),
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
