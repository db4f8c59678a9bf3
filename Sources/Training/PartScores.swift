import RecallTasks

/// A task's scores by the parts of its labelled positions, such as answers after and before their query. A part's score is
/// over the examples that have labels in it.
package struct PartScores: Codable, Hashable, Sendable {
  private var scores: [String: Score] = [:]

  package init() {}

  /// Adds one example of a task with parts.
  package mutating func add(
    _ task: any RecallTask, inputs: [Int32], labels: ArraySlice<Int32>,
    predictions: ArraySlice<Int32>
  ) {
    let names = task.partNames
    var counts = [(labelled: Int, correct: Int)](repeating: (0, 0), count: names.count)
    for (part, (label, prediction)) in zip(task.parts(of: inputs), zip(labels, predictions)) {
      guard let part, label >= 0 else { continue }
      counts[part].labelled += 1
      counts[part].correct += label == prediction ? 1 : 0
    }
    for (name, count) in zip(names, counts) {
      scores[name, default: Score()].add(labelled: count.labelled, correct: count.correct)
    }
  }

  func adding(_ other: PartScores) -> PartScores {
    var sum = self
    for (name, score) in other.scores { sum.scores[name, default: Score()].add(score) }
    return sum
  }

  var isPossible: Bool { scores.values.allSatisfy(\.isPossible) }

  /// The accuracy of each part that has labels.
  package var accuracies: [String: Double] {
    scores.filter { $0.value.examples > 0 }.mapValues(\.accuracy)
  }
}

extension PartScores {
  /// Adds the examples of a shard.
  mutating func add(_ task: any RecallTask, _ shard: Shard) {
    for example in 0..<shard.exampleCount {
      let positions = example * shard.length..<(example + 1) * shard.length
      add(
        task, inputs: Array(shard.inputs[positions]), labels: shard.labels[positions],
        predictions: shard.predictions[positions])
    }
  }
}
