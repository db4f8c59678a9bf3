import Foundation
import RecallTasks
import Support
import Testing

/// Tasks of another package. Each test is a process of its own: the catalogue is shared by a whole process.
@Suite struct TaskCatalogTests {
  @Test func registeredTasksAreKnownByTheirName() async {
    await #expect(processExitsWith: .success) {
      TaskCatalog.register(LastToken.self)
      #expect(TaskCatalog.kinds == TaskCatalog.builtIn.map { $0.kind } + ["last_token"])
      let task = try TaskConfiguration(["kind": "last_token", "sequence_length": 5]).task
      #expect(task as? LastToken == LastToken(sequenceLength: 5))
      let error = #expect(throws: SettingsError.self) { try TaskCatalog.task("last_tokn") }
      #expect(error?.allowed.contains("nearest is last_token") == true)
    }
  }

  @Test func threadsMayRegisterOneTaskTogether() async {
    await #expect(processExitsWith: .success) {
      DispatchQueue.concurrentPerform(iterations: 64) { _ in
        TaskCatalog.register(LastToken.self)
        _ = TaskCatalog.kinds
      }
      #expect(TaskCatalog.tasks.count == TaskCatalog.builtIn.count + 1)
    }
  }

  @Test func twoTasksOfOneNameTrap() async {
    await #expect(processExitsWith: .failure) {
      TaskCatalog.register(LastToken.self)
      TaskCatalog.register(SecondLastToken.self)
    }
    await #expect(processExitsWith: .failure) { TaskCatalog.register(SecondMQAR.self) }
  }
}
