import Autodiff
import Foundation
import Models
import Storage
import Testing
import Training

/// Checkpoints with logits and gradients from a float64 reference in PyTorch. Those of attention, Mamba and SSD were
/// checked against public implementations; Tests/FixtureGenerator makes the others and reproduces all.
@Suite struct FixtureTests {
  init() { WorkedExample.register() }

  private static let names = {
    let folder = Bundle.module.resourceURL!.appending(path: "Fixtures")
    let files = try! FileManager.default.contentsOfDirectory(atPath: folder.path)
    return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }()

  /// Every block with every channel mixer, hybrids of all three mixers, and every mixer in its own block.
  @Test func allCasesAreThere() throws {
    let blocks = ["zoology", "pre_norm", "post_norm"].flatMap { block in
      ChannelMixerKind.allCases.map { "\(block)_\($0.rawValue)" }
    }
    let hybrids = ["ssd_attention", "mamba_ssd_attention", "positions", "pre_norm"]
    let expected = blocks + hybrids.map { "hybrid_\($0)" } + ModelCase.kinds
    #expect(Self.names == expected.sorted())
  }

  @Test(arguments: names)
  func agreesWithTheReference(_ name: String) throws {
    func url(_ suffix: String) throws -> URL {
      let folder = try #require(Bundle.module.resourceURL)
      return folder.appending(path: "Fixtures/\(name).\(suffix)")
    }
    let configuration = try JSONDecoder().decode(
      ModelConfiguration.self, from: Data(contentsOf: url("json")))
    let model = LanguageModel(configuration)
    let values = try model.readWeights(from: url("weights.safetensors"))
    let data = try SafetensorsFile(contentsOf: url("data.safetensors"))
    let inputs = try data.integers("inputs")
    let labels = try data.integers("labels")
    let expected = try SafetensorsFile(contentsOf: url("expected.safetensors"))

    let examples = LabelledExamples(
      inputs: inputs, labels: labels, length: configuration.shape.maximumLength)
    let outputs = ModelOutputs(of: model, values: values, for: examples, gradients: true)

    let logits = try expected.floats("logits")
    #expect(outputs.logits.count == logits.count)
    for (actual, expected) in zip(outputs.logits, logits) {
      #expect(abs(actual - expected) < 1e-5)
    }
    let score = Evaluator(model: model, values: values).score(examples).score
    #expect(abs(score.meanLoss - Double(try expected.floats("loss")[0])) < 1e-5)
    for parameter in model.parameters {
      let gradient = try expected.floats("grad.\(parameter.name)")
      let largest = gradient.map(abs).max()!
      for (actual, expected) in zip(outputs.gradient(of: parameter), gradient) {
        #expect(abs(actual - expected) <= 1e-3 * largest, "\(parameter.name)")
      }
    }
  }
}
