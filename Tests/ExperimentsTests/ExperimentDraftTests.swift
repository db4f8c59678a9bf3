import Experiments
import Models
import RecallTasks
import Support
import Testing

@Suite struct ExperimentDraftTests {
  /// Each draft is an experiment with a recipe, and with the runs that it names.
  @Test(arguments: ExperimentDraft.tasks) func draftsAreExperiments(task: String) throws {
    let isSafe = try TaskCatalog.task(task).init().isSafeInBothDirections
    let mixers = MixerCatalog.mixers.filter { isSafe || $0.init().isCausal }.map { $0.kind }
    let draft = try ExperimentDraft(name: "mine", task: task, mixers: mixers + ["ssd"])
    let experiment = try Experiment(yaml: draft.text, file: "tasks/mine.yaml")
    #expect(experiment.name == "mine" && !experiment.question.isEmpty)
    #expect(experiment.runs.allSatisfy { $0.recipe?.isNamed == false })
    #expect(Set(experiment.runs.map(\.configuration.model.kind)) == Set(mixers))
    #expect(experiment.configurations.map(\.label).contains("ssd d_state=16"))
    // The line that a reader may take the "#" from.
    let changed = draft.text.replacing("# training: {", with: "training: {")
    let rates = try Experiment(yaml: changed, file: "x.yaml").configurations.map(\.rates)
    #expect(rates.allSatisfy { $0 == [1e-2, 2e-2] })
  }

  @Test func unknownTasksAndMixersAreNamed() {
    let task = #expect(throws: SettingsError.self) {
      try ExperimentDraft(name: "mine", task: "mqra", mixers: ["ssd"])
    }
    #expect(task?.key == "--task" && task?.allowed.contains("the nearest is mqar") == true)
    let mixer = #expect(throws: SettingsError.self) {
      try ExperimentDraft(name: "mine", task: "mqar", mixers: ["ssd", "atention"])
    }
    let leak = #expect(throws: SettingsError.self) {
      try ExperimentDraft(name: "mine", task: "copying", mixers: ["ssd", "hydra"])
    }
    #expect(leak?.key == "--mixer" && leak?.value == "hydra")
    #expect(mixer?.key == "--mixer" && mixer?.allowed.contains("the nearest is attention") == true)
  }
}
