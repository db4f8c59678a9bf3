import ArgumentParser
import Capacity
import RecallTasks
import Support

/// The sizes of MQAR as options of `recall bench` and `recall capacity`.
struct MQARSizes: ParsableArguments {
  @Option(
    parsing: .unconditional, help: "Tokens of a sequence (default: \(MQAR.usualLength)).")
  var sequenceLength: Int?
  @Option(
    name: .customLong("n-pairs"), parsing: .unconditional,
    help: "Pairs of key and value (default: sequence_length / \(MQAR.usualTokensPerPair)).")
  var pairs: Int?
  @Option(
    name: .customLong("vocab-size"), parsing: .unconditional,
    help: "Tokens of the vocabulary (default: \(MQAR().vocabularySize)).")
  var vocabularySize: Int?

  /// Those that were given, by their keys.
  var values: [String: SettingValue] {
    let sizes: [String: Int?] = [
      "sequence_length": sequenceLength, "n_pairs": pairs, "vocab_size": vocabularySize,
    ]
    return sizes.compactMapValues { $0.map { .int($0) } }
  }

  /// Those that were given, as they can be given to another command.
  var options: [String] {
    values.sorted { $0.key < $1.key }.flatMap { [KeyOptions.option($0), $1.plainText] }
  }
}
