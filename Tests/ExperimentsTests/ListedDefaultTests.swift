import Experiments
import Models
import RecallTasks
import Support
import Testing
import Training

/// What `recall list` shows as a default can be written, and changes nothing.
@Suite struct ListedDefaultTests {
  private static func keys(_ help: [SettingHelp]) -> String {
    help.map { "\($0.name): \($0.value.description)" }.joined(separator: ", ")
  }

  private func same(_ written: String, _ plain: String) throws {
    let configurations = try [written, plain].map { text in
      try Experiment(yaml: text, file: "x.yaml").runs.map(\.configuration)
    }
    #expect(configurations[0].count == 1 && configurations[0] == configurations[1], "\(written)")
  }

  @Test(arguments: MixerCatalog.kinds) func ofAMixer(kind: String) throws {
    let mixer = try #require(MixerCatalog.mixer(kind))
    let all = ModelShape(mixer.modelDefaults).help + mixer.init().help
    try same(
      "task: {kind: mqar}\nmodel: {kind: \(kind), \(Self.keys(all))}\ntraining: {lr: 1e-3}\n",
      "task: {kind: mqar}\nmodel: {kind: \(kind)}\ntraining: {lr: 1e-3}\n")
  }

  @Test(arguments: TaskCatalog.kinds) func ofATask(kind: String) throws {
    let task = try TaskCatalog.task(kind)
    try same(
      "task: {kind: \(kind), \(Self.keys(task.init().help))}\nmodel: {kind: ssd}\ntraining: {lr: 1e-3}\n",
      "task: {kind: \(kind)}\nmodel: {kind: ssd}\ntraining: {lr: 1e-3}\n")
  }

  @Test func ofTraining() throws {
    try same(
      "task: {kind: mqar}\nmodel: {kind: ssd}\ntraining: {\(Self.keys(TrainingSettings().help + [Recipe.help]))}\n",
      "task: {kind: mqar}\nmodel: {kind: ssd}\ntraining: {lr: 1e-3}\n")
  }
}
