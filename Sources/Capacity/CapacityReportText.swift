import Foundation
import Models
import Support

extension CapacityReport {
  /// The report for a person.
  public var text: String {
    [
      heading, section("STATE", stateLines), section("RELATIVE", relativeLines),
      section("COST", costLines), section("DEMAND", demandLines),
    ].joined(separator: "\n\n")
  }

  private func section(_ title: String, _ lines: [String]) -> String {
    ([title] + lines.map { $0.isEmpty ? "" : "  " + $0 }).joined(separator: "\n")
  }

  private func setting(_ key: String) -> String {
    let values = (try? task.task.settingValues) ?? [:]
    return values[key].map { "\($0)" } ?? ""
  }

  private var length: Int { task.task.sequenceLength }

  private var heading: String {
    "\(model.summary)\non MQAR with \(setting("n_pairs")) pairs in \(length) tokens of "
      + "\(setting("vocab_size")) words, beside \(reference.summary)"
  }

  private var stateLines: [String] {
    let names = [
      ("kv_cache", "KV cache"), ("ssm", "SSM state"), ("convolution", "convolution tail"),
    ]
    let parts = names.map { [$0.1, grouped(state.parts[$0.0]!)] }
    let sizes = "\(bytes(state.bytes["fp32"]!)) at fp32, \(bytes(state.bytes["bf16"]!)) at bf16"
    let growth =
      state.growthPerToken == 0
      ? "It does not grow with length."
      : "It grows by \(grouped(state.growthPerToken)) scalars a token."
    let lengths = state.byLength
    return ["carried after \(length) tokens, measured from step", ""]
      + alignedColumns(
        parts + [["total", grouped(state.scalars), "scalars, \(sizes)"]], left: [0, 2])
      + ["", growth, ""]
      + alignedColumns([
        ["tokens"] + lengths.map { grouped($0.tokens) },
        ["scalars"] + lengths.map { grouped($0.scalars) },
        [reference.kind] + lengths.map { grouped($0.reference) },
        ["ratio"] + lengths.map { (Double($0.scalars) / Double($0.reference)).fractionText },
      ])
  }

  private var relativeLines: [String] {
    ["state over that of \(reference.summary), by convention", ""]
      + alignedColumns(
        CapacityConvention.allCases.map {
          [$0.rawValue, relative[$0.recordName]!.fractionText, $0.meaning]
        }, left: [0, 2])
  }

  private var costLines: [String] {
    func perToken(_ kind: String) -> String { grouped(Int(multiplyAddsPerToken[kind]!.rounded())) }
    return alignedColumns(
      [
        ["parameters", grouped(parameters), ""],
        [
          "training", perToken("train"), "multiply-adds a token: forward once, backward twice that",
        ],
        ["decoding", perToken("decode"), "multiply-adds for token \(length), with all logits"],
        [
          "activations", activationBytes.map(bytes) ?? "not measured",
          activationBytes == nil
            ? "more than a few seconds of arithmetic"
            : "kept for the backward pass of one sequence, measured",
        ],
      ], left: [0, 2])
  }

  private var demandLines: [String] {
    let scalars = Double(state.scalars)
    var lines = alignedColumns(
      [
        [
          "the map", grouped(Int(requiredBits.rounded(.up))),
          "bits: log2 of all maps from keys to values",
        ],
        [
          "its values", grouped(Int(requiredValueBits.rounded(.up))),
          "bits: what answering every query takes",
        ],
        ["per scalar", bitsPerScalar.fractionText, "bits of the map for each state scalar"],
        [
          "", (requiredValueBits / scalars).fractionText,
          "bits of the values for each state scalar",
        ],
      ], left: [0, 2])
    lines += ["", "no model is more accurate than this (Fano), by bits that a scalar holds:", ""]
    // Beyond the first 1 there is nothing to see.
    let full = accuracyBounds.firstIndex { $0.accuracy == 1 } ?? accuracyBounds.count - 1
    let shown = accuracyBounds[max(0, full - 7)...full]
    lines += alignedColumns([
      ["bits"] + shown.map(\.bits.fractionText),
      ["accuracy"] + shown.map { $0.accuracy == 1 ? "1" : String(format: "%.3f", $0.accuracy) },
    ])
    if isTooSmall {
      lines += ["", "THIS STATE CANNOT HOLD THE ANSWERS, even at 32 bits a scalar."]
    }
    return lines
  }
}

extension ModelConfiguration {
  /// The model in words: kind, width, layers and the mixer's own settings that bear on its state.
  public var summary: String {
    let values = (try? values) ?? [:]
    let own = ["d_state", "expand", "headdim", "ngroups", "num_heads"].compactMap { key in
      values[key].map { "\(key) \($0)" }
    }
    let shape = ["d_model \(backbone.modelDimension)", "n_layers \(backbone.layers)"]
    return "\(kind) (\((shape + own).joined(separator: ", ")))"
  }
}

/// 16 384
private func grouped(_ number: Int) -> String {
  let digits = Array(String(number.magnitude))
  let text = digits.indices.map { index in
    (index > 0 && (digits.count - index) % 3 == 0 ? " " : "") + String(digits[index])
  }.joined()
  return number < 0 ? "-" + text : text
}

private func bytes(_ count: Int) -> String {
  switch count {
  case 1_000_000_000...: String(format: "%.3g GB", Double(count) / 1e9)
  case 1_000_000...: String(format: "%.3g MB", Double(count) / 1e6)
  case 1000...: String(format: "%.3g kB", Double(count) / 1e3)
  default: "\(count) B"
  }
}
