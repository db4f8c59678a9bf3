import Autodiff
import Foundation
import Kernels
import Support
import Testing

private let checks = OperationChecks.all.flatMap(\.checks)

/// The memory layout of a check's operands. Every check runs with every combination.
enum Layout: String, CaseIterable, Sendable {
  case contiguous
  case stridedAndAccumulated
}

@Suite struct OperationTests {
  @Test(arguments: checks)
  func agreesWithItsReference(_ check: OperationCheck) {
    let trial = OperationTrial(check)
    let expected = check.reference(trial.activations, trial.weights)
    let samples = trial.operands.map { GradientSample(of: $0, in: trial) }
    defer { InstructionSet.available.last!.select() }
    for (set, layout) in InstructionSet.available.flatMap({ set in
      Layout.allCases.map { (set, $0) }
    }) {
      set.select()
      let results = trial.run(layout)
      #expect(results.values.count == expected.count)
      for (actual, expected) in zip(results.values, expected) {
        expectClose(actual, expected, check.tolerance, "forward, \(set), \(layout)")
      }
      let gradients = results.activationGradients + results.weightGradients
      #expect(gradients.count == samples.count)
      for (gradient, sample) in zip(gradients, samples) {
        sample.check(gradient, "\(set), \(layout)")
      }
    }
  }

  @Test func everyOperationFileHasChecks() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Autodiff/Operations").standardizedFileURL
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".swift") }.map { String($0.dropLast(6)) }
    #expect(Set(files) == Set(OperationChecks.all.map(\.file)))
    #expect(OperationChecks.all.allSatisfy { !$0.checks.isEmpty })
    #expect(Set(files) == Set(OperationBenchmark.all.map(\.file)))
  }
}

func expectClose(
  _ actual: [Double], _ expected: [Double], _ tolerance: Double, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, "\(what)", sourceLocation: sourceLocation)
  let scale = max(1e-3, expected.map(abs).max() ?? 0)
  for (index, pair) in zip(actual, expected).enumerated()
  where !(abs(pair.0 - pair.1) <= tolerance * scale) {
    Issue.record(
      "\(what)[\(index)]: \(pair.0), expected \(pair.1) (largest magnitude \(scale))",
      sourceLocation: sourceLocation)
    return
  }
}
