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
    let draft = try ExperimentDraft(
      name: "mine", file: "tasks/mine.yaml", task: task, mixers: mixers + ["ssd"])
    let experiment = try Experiment(yaml: draft.text, file: "tasks/mine.yaml")
    #expect(experiment.name == "mine" && !experiment.question.isEmpty)
    #expect(experiment.runs.allSatisfy { $0.recipe?.isNamed == false })
    #expect(Set(experiment.runs.map(\.configuration.model.kind)) == Set(mixers))
    #expect(experiment.configurations.map(\.label).contains("ssd d_state=4"))
    // The line that a reader may take the "#" from.
    let changed = draft.text.replacing("# training: {", with: "training: {")
    let rates = try Experiment(yaml: changed, file: "x.yaml").configurations.map(\.rates)
    #expect(rates.allSatisfy { $0 == [1e-2, 2e-2] })
  }

  @Test func theMixerOfTheDraftFitsTheTask() throws {
    for (task, kind) in [("mqar", "ssd"), ("anywhere_mqar", "hydra"), ("masked_recall", "hydra")] {
      let draft = try ExperimentDraft(name: "mine", file: "a b/m.yaml", task: task, mixers: [])
      let experiment = try Experiment(yaml: draft.text, file: "m.yaml")
      #expect(experiment.runs.allSatisfy { $0.configuration.model.kind == kind })
      #expect(draft.text.contains("recall run 'a b/m.yaml' --plan"))
    }
  }

  @Test func unknownTasksAndMixersAreNamed() {
    let task = #expect(throws: SettingsError.self) {
      try ExperimentDraft(name: "mine", file: "m.yaml", task: "mqra", mixers: ["ssd"])
    }
    #expect(task?.key == "--task" && task?.allowed.contains("the nearest is mqar") == true)
    let mixer = #expect(throws: SettingsError.self) {
      try ExperimentDraft(
        name: "mine", file: "m.yaml", task: "mqar", mixers: ["ssd", "atention"])
    }
    let leak = #expect(throws: SettingsError.self) {
      try ExperimentDraft(
        name: "mine", file: "m.yaml", task: "copying", mixers: ["ssd", "hydra"])
    }
    #expect(leak?.key == "--mixer" && leak?.value == "hydra")
    #expect(mixer?.key == "--mixer" && mixer?.allowed.contains("the nearest is attention") == true)
  }
}
