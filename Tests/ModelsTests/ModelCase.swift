import Autodiff
import Foundation
import Models
import Support
import Testing

/// Small models of every mixer, with shapes for which mistakes in parallel forms show.
struct ModelCase: Sendable, CustomTestStringConvertible {
  let values: [String: SettingValue]
  let length: Int

  var testDescription: String { "\(SettingValue.object(values)) length \(length)" }

  init(_ kind: String, _ length: Int, layers: Int = 2, _ mixer: [String: SettingValue] = [:]) {
    self.length = length
    values = [
      "kind": .string(kind), "d_model": 12, "n_layers": .int(layers), "vocab_size": 11,
      "max_length": .int(length),
    ].merging(mixer) { $1 }
  }

  func configuration() throws -> ModelConfiguration { try ModelConfiguration(values) }

  static let all: [ModelCase] =
    [1, 2, 17, 70].map { ModelCase("attention", $0, ["num_heads": 1]) }
    + [
      ModelCase("attention", 33, layers: 1, ["num_heads": 3]),
      ModelCase("attention", 33, ["position_embedding": "sinusoidal", "position_std": 0.5]),
    ]
    + [1, 5, 16, 67].map { ModelCase("mamba", $0, ["d_state": 4]) }
    + [
      ModelCase("mamba", 9, ["d_state": 1, "expand": 3]), ModelCase("mamba", 20, ["d_state": 17]),
    ]
    + [1, 7, 23, 64].flatMap { chunk in
      [1, 7, 23, 64, 70].map {
        ModelCase("ssd", $0, ["d_state": 5, "headdim": 8, "chunk_length": .int(chunk)])
      }
    }
    + [
      ModelCase("ssd", 19, ["d_state": 6, "headdim": 4, "ngroups": 3, "chunk_length": 7]),
      ModelCase("ssd", 19, ["d_state": 3, "headdim": 1, "expand": 1, "chunk_length": 5]),
      ModelCase("ssd", 12, ["d_state": 2, "headdim": 24, "chunk_length": 12]),
    ] + hybrids + blocks

  private static let entries: [SettingValue] = [
    ["kind": "ssd", "d_state": 5, "headdim": 8, "ngroups": 3, "chunk_length": 7],
    ["kind": "attention", "num_heads": 3], ["kind": "mamba", "d_state": 3],
  ]

  /// Fewer layers than entries, as many, and more, so that the last layer is of each kind.
  private static let hybrids: [ModelCase] =
    [1, 2, 3, 5].map { layers in
      ModelCase("hybrid", 19, layers: layers, ["mixers": .array(entries)])
    } + [
      ModelCase(
        "hybrid", 33,
        ["mixers": .array(entries.reversed()), "position_embedding": "sinusoidal"]),
      ModelCase("hybrid", 9, ["mixers": .array([entries[2]]), "block": "pre_norm"]),
    ]

  /// Every block with every channel mixer.
  private static let blocks: [ModelCase] = ["zoology", "pre_norm", "post_norm"].flatMap { block in
    ChannelMixerKind.allCases.flatMap { mlp in
      entries.map { entry in
        guard case .object(var keys) = entry, case .string(let kind)? = keys["kind"] else {
          preconditionFailure("an entry without a kind")
        }
        keys["kind"] = nil
        keys["block"] = .string(block)
        keys["mlp"] = .string(mlp.rawValue)
        if kind != "attention" { keys["d_ff"] = 20 }
        return ModelCase(kind, 13, keys)
      }
    }
  }
}

/// A model with random weights and tokens.
struct ModelTrial {
  let model: LanguageModel
  let values: ParameterBuffer
  let length: Int
  var batch: Int
  var tokens: [Int32]

  init(_ test: ModelCase, batch: Int) throws {
    model = LanguageModel(try test.configuration())
    values = model.initialValues(seed: 3)
    length = test.length
    self.batch = batch
    var stream = RandomStream(5)
    tokens = (0..<(batch * length)).map { _ in Int32(stream.below(11)) }
    // Many initial values are 0 or 1, which could hide mistakes.
    for parameter in model.parameters {
      for index in values.elements(of: parameter).indices {
        values.elements(of: parameter)[index] += Float(0.3 * stream.normal())
      }
    }
  }

  /// Logits at every position [batch, length, V].
  func logits() -> [Float] {
    let labels = [Int32](repeating: 0, count: tokens.count)
    var logits = [Float](repeating: .nan, count: tokens.count * 11)
    let tape = Tape(arena: Arena(), parameters: values.values)
    model.logits(tokens, labels: labels, batch: batch, length: length, into: &logits, on: tape)
    return logits
  }
}
