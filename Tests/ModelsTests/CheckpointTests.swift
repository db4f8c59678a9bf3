import Autodiff
import Foundation
import Models
import Storage
import Testing
import Training

/// Checkpoints that Hugging Face's transformers saved, with its logits in float64; make_hugging_face.py writes them.
@Suite struct CheckpointTests {
  @Test(arguments: ["mamba", "ssd"])
  func agreesWithTransformers(_ name: String) throws {
    let folder = try #require(Bundle.module.resourceURL).appending(
      path: "Fixtures/HuggingFace/\(name)")
    let expected = try SafetensorsFile(contentsOf: folder.appending(path: "expected.safetensors"))
    let length = try expected.tensor("inputs").shape[1]
    let configuration = try ModelFile(contentsOf: folder.appending(path: "model.json").path)
      .configuration(length: length)
    let model = LanguageModel(configuration)
    let values = try model.readWeights(from: folder.appending(path: "model.safetensors"))
    let inputs = try expected.integers("inputs")
    let examples = LabelledExamples(
      inputs: inputs, labels: .init(repeating: 0, count: inputs.count), length: length)
    let logits = ModelOutputs(of: model, values: values, for: examples, gradients: false).logits
    let wanted = try expected.floats("logits")
    #expect(logits.count == wanted.count)
    #expect(zip(logits, wanted).allSatisfy { abs($0 - $1) < 1e-5 })
    // The final norm matters: with LayerNorm, the file is not the model's.
    var other = configuration
    other.shape.finalNorm = .layer
    #expect(throws: SafetensorsError.self) {
      try LanguageModel(other).readWeights(from: folder.appending(path: "model.safetensors"))
    }
  }
}
