import Experiments
import Models
import Support
import Testing

@Suite struct ExperimentDraftTests {
  /// Each draft is an experiment with a recipe, and with the runs that it names.
  @Test(arguments: ExperimentDraft.tasks) func draftsAreExperiments(task: String) throws {
    let draft = try ExperimentDraft(
      name: "mine", task: task, mixers: MixerCatalog.kinds + ["ssd"])
    let experiment = try Experiment(yaml: draft.text, file: "tasks/mine.yaml")
    #expect(experiment.name == "mine" && !experiment.question.isEmpty)
    #expect(experiment.runs.allSatisfy { $0.recipe?.isNamed == false })
    #expect(Set(experiment.runs.map(\.configuration.model.kind)) == Set(MixerCatalog.kinds))
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
    #expect(mixer?.key == "--mixer" && mixer?.allowed.contains("the nearest is attention") == true)
  }
}
