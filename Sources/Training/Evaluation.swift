import Foundation

/// Scores of a model on one split at one point of training.
public struct Evaluation: Codable, Hashable, Sendable {
  /// Training so far.
  public var step: Int
  public var examples: Int
  public var tokens: Int
  /// Time spent in this run, over all its sittings.
  public var seconds: Double
  public var learningRate: Double
  /// Mean training loss since the last evaluation.
  public var trainingLoss: Double
  /// Mean cross-entropy per labelled position, in nats.
  public var loss: Double
  /// Mean over examples of the fraction of labelled positions that are right.
  public var accuracy: Double
  /// Fraction of examples with every labelled position right.
  public var exactMatch: Double
  /// Accuracy by the task's difficulty, for example the number of pairs.
  public var accuracyByPairs: [String: Double]

  enum CodingKeys: String, CodingKey {
    case step, examples, tokens, seconds
    case learningRate = "lr"
    case trainingLoss = "training_loss"
    case loss, accuracy
    case exactMatch = "exact_match"
    case accuracyByPairs = "accuracy_by_pairs"
  }
}

func cosine(_ halfTurns: Double) -> Double { cos(.pi * halfTurns) }
