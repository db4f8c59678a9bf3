import Autodiff
import Foundation
import Storage
import Support

extension LanguageModel {
  /// Reads every parameter from a safetensors file with the names of the public PyTorch models.
  /// `isOurs` says that `write` made the file, which must then have a checksum. Throws if a tensor is missing, extra or
  /// of another shape, naming it.
  ///
  /// - Parameters:
  ///   - url: the safetensors file.
  ///   - isOurs: whether `write` made it.
  ///   - shorteningPositions: whether learned positions of a model with a larger maximum length will do; the first ones
  ///     are taken.
  ///   - note: is called with what was done to the names.
  public func readWeights(
    from url: URL, isOurs: Bool = false, shorteningPositions: Bool = false,
    note: (String) -> Void = { _ in }
  ) throws -> ParameterBuffer {
    let file = try SafetensorsFile(contentsOf: url)
    let names = WeightNames(file)
    let copies = self.copies
    let known = Set(parameters.flatMap(\.names) + copies.map(\.name))
    let extras = names.all.filter { name in
      !known.contains(name) && !ignoredNames.contains { name.hasPrefix($0) }
    }
    if let extra = extras.min() {
      throw file.problem(names[extra], "is not part of this model" + Self.advice(on: extra))
    }
    let buffer = ParameterBuffer(count: bufferCount)
    try read(
      into: [("", buffer)], from: file, isOurs: isOurs, names: names,
      shorteningPositions: shorteningPositions)
    for copy in copies {
      let name = names[copy.name]
      guard let info = file.tensors[name] else { continue }
      guard info.shape == copy.of.shape,
        try file.floats(name).elementsEqual(buffer.elements(of: copy.of))
      else {
        throw file.problem(
          name,
          copy.of.name == tokenEmbedding.name
            ? "differs from the embedding; this model's head is tied to it, so it is another model"
            : "differs from \(copy.of.name), of which it is a copy in this model")
      }
    }
    if !names.prefix.isEmpty {
      note("\(url.relativePath): the names of its tensors are read without \(names.prefix)")
    }
    return buffer
  }

  /// Names under which public files hold a tensor once more.
  private var copies: [(name: String, of: Parameter)] {
    guard let head = maskedTokenHead else { return [(WeightNames.head, tokenEmbedding)] }
    let names = MaskedTokenHead.copies
    return [
      (WeightNames.head, tokenEmbedding), (names.embedding, tokenEmbedding),
      (names.bias, head.bias),
    ]
  }

  private static func advice(on name: String) -> String {
    if name.hasPrefix("cls.predictions.") {
      return "; a model with BERT's head for masked tokens has mlm_head: true"
    }
    return name.hasPrefix("backbone.norm_f.")
      ? "; a model with an RMSNorm before its head, such as mamba_ssm's, has final_norm: rms" : ""
  }

  /// Reads several buffers; the tensors of each have names with a prefix of its own. Throws if the file's checksum
  /// does not match, or if the file has none although `isOurs`.
  public func read(
    into buffers: [(prefix: String, buffer: ParameterBuffer)], from file: SafetensorsFile,
    isOurs: Bool
  ) throws {
    try read(into: buffers, from: file, isOurs: isOurs, names: nil)
  }

  private func read(
    into buffers: [(prefix: String, buffer: ParameterBuffer)], from file: SafetensorsFile,
    isOurs: Bool, names: WeightNames?, shorteningPositions: Bool = false
  ) throws {
    let shortened = shorteningPositions ? hasMorePositions(file, names) : false
    for (prefix, buffer) in buffers {
      try read(into: buffer, from: file, shortened: shortened) {
        names?[prefix + $0] ?? prefix + $0
      }
    }
    // The checksum is that of all positions.
    if shortened { return }
    var metadata = file.metadata
    guard let checksum = metadata.removeValue(forKey: Self.checksumKey) else {
      guard !isOurs else { throw file.problem(nil, "has no checksum, so it may be damaged") }
      return
    }
    guard checksum == self.checksum(of: buffers, metadata) else {
      throw file.problem(nil, "its checksum does not match its numbers")
    }
  }

  private static let checksumKey = "checksum"

  /// FNV-1a over metadata, names and numbers, as 16 hexadecimal digits. Numbers are taken 32 bits at a time, texts
  /// byte by byte.
  private func checksum(
    of buffers: [(prefix: String, buffer: ParameterBuffer)], _ metadata: [String: String]
  ) -> String {
    var hash = Checksum()
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      hash.add("\(key)=\(value);")
    }
    for (prefix, buffer) in buffers {
      for parameter in parameters {
        hash.add("\(prefix)\(parameter.name):")
        for number in buffer.elements(of: parameter) { hash.add(UInt64(number.bitPattern)) }
      }
    }
    return hash.hexadecimal
  }

  /// Whether the file has learned positions for longer sequences than this model's.
  private func hasMorePositions(_ file: SafetensorsFile, _ names: WeightNames?) -> Bool {
    guard let positions = positionEmbedding,
      let shape = file.tensors[names?[positions.name] ?? positions.name]?.shape, shape.count == 2
    else { return false }
    return shape[0] > positions.shape[0] && shape[1] == positions.shape[1]
  }

  /// Reads every parameter.
  ///
  /// - Parameters:
  ///   - shortened: whether the file has more learned positions than the model.
  ///   - nameInFile: the name of its tensor.
  private func read(
    into buffer: ParameterBuffer, from file: SafetensorsFile, shortened: Bool,
    _ nameInFile: (String) -> String
  ) throws {
    for parameter in parameters {
      let name = nameInFile(parameter.name)
      guard let info = file.tensors[name] else {
        throw file.missing(name, " (this model needs it with shape \(parameter.shape))")
      }
      let isShortened = shortened && parameter.name == positionEmbedding?.name
      guard info.shape == parameter.shape || isShortened else {
        throw file.problem(name, "has shape \(info.shape); this model needs \(parameter.shape)")
      }
      let values = try file.floats(name)
      for other in parameter.otherNames.map(nameInFile) where file.tensors[other] != nil {
        guard try file.floats(other) == values else {
          throw file.problem(other, "differs from \(name); they are one tensor of this model")
        }
      }
      _ = buffer.elements(of: parameter).update(fromContentsOf: values.prefix(parameter.count))
    }
  }

  /// Writes every parameter to a safetensors file, atomically, after `confirm` as in `AtomicFile.finish`.
  public func write(
    _ values: ParameterBuffer, to url: URL, after confirm: () throws -> Void = {}
  ) throws {
    try write([("", values)], metadata: [:], to: url, after: confirm)
  }

  /// Writes several buffers atomically, with a checksum in the metadata; the tensors of each buffer have names with a
  /// prefix of its own.
  public func write(
    _ buffers: [(prefix: String, buffer: ParameterBuffer)], metadata: [String: String],
    to url: URL, after confirm: () throws -> Void = {}
  ) throws {
    let checksum = [Self.checksumKey: checksum(of: buffers, metadata)]
    let writer = try SafetensorsWriter(
      to: url,
      tensors: buffers.flatMap { prefix, _ in
        parameters.flatMap { parameter in
          parameter.names.map { .init(prefix + $0, .float32, parameter.shape) }
        }
      }, metadata: metadata.merging(checksum) { $1 })
    for (prefix, buffer) in buffers {
      for parameter in parameters {
        for name in parameter.names {
          try writer.append(
            UnsafeBufferPointer(buffer.elements(of: parameter)), to: prefix + name)
        }
      }
    }
    try writer.finish(after: confirm)
  }
}
