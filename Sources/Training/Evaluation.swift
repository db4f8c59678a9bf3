/// Scores of a model on one split at one point of training.
public struct Evaluation: Codable, Hashable, Sendable {
  /// Steps of training so far.
  public var step: Int
  /// Examples trained on so far.
  public var examples: Int
  /// Tokens trained on so far.
  public var tokens: Int
  /// Time spent on this run, over all sessions that worked on it.
  public var seconds: Double
  /// The learning rate of the last step.
  public var learningRate: Double
  /// Mean training loss since the last evaluation.
  public var trainingLoss: Double
  /// Mean cross-entropy per labelled position, in nats.
  public var loss: Double
  /// Mean over examples of the fraction of labelled positions that were predicted.
  public var accuracy: Double
  /// Fraction of examples of which every labelled position was predicted.
  public var exactMatch: Double
  /// Accuracy by the task's difficulty, for example the number of pairs.
  public var accuracyByDifficulty: [String: Double]
  /// Accuracy by the parts of labelled positions, for example answers after and before their query; nil for tasks without
  /// parts.
  public var accuracyByPart: [String: Double]?

  enum CodingKeys: String, CodingKey {
    case step, examples, tokens, seconds
    case learningRate = "lr"
    case trainingLoss = "training_loss"
    case loss, accuracy
    case exactMatch = "exact_match"
    case accuracyByDifficulty = "accuracy_by_pairs"
    case accuracyByPart = "accuracy_by_part"
  }

  /// Sets the scores to those of a split.
  mutating func set(_ split: SplitScore) {
    (loss, accuracy) = (split.total.meanLoss, split.total.accuracy)
    (exactMatch, accuracyByDifficulty) = (split.total.exactMatch, split.accuracyByDifficulty)
    accuracyByPart = split.accuracyByPart
  }
}
