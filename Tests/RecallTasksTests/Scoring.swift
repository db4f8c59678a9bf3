import RecallTasks

/// The share of labelled positions that are answered right; 1 is required, so an example without labels is 0.
func score(_ answers: [Answer], _ example: Example) -> Double {
  let labelled = example.labels.indices.filter { example.labels[$0] != ignoreIndex }
  guard !labelled.isEmpty else { return 0 }
  let right = labelled.count { answers[$0].token == example.labels[$0] }
  return Double(right) / Double(labelled.count)
}
