import Storage

/// The tensors of a file of weights by this model's names. Other programs have other names for some of them.
struct WeightNames {
  /// What stands before all names, such as `_orig_mod.`, and is left out; empty for nothing.
  let prefix: String
  /// The file's names by this model's.
  private let names: [String: String]

  /// Of PyTorch's wrappers: torch.compile, DistributedDataParallel, Lightning and others.
  private static let prefixes = ["_orig_mod.", "module.", "model."]
  static let head = "lm_head.weight"
  static let embedding = "backbone.embeddings.word_embeddings.weight"
  /// mamba_ssm's and Hugging Face's names of the embedding.
  private static let otherEmbeddings = ["backbone.embedding.weight", "backbone.embeddings.weight"]

  init(_ file: SafetensorsFile) {
    var prefix = ""
    let all = file.tensors.keys.filter { $0 != Self.head }
    while let next = Self.prefixes.first(where: { part in
      !all.isEmpty && all.allSatisfy { $0.hasPrefix(prefix + part) }
    }) {
      prefix += next
    }
    self.prefix = prefix
    var names: [String: String] = [:]
    for name in file.tensors.keys {
      names[name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name] = name
    }
    if names[Self.embedding] == nil,
      let other = Self.otherEmbeddings.first(where: { names[$0] != nil })
    {
      names[Self.embedding] = names.removeValue(forKey: other)
    }
    self.names = names
  }

  /// The file's name of a tensor; the model's where the file has none.
  subscript(name: String) -> String { names[name] ?? prefix + name }

  /// Names as the model has them.
  var all: [String] { Array(names.keys) }
}
