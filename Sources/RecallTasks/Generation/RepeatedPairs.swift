import Foundation
import Support

/// Pairs k v that fill a whole sequence. Each key is drawn uniformly, and its value is drawn uniformly when the key first
/// appears. A key that appears again is a question. The key of the last pair is drawn uniformly from the keys seen.
///
/// With probability `noiseFraction` a pair is two noise tokens instead. The last pair and one other pair, which is drawn
/// uniformly, are never noise.
struct RepeatedPairs {
  let keys: Range<Int>
  let values: Range<Int>
  var noise = 0..<0
  var noiseFraction = 0.0
  let pairs: Int

  func write(_ writer: inout ExampleWriter, by random: inout RandomStream) {
    let kept = noiseFraction > 0 ? random.below(pairs - 1) : 0
    TokenTable.with(capacity: pairs) { bound in
      withThreadScratch(of: Int32.self, capacity: pairs) { seen in
        var count = 0
        for pair in 0..<pairs - 1 {
          if noiseFraction > 0, pair != kept, random.uniform() < noiseFraction {
            for _ in 0..<2 { writer.append(random.token(in: noise)) }
            continue
          }
          let key = random.token(in: keys)
          writer.append(key)
          if let value = bound[key] {
            writer.append(answer: value)
          } else {
            let value = random.token(in: values)
            writer.append(value)
            bound[key] = value
            seen.initializeElement(at: count, to: key)
            count += 1
          }
        }
        let last = seen[random.below(count)]
        writer.append(last)
        if let value = bound[last] { writer.append(answer: value) }
      }
    }
  }

  /// log₂ of the number of maps that the pairs before the last can show.
  var requiredBits: Double {
    log2PartialMapCount(keys: keys.count, values: values.count, atMost: pairs - 1)
  }

  /// Always predicts the value that most of the keys seen have.
  ///
  /// Values do not depend on which key is asked for: of d keys seen, the one that is asked for has that
  /// value with probability E[largest count of d among M] / d. After r pairs that are not noise, the recursion below
  /// knows the probability of each d, and with it the expected sum of that share over the r − d questions so far; the
  /// last pair is one more question. r − 1 has a binomial distribution over P − 2 pairs.
  var baseline: Baseline {
    let name = "the value of most keys seen"
    let keyCount = Double(keys.count)
    let most = min(keys.count, pairs - 1)
    guard pairs * most <= 1 << 22 else { return Baseline(name, accuracy: accuracyOfMeans) }
    var largest = MaximumLoadShares(boxes: values.count)
    let right = (0...most).map { $0 == 0 ? 0 : largest.share(draws: $0) }
    var probability = [Double](repeating: 0, count: most + 1)
    var sum = probability
    probability[1] = 1
    var expected = 0.0
    for shown in 1..<pairs {
      if shown > 1 {
        for seen in stride(from: min(shown, most), through: 1, by: -1) {
          let again = Double(seen) / keyCount
          let new = (keyCount - Double(seen - 1)) / keyCount
          sum[seen] = again * (sum[seen] + probability[seen] * right[seen]) + new * sum[seen - 1]
          probability[seen] = again * probability[seen] + new * probability[seen - 1]
        }
      }
      let chosen = probabilityOfShown(shown)
      guard chosen > 0 else { continue }
      var mean = 0.0
      for seen in 1...min(shown, most) {
        mean += (sum[seen] + probability[seen] * right[seen]) / Double(shown - seen + 1)
      }
      expected += chosen * mean
    }
    return Baseline(name, accuracy: expected)
  }

  /// The baseline's accuracy for very many pairs and keys, when r and d are near their means: after r pairs the mean of
  /// d is K (1 − (1 − 1/K)^r), and the mean of r is 1 + (P − 2) (1 − noise). The error is below 1/1000.
  private var accuracyOfMeans: Double {
    let keyCount = Double(keys.count)
    let shown = 1 + Int((Double(pairs - 2) * (1 - noiseFraction)).rounded())
    var largest = MaximumLoadShares(boxes: values.count)
    var (seen, right, questions) = (1.0, 0.0, 0.0)
    for pair in 1...shown {
      let share = largest.share(draws: Int(seen.rounded()))
      // The last pair's key is always one of the keys seen.
      let again = pair < shown ? seen / keyCount : 1
      right += again * share
      questions += again
      seen += 1 - again
    }
    return right / questions
  }

  /// The probability that `shown` pairs before the last are not noise.
  private func probabilityOfShown(_ shown: Int) -> Double {
    let (free, drawn) = (Double(pairs - 2), Double(shown - 1))
    guard noiseFraction > 0 else { return drawn == free ? 1 : 0 }
    let logChoices = lgamma(free + 1) - lgamma(drawn + 1) - lgamma(free - drawn + 1)
    return exp(logChoices + drawn * log1p(-noiseFraction) + (free - drawn) * log(noiseFraction))
  }
}
