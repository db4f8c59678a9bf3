import RecallTasks
import Support
import Testing

/// In-context recall, and noisy recall, which differs by its noise.
@Suite struct RepeatedPairsTests {
  private func inContext(_ vocabulary: Int, _ length: Int) -> InContextRecall {
    var task = InContextRecall()
    (task.vocabularySize, task.sequenceLength) = (vocabulary, length)
    return task
  }

  private func noisy(
    _ vocabulary: Int, noise: Int, _ length: Int, _ fraction: Double
  ) -> NoisyRecall {
    var task = NoisyRecall()
    (task.vocabularySize, task.noiseVocabularySize) = (vocabulary, noise)
    (task.sequenceLength, task.noiseFraction) = (length, fraction)
    return task
  }

  @Test func documentationDrawsExampleZero() throws {
    try checkDrawing(of: inContext(8, 16))
    try checkDrawing(of: noisy(10, noise: 4, 16, 0.5))
  }

  @Test func examplesAreAsDefined() throws {
    try checkExamples { random in
      inContext(3 + random.below(40), 4 + 2 * random.below(60))
    } fault: { example, task, _ in
      fault(of: example, tokens: task.vocabularySize, vocabulary: task.vocabularySize)
    }
    try checkExamples { random in
      let vocabulary = 4 + random.below(40)
      return noisy(
        vocabulary, noise: 1 + random.below(vocabulary - 3), 4 + 2 * random.below(60),
        [0, 0.2, 0.5, 0.99][random.below(4)])
    } fault: { example, task, _ in
      fault(
        of: example, tokens: task.vocabularySize - task.noiseVocabularySize,
        vocabulary: task.vocabularySize)
    }
  }

  /// `tokens` are keys, then values; those after them noise.
  private func fault(of example: Example, tokens: Int, vocabulary: Int) -> String? {
    let (keys, values) = (0..<Int32(tokens / 2), Int32(tokens / 2)..<Int32(tokens))
    let noise = Int32(tokens)..<Int32(vocabulary)
    var map: [Int32: Int32] = [:]
    let pairs = example.pairs(example.inputs.count)
    for (pair, (key, value)) in pairs.enumerated() {
      let labels = (example.labels[2 * pair], example.labels[2 * pair + 1])
      if noise.contains(key) {
        guard noise.contains(value), labels == (ignoreIndex, ignoreIndex) else {
          return "half noise"
        }
        continue
      }
      guard keys.contains(key), values.contains(value) else { return "a token out of range" }
      guard labels == (map[key] ?? ignoreIndex, ignoreIndex) else { return "a wrong label" }
      guard map[key] ?? value == value else { return "a changed value" }
      map[key] = value
    }
    guard example.questions.contains(example.inputs.count - 2) else {
      return "the last is not asked"
    }
    return nil
  }

  @Test func nearMissesNameTheirKey() {
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 2 }),
        ("sequence_length", { $0.sequenceLength = 127 }), ("vocab_size", { $0.vocabularySize = 2 }),
        ("vocab_size", { $0.vocabularySize = 1 << 31 }),
      ] as [(String, (inout InContextRecall) -> Void)])
    checkNearMisses(
      [
        ("sequence_length", { $0.sequenceLength = 2 }),
        ("sequence_length", { $0.sequenceLength = 127 }), ("vocab_size", { $0.vocabularySize = 3 }),
        ("noise_vocab_size", { $0.noiseVocabularySize = 0 }),
        ("noise_vocab_size", { $0.noiseVocabularySize = 30 }),
        ("frac_noise", { $0.noiseFraction = 1 }), ("frac_noise", { $0.noiseFraction = -0.1 }),
        ("frac_noise", { $0.noiseFraction = .nan }),
      ] as [(String, (inout NoisyRecall) -> Void)])
  }

  /// Keys and the values of the map are uniform; the last key is any of those seen.
  @Test func pairsAreUniform() throws {
    var exact: [[Int32]: Double] = [:]
    for keys in sequences(3, of: [0, 1] as [Int32]) {
      let seen = Set(keys)
      for values in sequences(2, of: [2, 3] as [Int32]) {
        for last in seen {
          // The value of a key that is not shown does not matter.
          let sequence = (keys + [last]).flatMap { [$0, values[Int($0)]] }
          exact[sequence, default: 0] += 1 / 8 / 4 / Double(seen.count)
        }
      }
    }
    try checkDistribution(of: inContext(4, 8), exact: exact) { $0.inputs }
  }

  /// Of 5 pairs the last and one other are not noise, each of the others is with probability 0.3.
  @Test func noiseIsBinomial() throws {
    var exact: [[Bool]: Double] = [:]
    for kept in 0..<4 {
      for noise in sequences(4, of: [false, true]) where !noise[kept] {
        let count = noise.count { $0 }
        let probability = (0..<3).reduce(0.25) { $0 * ($1 < count ? 0.3 : 0.7) }
        exact[noise + [false], default: 0] += probability
      }
    }
    try checkDistribution(of: noisy(8, noise: 4, 10, 0.3), exact: exact) {
      $0.pairs(10).map { $0.key >= 4 }
    }
  }

  @Test func noiseTokensAreUniform() throws {
    // Two pairs before the last, one of them noise.
    let task = noisy(6, noise: 3, 6, 0.5)
    let noise = (0..<20_000).compactMap { index -> [Int32]? in
      let pairs = task.example(at: index, seed: 3, split: .train).pairs(4)
      return pairs.first { $0.key >= 3 }.map { [$0.key, $0.value] }
    }
    checkDistribution(of: noise, exact: uniform(sequences(2, of: [3, 4, 5] as [Int32])))
  }

  @Test func requiredInformationCountsMaps() throws {
    // Each of two keys to one of two values or to none, but for no key at all: 8.
    try checkRequiredBits(of: inContext(4, 8)) { $0.map(6) }
    // One pair before the last: 3 · 4.
    try checkRequiredBits(of: inContext(7, 4)) { $0.map(2) }
    try checkRequiredBits(of: noisy(8, noise: 4, 10, 0.3)) { $0.map(8).filter { $0.key < 4 } }
  }

  /// The most frequent value of the keys seen up to a question, each counted once.
  private func valueOfMostKeys(
    _ example: Example, _ position: Int, _ values: Range<Int>
  ) -> Int32 {
    mode(example.map(position).values.filter { values.contains(Int($0)) })
  }

  @Test(arguments: [(16, 128), (3, 4), (4, 10), (40, 20), (8, 64)])
  func baselineIsAsStated(vocabulary: Int, length: Int) throws {
    let task = inContext(vocabulary, length)
    try checkBaseline(of: task) { example, position, _ in
      valueOfMostKeys(example, position, task.answerTokens)
    }
  }

  @Test(arguments: [(32, 16, 128, 0.2), (8, 2, 10, 0.9), (8, 2, 12, 0), (20, 3, 30, 0.5)])
  func baselineAmongNoiseIsAsStated(
    vocabulary: Int, noise: Int, length: Int, fraction: Double
  ) throws {
    let task = noisy(vocabulary, noise: noise, length, fraction)
    try checkBaseline(of: task) { example, position, _ in
      valueOfMostKeys(example, position, task.answerTokens)
    }
  }

  /// So many pairs and keys that the baseline is computed from their means.
  @Test(arguments: [(4096, 8192), (40_000, 6000)])
  func baselineOfVeryManyIsAsStated(vocabulary: Int, length: Int) throws {
    let task = inContext(vocabulary, length)
    var mean = Mean()
    for index in 0..<40 {
      let example = task.example(at: index, seed: 5, split: .test)
      var (map, counts): ([Int32: Int32], [Int32: Int]) = ([:], [:])
      var (best, right, questions) = (Int32(0), 0, 0)
      for (pair, (key, value)) in example.pairs(length).enumerated() {
        if example.labels[2 * pair] != ignoreIndex {
          questions += 1
          right += best == value ? 1 : 0
        }
        guard map.updateValue(value, forKey: key) == nil else { continue }
        counts[value, default: 0] += 1
        if counts[value]! > counts[best, default: 0] { best = value }
      }
      mean.add(Double(right) / Double(questions))
    }
    let stated = task.baseline.accuracy
    #expect(abs(mean.value - stated) < 4 * mean.error, "\(stated) \(mean)")
  }

  /// Training on every next token leaves the other splits as they are.
  @Test func lossOnAllTokensIsOfTrainingOnly() throws {
    var all = noisy(32, noise: 16, 128, 0.2)
    let answers = all
    all.loss = .all
    let example = all.example(at: 3, seed: 1, split: .train)
    #expect(example.inputs == answers.example(at: 3, seed: 1, split: .train).inputs)
    #expect(example.labels == example.inputs.dropFirst() + [ignoreIndex])
    for split in [Split.validation, .test] {
      #expect(
        all.example(at: 3, seed: 1, split: split) == answers.example(at: 3, seed: 1, split: split))
    }
  }
}
