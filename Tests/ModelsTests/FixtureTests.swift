import Autodiff
import Foundation
import Models
import Storage
import Testing
import Training

/// Checkpoints with logits and gradients from a float64 reference in PyTorch. Those of mixers by themselves, of
/// base_conv with attention and of SSD with a window were checked against public implementations;
/// Tests/FixtureGenerator makes the others. Those of matrix mixers were checked against Hydra's public code.
@Suite struct FixtureTests {
  init() { WorkedExample.register() }

  private static let names = {
    let folder = Bundle.module.resourceURL!.appending(path: "Fixtures")
    let files = try! FileManager.default.contentsOfDirectory(atPath: folder.path)
    return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }()

  /// Every block with every channel mixer, hybrids, and every mixer in its own block.
  @Test func allCasesAreThere() throws {
    let blocks = ["zoology", "pre_norm", "post_norm"].flatMap { block in
      ChannelMixerKind.allCases.map { "\(block)_\($0.rawValue)" }
    }
    let hybrids = [
      "ssd_attention", "mamba_ssd_attention", "positions", "pre_norm", "base_conv_attention",
      "ssd_window",
    ]
    let features = ["linear_attention_elu", "linear_attention_identity"]
    let others = ["attention_bidirectional", "bert_mlm_head", "m2_own"]
    // Other shapes and keys of mixers, and sequences shorter than the longest.
    let plain = ["attention", "mamba", "ssd"]
    let variants =
      MixerCatalog.builtIn.filter { $0.init().isCausal }.map { $0.kind }
      .filter { !plain.contains($0) }
      + ["hybrid_rwkv7", "hybrid_kernel_sizes", "hybrid_ssd_groups"]
    let expected =
      blocks + hybrids.map { "hybrid_\($0)" } + features + ModelCase.kinds.map(ModelCase.fixture)
      + ModelCase.otherMatrixFixtures + others
      + variants.map { "variant_\($0)" }
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
      inputs: inputs, labels: labels, length: try #require(data.tensors["inputs"]).shape[1])
    let outputs = ModelOutputs(of: model, values: values, for: examples, gradients: true)

    let logits = try expected.floats("logits")
    #expect(outputs.logits.count == logits.count)
    let error = zip(outputs.logits, logits).reduce(0) { max($0, abs($1.0 - $1.1)) }
    // With an ε of 1e-5 instead of 1e-12 in BERT's embedding the error would be 9.4e-6.
    #expect(error < (name.hasPrefix("bert") ? 9e-6 : 2e-5))
    let score = Evaluator(model: model, values: values).score(examples).score
    #expect(abs(score.meanLoss - Double(try expected.floats("loss")[0])) < 1e-5)
    for parameter in model.parameters where parameter.isTrained {
      let gradient = try expected.floats("grad.\(parameter.name)")
      let largest = gradient.map(abs).max()!
      let error = zip(outputs.gradient(of: parameter), gradient)
        .reduce(0) { max($0, abs($1.0 - $1.1)) }
      // Softmax cancels the bias of BERT's keys: its gradient is 0.
      #expect(error <= (largest < 1e-9 ? 1e-6 : 1e-3 * largest), "\(parameter.name)")
    }
  }
}
