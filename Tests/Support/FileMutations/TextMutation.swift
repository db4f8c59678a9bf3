import Foundation

/// Damages YAML experiments: bytes, lines, indentation, numbers and words.
package struct TextMutation {
  /// Valid files, whose parts are mixed.
  let files: [Data]
  let seed: UInt64

  package init(files: [Data], seed: UInt64) {
    (self.files, self.seed) = (files, seed)
  }

  private static let numbers = [
    "0", "1", "2", "3", "7", "64", "1e-3", "0.5", "-1", "1000000", "2147483648", "1e308", "1e999",
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", ".nan", ".inf", "0x10",
    "1/8", "null", "~", "true", "[]", "{}", "[1, 2]", "[[1], [2]]", "\"\"", "é🙂",
  ]
  private static let words = [
    "task", "model", "training", "rows", "presets", "use", "match", "seed", "table", "chart",
    "label", "published", "kind", "mqar", "copying", "attention", "ssd", "mamba", "hybrid",
    "mixers", "d_model", "d_state", "n_layers", "ngroups", "headdim", "lr", "stages", "segments",
    "steps",
    "examples", "batch_size", "batch_tokens", "sequence_length", "n_pairs", "vocab_size", "ratio",
    "by", "to", "solve", "epochs", "gradient_shards", "lanes", "evaluate_every", "evaluation_tasks",
    "<<", "",
  ]
  private static let pieces = [
    "[", "]", "{", "}", ": ", "- ", "? ", "&a ", "*a ", "!!int ", "!!binary ", "| ", "> ", "\"",
    "'", "#", "\t", "\n", "\n---\n", "\n...\n", "%YAML 1.2\n", "\u{0}", "\u{feff}", ",", "@", "`",
  ]
  /// Openings that nest when they are repeated.
  private static let nests = ["[", "{a: ", "- ", "? ", "{", "[{", "- - ? "]

  /// One file with one to four faults, or by chance none; the same for the same seed and trial.
  package func file(trial: Int) -> Data {
    var damage = Damage(seed: seed, trial: trial)
    var bytes = [UInt8](damage.pick(files))
    for _ in 0...damage.below(4) {
      switch damage.below(6) {
      case 0:
        bytes = damage.bytes(of: bytes, besides: files) { bytes, damage in
          let piece = damage.pick(Self.nests)
          let nest = String(repeating: piece, count: 1 << damage.below(18))
          bytes.insert(contentsOf: nest.utf8, at: damage.below(bytes.count))
        }
      case 1, 2:
        damage.replaceRun(in: &bytes, by: Self.numbers) { "0123456789.e-".utf8.contains($0) }
      case 3:
        damage.replaceRun(in: &bytes, by: Self.words + Self.numbers) { byte in
          (0x41...0x5A).contains(byte) || byte == 0x5F || (0x61...0x7A).contains(byte)
        }
      case 4: changeLines(of: &bytes, &damage)
      default:
        bytes.insert(contentsOf: damage.pick(Self.pieces).utf8, at: damage.below(bytes.count + 1))
      }
    }
    return Data(bytes)
  }

  /// Moves, doubles, drops or indents a line, or takes one of another file.
  private func changeLines(of bytes: inout [UInt8], _ damage: inout Damage) {
    func split(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
      bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    }
    var lines = split(bytes)
    let index = damage.below(lines.count)
    switch damage.below(5) {
    case 0: lines.remove(at: index)
    case 1: lines.insert(lines[index], at: damage.below(lines.count))
    case 2: lines.swapAt(index, damage.below(lines.count))
    case 3: lines[index] = Array(repeating: 0x20, count: damage.below(9)) + lines[index]
    default: lines.insert(damage.pick(split(damage.pick(files))), at: index)
    }
    bytes = Array(lines.joined(separator: [0x0A]))
  }
}
