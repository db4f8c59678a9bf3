import RecallTasks
import Support
import Testing

/// Data files name a task's parameters and hold its tokens; both may be anything.
@Suite struct HostileTaskTests {
  private static let numbers: [SettingValue] = [
    .int(.min), .int(.min + 1), -1, 0, 1, 2, 3, 7, .int(1 << 24), .int(1 << 31), .int(1 << 62),
    .int(.max - 1), .int(.max), 0.5, -1e300, 1e300, "", "é", true, .null, .array([]),
    .array([-1, .int(.max)]),
  ]

  /// Every value of one key, and of two, is accepted or refused with the key's name: no overflow traps.
  @Test(arguments: TaskCatalog.kinds)
  func anyParametersAreRefusedOrValid(kind: String) throws {
    let type = try TaskCatalog.task(kind)
    let keys = type.init().settingValues.keys.sorted()
    var (refused, valid) = (0, 0)
    for first in keys {
      for second in keys where second >= first {
        for value in Self.numbers {
          for other in first == second ? [value] : Self.numbers {
            do {
              try type.decode([first: value].merging([second: other]) { $1 }).validate()
              valid += 1
            } catch {
              #expect(!error.key.isEmpty && !error.allowed.isEmpty)
              refused += 1
            }
          }
        }
      }
    }
    #expect(refused > keys.count * 5 && valid > 0)
  }

  /// A valid file need not hold the task's examples: the solver answers something, from inside the example.
  @Test(arguments: TaskCatalog.kinds)
  func solversSurviveAnyTokens(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    var random = RandomStream(11)
    for trial in 0..<300 {
      // Few different tokens make repetitions; the example's own are mixed in.
      let few = 1 + random.below(trial.isMultiple(of: 2) ? 4 : task.vocabularySize)
      var inputs = task.example(at: trial, seed: 5, split: .train).inputs
      let damage = random.uniform()
      for position in inputs.indices where trial < 100 || random.uniform() < damage {
        inputs[position] = Int32(
          task.vocabularySize - 1 - random.below(min(few, task.vocabularySize)))
        if random.below(2) == 0 {
          inputs[position] = Int32(random.below(min(few, task.vocabularySize)))
        }
      }
      let answers = task.solution(of: inputs)
      for (position, answer) in answers.enumerated() {
        let visible = type(of: task).answersFromBothSides ? inputs.count - 1 : position
        #expect(answer.source.map { (0...visible).contains($0) } ?? true)
      }
      let labels = inputs.map { random.below(3) == 0 ? $0 : ignoreIndex }
      #expect(task.roles(of: Example(inputs: inputs, labels: labels)).count == inputs.count)
      let parts = task.parts(of: inputs)
      #expect(parts.count == inputs.count)
      #expect(parts.allSatisfy { $0.map(task.partNames.indices.contains) ?? true })
    }
  }

  /// A number without bounds is one that takes any value.
  @Test(arguments: TaskCatalog.kinds)
  func everyNumberTellsItsBounds(kind: String) throws {
    let task = try TaskCatalog.task(kind).init()
    for (key, value) in task.settingValues {
      guard case .int = value, task.help(of: key)?.allowed == nil else { continue }
      for number in [-1, 0, .max] {
        try type(of: task).decode([key: .int(number)]).validate()
      }
    }
  }

  @Test func boundsAreThoseOfTheOtherValues() {
    var task = MQAR()
    #expect(
      task.help(of: "n_pairs")?.allowed == "1 to sequence_length / (2 * (num_passes + 1)) = 16")
    #expect(task.help(of: "random_filler")?.allowed == "true or false")
    #expect(task.help(of: "power_a")?.allowed == "0 to 16")
    #expect(task.help(of: "n_pair")?.allowed == nil)
    task.sequenceLength = 256
    #expect(
      task.help(of: "n_pairs")?.allowed == "1 to sequence_length / (2 * (num_passes + 1)) = 64")
  }
}
