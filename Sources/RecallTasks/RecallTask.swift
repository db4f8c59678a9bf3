import Configuration

/// A synthetic task: a pure function of (parameters, seed, split, example index).
public protocol RecallTask: Settings {
  /// Its name in YAML (`kind:`) and on the command line.
  static var kind: String { get }
  /// Tokens are in 0..<vocabularySize.
  var vocabularySize: Int { get }
  /// Tokens of an example.
  var sequenceLength: Int { get }

  /// Writes example `index` of a split: tokens, and labels with −100 where there is none.
  /// Both buffers hold `sequenceLength` elements.
  func write(
    example index: Int, seed: UInt64, split: Split, inputs: UnsafeMutableBufferPointer<Int32>,
    labels: UnsafeMutableBufferPointer<Int32>)
}

/// Which of three disjoint streams of examples; the raw values are those of data files.
public enum Split: String, Codable, CaseIterable, Sendable {
  case train, validation, test
}

/// The label of a position without one.
public let unlabelled: Int32 = -100
