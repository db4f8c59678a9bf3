import Capacity
import Foundation
import Models
import Support

extension CapacityReport {
  /// The report for a person, in five sections.
  package var text: String {
    [
      heading, section("STATE", stateLines), section("RELATIVE", relativeLines),
      section("RANK", rankLines), section("COST", costLines),
      section("INFORMATION NEEDED", informationLines),
    ].joined(separator: "\n\n")
  }

  private func section(_ title: String, _ lines: [String]) -> String {
    ([title] + lines.map { $0.isEmpty ? "" : "  " + $0 }).joined(separator: "\n")
  }

  private func setting(_ key: String) -> String {
    task.task.settingValues[key].map { "\($0)" } ?? ""
  }

  private var length: Int { task.task.sequenceLength }

  private var heading: String {
    "\(model.summary)\non MQAR with \(setting("n_pairs")) pairs in \(length) tokens, "
      + "vocabulary \(setting("vocab_size")), beside \(reference.summary)"
  }

  private var withoutState: [String] {
    let kinds = model.kindsWithoutRecurrence.joined(separator: " and ")
    let isOne = model.kindsWithoutRecurrence.count == 1
    return [
      "none: \(kinds) \(isOne ? "has" : "have") no recurrence, but a matrix for the whole sequence,",
      "so that nothing is carried from token to token.",
    ]
  }

  private var stateLines: [String] {
    guard let state else { return withoutState }
    let parts = state.titles.map { [$0.title, grouped(state.parts[$0.key]!)] }
    let sizes =
      "\(byteText(state.bytes["fp32"]!)) at fp32, \(byteText(state.bytes["bf16"]!)) at bf16"
    let growth =
      state.growthPerToken == 0
      ? "It does not grow with further tokens."
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
    guard !relative.isEmpty else { return ["not comparable by state; see RANK"] }
    return ["state relative to \(reference.summary), by convention", ""]
      + alignedColumns(
        CapacityConvention.allCases.map {
          [$0.rawValue, relative[$0.recordName]!.fractionText, $0.meaning]
        }, left: [0, 2])
  }

  private var rankLines: [String] {
    guard let rank else {
      return [
        "not computed: only for mixers that have a mixing matrix, for 2 to \(StructuralRank.longest) tokens, and where",
        "it takes a few seconds at most; try a smaller --sequence-length",
      ]
    }
    return [
      "scalars that must cross the middle of \(rank.length) tokens: the rank of the mixing matrices' blocks",
      "(structural, 1e-12 of the largest singular value) before training, inputs at random, without decay by A_log;",
      "rank: the largest of a layer's matrices; scalars: the sum over its matrices of width times both ranks;",
      "of layers that are equal, only the first is shown",
    ]
      + (rank.layers.contains { $0.computed < $0.matrices }
        ? ["estimated from some of the matrices, where their number has \"of\""] : [])
      + [""]
      + alignedColumns(
        [["layer", "mixer", "matrices", "width", "rank", "backwards", "scalars"]]
          + rank.layers.map {
            [
              "\($0.layer)", $0.kind,
              ($0.computed < $0.matrices ? "\($0.computed) of " : "")
                + "\(grouped($0.matrices)) (\($0.unit))", "\($0.width)",
              "\($0.lower)", "\($0.upper)", grouped($0.carried),
            ]
          }, left: [1, 2])
  }

  private var costLines: [String] {
    func perToken(_ kind: String) -> String {
      multiplyAddsPerToken[kind].map { grouped(Int($0.rounded())) } ?? "none"
    }
    return alignedColumns(
      [
        ["parameters", grouped(parameters), ""],
        [
          "training", perToken("train"), "multiply-adds a token: forward once, backward twice that",
        ],
        [
          "decoding", perToken("decode"),
          state == nil
            ? "without a recurrence a next token needs the whole sequence anew"
            : "multiply-adds for token \(length), with all logits",
        ],
        [
          "activations", activationBytes.map(byteText) ?? "not measured",
          activationBytes == nil
            ? "more than a few seconds of arithmetic"
            : "kept for the backward pass of one sequence, measured",
        ],
      ], left: [0, 2])
  }

  private var informationLines: [String] {
    let needed = [
      [
        "the map", grouped(Int(requiredBits.rounded(.up))),
        "bits: log2 of all maps from keys to values",
      ],
      [
        "its values", grouped(Int(requiredValueBits.rounded(.up))),
        "bits: to answer every query",
      ],
    ]
    guard let state, let bitsPerScalar else {
      let nothing = ["", "THIS MODEL CARRIES NOTHING from token to token, so it cannot answer."]
      return alignedColumns(needed, left: [0, 2]) + (state == nil ? [] : nothing)
    }
    let scalars = Double(state.scalars)
    var lines = alignedColumns(
      needed + [
        ["per scalar", bitsPerScalar.fractionText, "bits of the map for each state scalar"],
        [
          "", (requiredValueBits / scalars).fractionText,
          "bits of the values for each state scalar",
        ],
      ], left: [0, 2])
    lines += ["", "the highest possible accuracy (Fano), by bits that a scalar holds:", ""]
    // All values after the first 1 are 1, too.
    let full = accuracyBounds.firstIndex { $0.accuracy == 1 } ?? accuracyBounds.count - 1
    let shown = accuracyBounds[max(0, full - 7)...full]
    lines += alignedColumns([
      ["bits"] + shown.map(\.bits.fractionText),
      ["accuracy"] + shown.map { $0.accuracy == 1 ? "1" : fixed($0.accuracy, 3) },
    ])
    if isTooSmall {
      lines += ["", "THIS STATE CANNOT HOLD THE ANSWERS, even at 32 bits a scalar."]
    }
    return lines
  }
}

extension ModelConfiguration {
  /// The model in words: kind, width, layers and the settings of its mixers that bear on its state.
  package var summary: String {
    let sizes = "d_model \(shape.modelDimension), n_layers \(shape.layers)"
    guard isHybrid else {
      return "\(kind) (\(([sizes] + mixers[0].stateSettings).joined(separator: ", ")))"
    }
    let entries = mixers.map { mixer in
      let own = mixer.stateSettings.joined(separator: ", ")
      return type(of: mixer).kind + (own.isEmpty ? "" : " (\(own))")
    }
    return "\(kind) (\(sizes): \(entries.joined(separator: ", ")))"
  }
}

extension MixerSettings {
  fileprivate var stateSettings: [String] {
    help.filter {
      [.integer, .list].contains($0.kind) && $0.name != "chunk_length"
        || $0.name.hasPrefix("expand")
    }.map { "\($0.name) \($0.value)" }
  }
}
