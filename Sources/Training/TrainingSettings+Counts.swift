import Support

extension TrainingSettings {
  /// The most steps, examples and the like: products of them can still be counted.
  private static let most = Int(Int32.max)
  /// The most examples of a run, which a `Double` counts exactly.
  private static let mostExamples = 1 << 53

  /// Throws if a count, or the examples of the whole run, are beyond counting.
  func checkCounts() throws(SettingsError) {
    for (key, count, most) in [
      ("warmup_steps", warmupSteps, Self.most), ("batch_size", batchSize, Self.most),
      ("batch_tokens", batchTokens, Self.most), ("min_batch_size", minimumBatchSize, Self.most),
      ("epochs", epochs, Self.most), ("lanes", gradientShards, 1024),
      ("evaluate_every", evaluateEvery, Self.most),
      ("validation_examples", validationExamples, Self.most),
      ("test_examples", testExamples, Self.most),
    ] where count > most {
      throw SettingsError(key, count, allowed: "at most \(most)")
    }
    for (index, stage) in stages.enumerated() {
      for (key, count) in [("examples", stage.examples), ("steps", stage.steps)]
      where count > Self.most {
        throw SettingsError(
          "segments.Index \(index).\(key)", count, allowed: "at most \(Self.most)")
      }
    }
    let batch = Double(max(batchSize, batchTokens, minimumBatchSize))
    let examples = stages.reduce(0.0) {
      $0 + max(Double($1.examples), Double($1.steps) * batch)
    }
    guard examples * Double(epochs) <= Double(Self.mostExamples) else {
      throw SettingsError(
        "segments", "\(examples * Double(epochs)) examples in all epochs",
        allowed: "at most \(Self.mostExamples)")
    }
  }
}
