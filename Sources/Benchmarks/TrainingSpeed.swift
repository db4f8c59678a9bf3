/// The speed of one model's training steps: a line of `recall bench --json`.
package struct TrainingSpeed: Sendable {
  package let mixer: String
  package let modelDimension: Int
  /// nil for mixers without that key.
  package let stateDimension: Int?
  package let layers: Int
  package let sequenceLength: Int
  package let pairs: Int
  package let vocabularySize: Int
  package let threads: Int
  /// Sequences of a step.
  package let batch: Int
  /// As the key `training.precision`.
  package let precision: String
  /// Computed from the median time of a step.
  package let sequencesPerSecond: Double
  package let tokensPerSecond: Double
  /// 10⁹ additions and multiplications a second, counted from the shapes. Of causal products only the needed half
  /// counts, and of the last layer only what the labelled positions need.
  package let gigaflops: Double
  /// The same for single-precision products of 1024 × 1024 matrices on the same threads, measured between the steps.
  package let peakGigaflops: Double
  package let fractionOfPeak: Double
  /// The largest resident memory of the training steps, in 10⁶ bytes, before the peak is measured; nil if unknown.
  package let peakMemoryMegabytes: Double?
  /// Heap allocations in one step; nil if the program does not count them.
  package let allocationsPerStep: Int?
  /// How far the first step's gradient is from the one in float32, relative to its norm; nil in float32.
  package let gradientError: Double?
}

extension TrainingSpeed: Codable {
  enum CodingKeys: String, CodingKey {
    case mixer
    case modelDimension = "d_model"
    case stateDimension = "d_state"
    case layers = "n_layers"
    case sequenceLength = "sequence_length"
    case pairs = "n_pairs"
    case vocabularySize = "vocab_size"
    case threads, batch, precision
    case sequencesPerSecond = "sequences_per_second"
    case tokensPerSecond = "tokens_per_second"
    case gigaflops = "gflops"
    case peakGigaflops = "peak_gflops"
    case fractionOfPeak = "fraction_of_peak"
    case peakMemoryMegabytes = "peak_memory_mb"
    case allocationsPerStep = "allocations_per_step"
    case gradientError = "gradient_error"
  }

  /// Encodes unknown values as null.
  package func encode(to encoder: any Encoder) throws {
    var line = encoder.container(keyedBy: CodingKeys.self)
    try line.encode(mixer, forKey: .mixer)
    try line.encode(modelDimension, forKey: .modelDimension)
    try line.encode(stateDimension, forKey: .stateDimension)
    try line.encode(layers, forKey: .layers)
    try line.encode(sequenceLength, forKey: .sequenceLength)
    try line.encode(pairs, forKey: .pairs)
    try line.encode(vocabularySize, forKey: .vocabularySize)
    try line.encode(threads, forKey: .threads)
    try line.encode(batch, forKey: .batch)
    try line.encode(precision, forKey: .precision)
    try line.encode(sequencesPerSecond, forKey: .sequencesPerSecond)
    try line.encode(tokensPerSecond, forKey: .tokensPerSecond)
    try line.encode(gigaflops, forKey: .gigaflops)
    try line.encode(peakGigaflops, forKey: .peakGigaflops)
    try line.encode(fractionOfPeak, forKey: .fractionOfPeak)
    try line.encode(peakMemoryMegabytes, forKey: .peakMemoryMegabytes)
    try line.encode(allocationsPerStep, forKey: .allocationsPerStep)
    try line.encode(gradientError, forKey: .gradientError)
  }
}
