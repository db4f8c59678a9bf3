import RecallTasks
import Testing

@Suite struct AnswerTokensTests {
  @Test(arguments: TaskCatalog.kinds)
  func labelsAreAnswerTokens(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    #expect(task.answerTokens.clamped(to: 0..<task.vocabularySize) == task.answerTokens)
    for index in 0..<200 {
      let labels = task.example(at: index, seed: 4, split: .test).labels
      #expect(labels.allSatisfy { $0 == ignoreIndex || task.answerTokens.contains(Int($0)) })
    }
  }
}
