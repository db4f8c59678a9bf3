import Foundation
import RecallTasks
import Testing

/// The reading part of the Python example: the safetensors package reads what this program wrote.
@Suite struct PythonTests {
  private static let example = projectFolder.appending(path: "examples/pytorch_model.py").path

  @Test(
    .enabled(
      if: Python.has("numpy, safetensors"),
      "python3 has no numpy and safetensors: pip install numpy safetensors"))
  func readsWhatWeWrite() throws {
    let sandbox = try RecallProcess(experiment: "")
    defer { sandbox.remove() }
    let written = try sandbox.run(
      "dataset", "write", "mqar", "--examples", "50", "--seed", "5", "--output", "f.safetensors")
    try #require(written.status == 0, "\(written.errors)")
    let file = sandbox.folder.appending(path: "f.safetensors")
    let (status, output) = Python.run([Self.example, "--read", file.path])
    #expect(status == 0)
    let shown = try #require(
      JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    let (inputs, labels) = try DatasetFile(contentsOf: file).examples(0..<50)
    #expect(shown["shape"] as? [Int] == [50, 64])
    #expect(shown["types"] as? [String] == ["int32", "int32"])
    #expect(shown["labelled"] as? Int == 50 * 16)
    #expect(shown["input_sum"] as? Int == inputs.reduce(0) { $0 + Int($1) })
    #expect(shown["label_sum"] as? Int == labels.reduce(0) { $0 + ($1 < 0 ? 0 : Int($1)) })
    #expect(shown["first"] as? [Int] == inputs.prefix(64).map { Int($0) })
  }

  /// The right answers have the score 1, as tokens and as logits.
  @Test(
    .enabled(
      if: Python.has("numpy, safetensors"),
      "python3 has no numpy and safetensors: pip install numpy safetensors"))
  func theReaderGetsExamplesAndScores() {
    let code = """
      import os, sys
      os.environ["RECALL"], folder = sys.argv[1:]
      sys.path.insert(0, folder)
      import numpy, recallbench
      data = recallbench.examples("mqar", 50, split="test", vocab_size=32, n_pairs=3, sequence_length=16)
      assert data.inputs.shape == data.labels.shape == (50, 16) and data.vocabulary == 32
      right = numpy.where(data.labels < 0, 0, data.labels)
      scores = [recallbench.score(data, x)["accuracy"] for x in (right, numpy.eye(32)[right], 0 * right)]
      try: recallbench.examples("mqar", 50, n_pairs=300)
      except ValueError as error: print(scores, "n_pairs" in str(error) or "n-pairs" in str(error))
      """
    let folder = projectFolder.appending(path: "examples").path
    let (status, output) = Python.run(["-c", code, RecallProcess.program.path, folder])
    #expect(status == 0 && output == "[1, 1, 0] True\n", "\(output)")
  }
}
