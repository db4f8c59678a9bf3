import Experiments
import Models
import RecallTasks
import Testing
import Training

@Suite struct GlossaryTests {
  @Test func everyKeyIsExplained() throws {
    var keys = try Set(TrainingSettings().settingValues.keys)
    keys.formUnion(try ModelConfiguration.Backbone().settingValues.keys)
    keys.formUnion(MatchSettings.defaults.keys)
    for task in TaskCatalog.tasks { keys.formUnion(try task.init().settingValues.keys) }
    for mixer in MixerCatalog.mixers { keys.formUnion(try mixer.init().settingValues.keys) }
    #expect(keys.filter { Glossary.meaning(of: $0) == nil } == [])
  }
}
