import RecallTasks
import Support
import Testing

/// What is wrong with an example of pairs and queries in slots of two tokens, nil if nothing is.
func slotFault<Task: RecallTask>(of example: Example, _ task: Task, pairs: Int) -> String? {
  let half = Int32(task.vocabularySize / 2)
  var (map, asked, filler): ([Int32: Int32], [Int32], [Int32]) = ([:], [], [])
  for position in stride(from: 0, to: task.sequenceLength, by: 2) {
    let (first, second) = (example.inputs[position], example.inputs[position + 1])
    guard example.labels[position + 1] == ignoreIndex else { return "a label inside a slot" }
    if second >= half {
      guard map.updateValue(second, forKey: first) == nil else { return "a key with two values" }
      guard example.labels[position] == ignoreIndex else { return "a label of a pair" }
    } else if example.labels[position] != ignoreIndex {
      asked.append(first)
      filler.append(second)
    } else {
      filler += [first, second]
    }
  }
  guard map.count == pairs, Set(map.values).count == pairs else { return "values repeat" }
  guard map.keys.allSatisfy((1..<half).contains) else { return "a key out of range" }
  guard asked.sorted() == map.keys.sorted() else { return "not every key is asked once" }
  guard example.questions.allSatisfy({ example.labels[$0] == map[example.inputs[$0]] }) else {
    return "a label that is not the key's value"
  }
  return fillerFault(filler, keys: map.keys.sorted(), task)
}

/// What is wrong with filler: it is 0, or random and none of the keys.
func fillerFault<Task: RecallTask>(_ filler: [Int32], keys: [Int32], _ task: Task) -> String? {
  guard task.settingValues["random_filler"] == .bool(true) else {
    return filler.allSatisfy { $0 == 0 } ? nil : "filler that is not 0"
  }
  return filler.allSatisfy((1..<Int32(task.vocabularySize / 2)).contains)
    && Set(filler).isDisjoint(with: keys) ? nil : "random filler that is 0, a key or a value"
}

/// Simulates the best model that sees no later token: the accuracy that the task states must agree within four standard
/// errors.
func checkCausalBest<Task: RecallTask>(
  of task: Task, examples: Int = 20_000, _ location: SourceLocation = #_sourceLocation,
  answer: (_ example: Example, _ position: Int, inout RandomStream) -> Int32
) {
  var stream = RandomStream(22)
  var accuracy = Mean()
  for index in 0..<examples {
    let example = task.example(at: index, seed: 9, split: .test)
    let questions = example.questions
    accuracy.add(
      Double(questions.count { answer(example, $0, &stream) == example.labels[$0] })
        / Double(questions.count))
  }
  #expect(
    abs(accuracy.value - task.causalBest) < 4 * accuracy.error + 1e-12,
    "stated \(task.causalBest), simulated \(accuracy.value) ± \(accuracy.error) \(task)",
    sourceLocation: location)
}

/// The value found before a position; without one, any answer token that is not shown before it.
func answerAmongNotShown<Task: RecallTask>(
  _ task: Task, _ example: Example, _ position: Int, _ random: inout RandomStream,
  found: () -> Int32?
) -> Int32 {
  if let found = found() { return found }
  let shown = Set(example.inputs[..<position])
  let others = task.answerTokens.filter { !shown.contains(Int32($0)) }
  return Int32(others[random.below(others.count)])
}
