import Foundation
import Support

/// The accuracy of one model, or of several alike, at several sizes of a task, such as numbers of pairs.
public struct AccuracyCurve: Hashable, Sendable {
  /// What was measured at one size: the mean over seeds, its interval, and each seed.
  public struct Point: Hashable, Sendable {
    public var size: Int
    public var accuracy, low, high: Double
    public var seeds: [Double]

    public init(size: Int, accuracy: Double, low: Double, high: Double, seeds: [Double]) {
      (self.size, self.accuracy, self.low, self.high) = (size, accuracy, low, high)
      self.seeds = seeds
    }
  }

  /// A point of a smooth curve. Without an interval, low and high equal accuracy.
  public struct Sample: Hashable, Sendable {
    public var size, accuracy, low, high: Double

    public init(size: Double, accuracy: Double, low: Double? = nil, high: Double? = nil) {
      (self.size, self.accuracy) = (size, accuracy)
      (self.low, self.high) = (low ?? accuracy, high ?? accuracy)
    }
  }

  /// What `size` counts.
  public enum Size: Hashable, Sendable {
    case pairs
    /// Symbols of a string; in training, strings had at most `trainedTo`.
    case symbols(trainedTo: Int?)
    /// Tokens of the sequence.
    case tokens
  }

  /// The name of the panel that shows this curve.
  public var panel: String
  public var name: String
  public var points: [Point]
  public var fit: [Sample]
  public var theory: [Sample]
  public var published: [Sample]
  /// The size at which the fit has accuracy 1/2.
  public var halfway: Double?
  /// The mixer's colour and mark; nil for the panel's place. Curves of a panel are shades of the colour.
  public var style: SeriesStyle?

  public init(
    panel: String, name: String, style: SeriesStyle? = nil, points: [Point], fit: [Sample] = [],
    theory: [Sample] = [], published: [Sample] = [], halfway: Double? = nil
  ) {
    self.style = style
    (self.panel, self.name, self.points) = (panel, name, points)
    (self.fit, self.theory, self.published) = (fit, theory, published)
    self.halfway = halfway
  }
}
