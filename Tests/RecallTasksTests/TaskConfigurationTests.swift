import Foundation
import RecallTasks
import Support
import Testing

@Suite struct TaskConfigurationTests {
  @Test func jsonIsFlat() throws {
    var task = MQAR()
    task.pairCount = 4
    let data = try JSONEncoder().encode(TaskConfiguration(task))
    let values = try JSONDecoder().decode([String: SettingValue].self, from: data)
    #expect(values["kind"] == .string("mqar"))
    #expect(values["n_pairs"] == .int(4))
    #expect(values.count == 8)
    let decoded = try JSONDecoder().decode(TaskConfiguration.self, from: data)
    #expect(decoded == TaskConfiguration(task))
    #expect(decoded.task as? MQAR == task)
    #expect(decoded != TaskConfiguration(MQAR()))
    #expect(Set([decoded, TaskConfiguration(task)]).count == 1)
  }

  @Test func missingKeysTakeDefaults() throws {
    let data = Data(#"{"kind": "mqar", "n_pairs": 8}"#.utf8)
    let task = try JSONDecoder().decode(TaskConfiguration.self, from: data).task as? MQAR
    #expect(task?.pairCount == 8)
    #expect(task?.vocabularySize == 8192)
  }

  @Test func replacingChangesSomeKeys() throws {
    let task = try TaskConfiguration(["kind": .string("mqar"), "vocab_size": .int(512)])
    let longer = try task.replacing(["sequence_length": .int(256), "n_pairs": .int(64)])
    #expect(longer.task.vocabularySize == 512)
    #expect(longer.task.sequenceLength == 256)
    #expect(longer.task.difficulty == ("n_pairs", 64))
    let error = #expect(throws: SettingsError.self) { try task.replacing(["n_pair": .int(1)]) }
    #expect(error?.allowed.contains("nearest is n_pairs") == true)
  }

  @Test(
    arguments: [
      ([:], "kind", "nothing", "mqar"), (["kind": .int(1)], "kind", "1", "mqar"),
      (["kind": .string("mquar")], "kind", "mquar", "nearest is mqar"),
      (["kind": .string("mqar"), "n_pairs": .bool(true)], "n_pairs", "true", "an integer"),
    ] as [([String: SettingValue], String, String, String)])
  func badValuesAreNamed(
    values: [String: SettingValue], key: String, value: String, allowed: String
  ) {
    let error = #expect(throws: SettingsError.self) { try TaskConfiguration(values) }
    #expect(error?.key == key)
    #expect(error?.value == value)
    #expect(error?.allowed.contains(allowed) == true)
  }

  @Test func catalogListsEveryFileOfTheFolder() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/RecallTasks/Tasks")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".swift") }
    #expect(Set(TaskCatalog.builtIn.map { "\($0).swift" }) == Set(files))
    #expect(Set(TaskCatalog.kinds).count == files.count)
  }

  @Test(arguments: TaskCatalog.kinds)
  func pageOfTasksNamesTheTask(kind: String) throws {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: package.appending(path: "docs/tasks.md"), encoding: .utf8)
    let isNamed = page.contains("| `\(kind)` | \(try TaskCatalog.task(kind).question) |")
    #expect(isNamed)
  }

  @Test(arguments: TaskCatalog.kinds)
  func defaultsAreValid(kind: String) throws {
    try TaskCatalog.task(kind).init().validate()
  }
}
