import Capacity
import ExperimentSamples
import Experiments
import Foundation
import Support
import Testing
import Training

@Suite struct MatchingTests {
  private func experiment(_ old: String = "", _ new: String = "") throws -> Experiment {
    try Experiment(
      yaml: old.isEmpty ? matchedFile : matchedFile.replacing(old, with: new), file: "x.yaml")
  }

  /// The cache of the reference: 2 · 32 · 64 · 2 = 8192 scalars. SSD carries 268 N + 768, Mamba 256 N + 768.
  @Test func solvesEachMixersOwnSetting() throws {
    let experiment = try experiment()
    #expect(experiment.skipped.isEmpty)
    #expect(
      experiment.runs.map(\.label) == [
        "attention ratio=1/8 d_model=8", "attention ratio=1/4 d_model=16",
        "attention ratio=1 d_model=64", "SSD N=1 ratio=1/8", "SSD N=5 ratio=1/4",
        "SSD N=28 ratio=1", "Mamba ratio=1/8 d_state=1", "Mamba ratio=1/4 d_state=5",
        "Mamba ratio=1 d_state=29",
      ])
    let ssd = try #require(experiment.runs[5].match)
    #expect(ssd.solve == .stateDimension && ssd.value == 28 && ssd.requested == 1)
    let share = 8272.0 / 8192
    #expect(ssd.obtained == share)
    #expect(abs(ssd.solution - 7424.0 / 268) < 1e-9)
    #expect(ssd.to.kind == "attention" && ssd.to.shape.modelDimension == 64)
    #expect(experiment.runs[5].configuration.model.values["d_state"] == 28)
    #expect(experiment.runs.allSatisfy { $0.match!.requested * 0.95 <= $0.match!.obtained })
  }

  /// Seeds and learning rates do not change whether a model is possible, so a skip is listed once.
  @Test func skipsAreSaidOnceForAllSeeds() throws {
    let seeds = "tolerance: 0.01}\nseed: [0, 1, 2]\ntraining: {lr: [1e-3, 1e-2]}"
    let once = try experiment("tolerance: 0.05}", "tolerance: 0.01}").skipped
    #expect(!once.isEmpty)
    #expect(try experiment("tolerance: 0.05}", seeds).skipped == once)
    let twice = try experiment(
      "ratio: [1/8, 1/4, 1], tolerance: 0.05}", "ratio: [0.95, 0.96]}\nseed: [0, 1]")
    #expect(Set(twice.skipped).count == twice.skipped.count)
    #expect(
      twice.skipped.contains {
        $0.reason.contains("the same model as") && !$0.reason.contains("seed")
      }
    )
  }

  @Test func whatCannotBeMatchedIsSkippedWithTheReason() throws {
    // One state of one layer is already more than 1/64.
    let small = try experiment("ratio: [1/8, 1/4, 1]", "ratio: [1/64, 1]")
    #expect(small.skipped.map(\.label) == ["SSD N=? ratio=1/64", "Mamba ratio=1/64"])
    #expect(small.skipped[0].reason.contains("d_state 1"))
    // A mixer without a state.
    let stateless = try experiment("kind: mamba", "kind: bidirectional_ssd")
    #expect(stateless.skipped.count == 3)
    #expect(stateless.skipped[0].reason.contains("bidirectional_ssd has no recurrence"))
    // A setting that the mixer does not have.
    let solved = try experiment("by: exact", "by: exact, solve: d_state")
    #expect(solved.skipped.map(\.label).filter { $0.hasPrefix("attention") }.count == 3)
    #expect(solved.skipped[0].reason.contains("n_layers, d_model (a setting of attention)"))
    // Two ratios with one nearest model.
    let twice = try experiment("ratio: [1/8, 1/4, 1]", "ratio: [0.95, 0.96]")
    #expect(twice.skipped.contains { $0.reason.contains("the same model as") })
    // No run is left.
    let error = #expect(throws: ConfigurationError.self) {
      try experiment("ratio: [1/8, 1/4, 1]", "ratio: 1000000")
    }
    #expect(error?.description.contains("x.yaml:4:8") == true, "\(String(describing: error))")
  }

  @Test func matchesParametersAndCostAndOptsOut() throws {
    for (by, tolerance) in [
      ("parameters", 0.05), ("decode_flops", 0.05), ("model_channels", 0.1),
      ("inner_channels", 0.1), ("note", 0.1), ("inner", 0.1),
    ] {
      let experiment = try experiment("by: exact, ratio: [1/8, 1/4, 1]", "by: \(by)")
      for run in experiment.runs {
        #expect(abs(run.match!.obtained - 1) <= tolerance, "\(by) \(run.label)")
      }
      #expect(experiment.runs.count + experiment.skipped.count == 3)
    }
    let mixed = try experiment("label: Mamba\n", "label: Mamba\n    match: none\n")
    #expect(mixed.runs.filter { $0.match == nil }.map(\.label) == ["Mamba"])
    let own = try experiment("label: Mamba\n", "label: Mamba\n    match: {ratio: 1/2}\n")
    #expect(own.runs.last?.label == "Mamba d_state=13")
  }

  @Test(
    arguments: [
      ("ratio: [1/8, 1/4, 1]", "ratio: [1/8, 0]", "4:57", "ratio: 0"),
      ("ratio: [1/8, 1/4, 1]", "ratio: -1", "4:51", "above 0"),
      ("ratio: [1/8, 1/4, 1]", "ratio: half", "4:51", "a fraction such as 1/8"),
      (
        "by: exact", "by: size", "4:37",
        "exact, model_channels, inner_channels, parameters, decode_flops"
      ),
      ("by: exact", "by: exact, solve: d_stat", "4:51", "n_layers, d_model, or for a hybrid"),
      ("mixer: attention", "mixer: atention", "4:21", "attention, mamba, ssd"),
      ("mixer: attention", "mixer: attention, n_layers: 0", "4:42", "1 to 1024"),
      ("mixer: attention", "mixer: attention, d_stat: 1", "4:32", "a known key (known:"),
      ("to: {mixer: attention}", "too: 1", "4:9", "nearest is to"),
      ("to: {mixer: attention}, ", "", "4:8", "a group with to"),
      ("tolerance: 0.05", "tolerance: 2", "4:77", "below 1"),
      ("match: {", "match: 3 #", "4:8", "a group of keys, or none"),
    ] as [(String, String, String, String)])
  func mistakesAreNamedWhereTheyStand(old: String, new: String, position: String, message: String) {
    let error = #expect(throws: ConfigurationError.self) { try experiment(old, new) }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("x.yaml:\(position): ") && text.contains(message), "\(text)")
  }
}
