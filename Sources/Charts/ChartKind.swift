/// The kinds of chart. The gnuplot script `plots/NAME.gp` draws the kind NAME.
public enum ChartKind: String, CaseIterable, Sendable {
  case accuracyAgainstState = "accuracy-against-state"
  case accuracyAgainstLength = "accuracy-against-length"
  case accuracyAgainstBits = "accuracy-against-bits"
  case accuracyAgainstRank = "accuracy-against-rank"
  case accuracyAgainstSteps = "accuracy-against-steps"
  case capacityCurve = "capacity-curve"
  case isoCapacity = "iso-capacity"
  case costFrontier = "cost-frontier"
  case stateError = "state-error"
  case errorHeatmap = "error-heatmap"
  case matrix
  case carried
  case learningRates = "learning-rates"
  case training

  public var name: String { rawValue }

  /// What it shows, in one line for `recall list`.
  public var summary: String {
    switch self {
    case .accuracyAgainstState:
      "test accuracy against state size relative to attention"
    case .accuracyAgainstLength:
      "test accuracy against sequence length, one curve for each depth and relative state"
    case .accuracyAgainstBits: "test accuracy against the bits of state"
    case .accuracyAgainstRank:
      "test accuracy against the effective rank of the mixing matrices, which `measure: [rank]` records"
    case .accuracyAgainstSteps:
      "validation accuracy over training steps, one line for each run at the chosen learning rate"
    case .capacityCurve:
      "test accuracy against pairs (with fits and theory) or string length, one curve for each state size"
    case .isoCapacity: "test accuracy of mixers that `match` made equal, as bars by ratio"
    case .costFrontier: "test accuracy against the cost of a decoding step, with the frontier"
    case .stateError:
      "error of a state kept in bfloat16 over the tokens, which `measure: [bf16_state]` records"
    case .errorHeatmap:
      "wrong answers by position of the pair and gap to the query (recall evaluate --errors)"
    case .matrix: "the size of every element of a mixing matrix (recall matrix)"
    case .carried: "scalars that must cross each cut of a sequence, by rank (recall matrix)"
    case .learningRates:
      "validation accuracy against learning rate, for each seed (recall report)"
    case .training: "loss and validation accuracy over training steps (recall report)"
    }
  }

  /// What a chart of this kind shows.
  func summary(hasPublished: Bool) -> String {
    summary + (hasPublished ? "; published values hollow" : "")
  }

  /// Whether it shows an experiment's table, so that `chart:` in an experiment's file can name it.
  public var showsExperiments: Bool {
    switch self {
    case .accuracyAgainstState, .accuracyAgainstLength, .accuracyAgainstBits,
      .accuracyAgainstRank, .accuracyAgainstSteps, .capacityCurve, .isoCapacity, .costFrontier,
      .stateError:
      true
    case .errorHeatmap, .matrix, .carried, .learningRates, .training: false
    }
  }
}
