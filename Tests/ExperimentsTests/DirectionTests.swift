import Autodiff
import Experiments
import Models
import RecallTasks
import Support
import Testing
import Training

/// A model that sees later tokens trains only on tasks that it cannot solve by copying.
@Suite struct DirectionTests {
  static let file = """
    experiment: directions
    task: {kind: copying}
    training: {stages: [{steps: 1}]}
    rows:
      - {label: one, model: {kind: both_ways, d_model: 16, n_layers: 1}}
    """

  private static func error(_ yaml: String) -> String {
    do {
      _ = try Experiment(yaml: yaml, file: "x.yaml")
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func unsafeTasksAreRefusedWhenAnExperimentIsRead() async {
    await #expect(processExitsWith: .success) {
      MixerCatalog.register(BothWays.self)
      for task in TaskCatalog.tasks {
        let error = Self.error(Self.file.replacing("copying", with: task.kind))
        guard !task.init().isSafeInBothDirections else {
          #expect(error.isEmpty, "\(task.kind)")
          continue
        }
        #expect(error.hasPrefix("x.yaml:2:14: kind: \(task.kind) "), "\(error)")
        #expect(error.contains("both_ways") && error.contains("anywhere_mqar"), "\(error)")
        // The same with a causal model is no error.
        #expect(
          Self.error(
            Self.file.replacing("copying", with: task.kind)
              .replacing("both_ways", with: "attention")
          ).isEmpty)
      }
    }
  }

  @Test func aHybridWithSuchALayerIsRefused() async {
    await #expect(processExitsWith: .success) {
      MixerCatalog.register(BothWays.self)
      let hybrid = Self.file.replacing(
        "kind: both_ways,", with: "kind: hybrid, mixers: [{kind: attention}, {kind: both_ways}],")
      #expect(Self.error(hybrid).contains("the model's both_ways sees these"))
      #expect(Self.error(hybrid.replacing("copying", with: "masked_recall")).isEmpty)
    }
  }
}

/// Attention that says that it sees later tokens. Nothing here runs it.
private struct BothWays: MixerSettings {
  static let kind = "both_ways"
  static let name = "both ways"
  static let modelDefaults = Attention.modelDefaults
  static let keys: [SettingKey<BothWays>] = []

  var isCausal: Bool { false }

  func mixer(_ context: LayerContext, in layout: ParameterLayout) -> any SequenceMixer {
    Attention().mixer(context, in: layout)
  }
}
