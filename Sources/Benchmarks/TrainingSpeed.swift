/// What the benchmark of one model showed: a line of `recall bench --json`.
public struct TrainingSpeed: Sendable {
  public let mixer: String
  public let modelDimension: Int
  /// Of mixers that have one.
  public let stateDimension: Int?
  public let layers: Int
  public let sequenceLength: Int
  public let pairs: Int
  public let vocabularySize: Int
  public let threads: Int
  /// Sequences of a step.
  public let batch: Int
  /// At the median time of a step.
  public let sequencesPerSecond: Double
  public let tokensPerSecond: Double
  /// 10⁹ additions and multiplications a second, counted from the shapes, causal halves once, in
  /// the last block what labelled positions need.
  public let gigaflops: Double
  /// Of single-precision products of 1024 × 1024 matrices, median, on the same threads, between the steps.
  public let peakGigaflops: Double
  public let fractionOfPeak: Double
  /// The largest resident memory of the process before the peak was measured, 10⁶ bytes; nil where it is not
  /// known.
  public let peakMemoryMegabytes: Double?
  /// Heap allocations in one step, nil where they are not counted.
  public let allocationsPerStep: Int?
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
    case threads, batch
    case sequencesPerSecond = "sequences_per_second"
    case tokensPerSecond = "tokens_per_second"
    case gigaflops = "gflops"
    case peakGigaflops = "peak_gflops"
    case fractionOfPeak = "fraction_of_peak"
    case peakMemoryMegabytes = "peak_memory_mb"
    case allocationsPerStep = "allocations_per_step"
  }

  /// With null where something is not known.
  public func encode(to encoder: any Encoder) throws {
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
    try line.encode(sequencesPerSecond, forKey: .sequencesPerSecond)
    try line.encode(tokensPerSecond, forKey: .tokensPerSecond)
    try line.encode(gigaflops, forKey: .gigaflops)
    try line.encode(peakGigaflops, forKey: .peakGigaflops)
    try line.encode(fractionOfPeak, forKey: .fractionOfPeak)
    try line.encode(peakMemoryMegabytes, forKey: .peakMemoryMegabytes)
    try line.encode(allocationsPerStep, forKey: .allocationsPerStep)
  }
}
