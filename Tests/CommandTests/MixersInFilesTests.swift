import Testing

@Suite struct MixersInFilesTests {
  /// A file with every causal mixer as a layer of one model, and as a model of its own behind a short convolution.
  @Test func everyCausalMixerTrainsInOneFile() throws {
    let kinds = [
      "attention", "sliding_window", "linear_attention", "retnet", "gla", "deltanet",
      "gated_deltanet", "kda", "rwkv7", "mamba", "ssd", "base_conv", "hyena", "h3",
    ]
    let layers = kinds.map { "{kind: \($0)}" }
    let behind = layers.map { "{kind: hybrid, n_layers: 2, mixers: [{kind: base_conv}, \($0)]}" }
    let models =
      ["{kind: hybrid, n_layers: 14, mixers: [\(layers.joined(separator: ", "))]}"] + behind
    let rows = models.enumerated().map { "  - {label: model \($0), model: \($1)}\n" }.joined()
    let sandbox = try RecallProcess(
      experiment: """
        task: {kind: mqar, sequence_length: 16, n_pairs: 2, vocab_size: 32}
        training: {batch_size: 8, stages: [{steps: 2}], validation_examples: 8, test_examples: 8}
        rows:
        \(rows)
        """)
    defer { sandbox.remove() }
    let (status, output, errors) = try sandbox.run("run", "tasks/tiny.yaml")
    #expect(status == 0, "\(errors)")
    #expect(output.matches(of: /model [0-9]+ .* 1\/1/).count == 15, "\(output)")
    let listed = try sandbox.run("list", "mixers").output
    for kind in kinds { #expect(listed.contains("kind: \(kind)\n")) }
  }
}
