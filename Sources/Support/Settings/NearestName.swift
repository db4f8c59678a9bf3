/// The name that was most likely meant by `name`: one that means the same elsewhere, one of which it is an abbreviation,
/// or the one with the smallest edit distance (Levenshtein), the first of several. Nil where none is near.
public func nearestName(to name: String, in names: [String]) -> String? {
  let word = name.lowercased().replacing("-", with: "_")
  if let same = synonyms[word]?.first(where: names.contains) { return same }
  let abbreviated = names.filter { word.count > 1 && isAbbreviation(word, of: $0) }
  if let shortest = abbreviated.min(by: { $0.count < $1.count }) { return shortest }
  let distances = names.map { (name: $0, edits: editDistance(name, $0)) }
  guard let nearest = distances.min(by: { $0.edits < $1.edits }) else { return nil }
  let longest = max(name.count, nearest.name.count)
  // Half of a name may differ, such as two letters of three that are swapped.
  return 2 * nearest.edits <= longest + 1 ? nearest.name : nil
}

/// What other programs call keys of this one, with their names here.
private let synonyms: [String: [String]] = [
  "learning_rate": ["lr"], "rate": ["lr"], "wd": ["weight_decay"],
  "warmup": ["warmup_steps"], "clip_grad_norm": ["max_grad_norm"], "grad_clip": ["max_grad_norm"],
  "bs": ["batch_size"], "length": ["sequence_length"], "context_length": ["sequence_length"],
  "max_steps": ["steps", "stages"], "num_steps": ["steps", "stages"], "num_epochs": ["epochs"],
  "layers": ["n_layers"], "depth": ["n_layers"], "num_layers": ["n_layers"],
  "num_hidden_layers": ["n_layers"], "n_layer": ["n_layers"],
  "dim": ["d_model"], "width": ["d_model"], "hidden_size": ["d_model"],
  "embed_dim": ["d_model"], "n_embd": ["d_model"],
  "state": ["d_state"], "state_size": ["d_state"], "state_dim": ["d_state"],
  "heads": ["num_heads"], "n_heads": ["num_heads"], "n_head": ["num_heads"],
  "head_dim": ["headdim", "head_dim"], "num_kv_pairs": ["n_pairs"], "num_pairs": ["n_pairs"],
  "mamba2": ["ssd"], "mamba_2": ["ssd"], "transformer": ["attention"], "softmax": ["attention"],
  "gdn": ["gated_deltanet"], "based": ["linear_attention"], "swa": ["sliding_window"],
  "rwkv": ["rwkv7"], "mha": ["attention"],
  "pairs": ["n_pairs"], "seeds": ["seed"], "name": ["experiment"],
]

/// Whether every word of `short`, split at `_`, begins a word of `name`, in order: seq_len of sequence_length.
private func isAbbreviation(_ short: String, of name: String) -> Bool {
  var words = name.split(separator: "_")[...]
  return short.split(separator: "_").allSatisfy { part in
    while let word = words.popFirst() {
      if word.hasPrefix(part) { return true }
    }
    return false
  }
}

/// ", the nearest is NAME", or nothing where none is near.
package func nearestText(to name: String, in names: [String]) -> String {
  nearestName(to: name, in: names).map { ", the nearest is \($0)" } ?? ""
}

/// How many insertions, deletions and replacements of characters turn one text into the other.
package func editDistance(_ first: String, _ second: String) -> Int {
  let second = Array(second)
  var row = Array(0...second.count)
  for (i, a) in first.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, b) in second.enumerated() {
      let replaced = diagonal + (a == b ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
    }
  }
  return row[second.count]
}
