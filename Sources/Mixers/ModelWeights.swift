import Autodiff
import Foundation
import Storage

extension LanguageModel {
  /// Reads every parameter from a safetensors file with the names of the public PyTorch models.
  /// Throws if a tensor is missing, extra or of another shape, naming it.
  public func readWeights(from url: URL) throws -> ParameterBuffer {
    let file = try SafetensorsFile(contentsOf: url)
    let known = Set(parameters.map(\.name))
    if let extra = file.tensors.keys.filter({ !known.contains($0) }).min() {
      throw file.problem(extra, "is not part of this model")
    }
    let buffer = ParameterBuffer(count: bufferCount)
    try read(into: buffer, from: file, named: "")
    return buffer
  }

  /// Reads one value for every parameter from the tensors named `prefix` + parameter name.
  public func read(
    into buffer: ParameterBuffer, from file: SafetensorsFile, named prefix: String
  ) throws {
    for parameter in parameters {
      let name = prefix + parameter.name
      guard let info = file.tensors[name] else {
        throw file.problem(name, "is missing; this model needs it with shape \(parameter.shape)")
      }
      guard info.shape == parameter.shape else {
        throw file.problem(name, "has shape \(info.shape); this model needs \(parameter.shape)")
      }
      _ = buffer.elements(of: parameter).update(fromContentsOf: try file.floats(name))
    }
  }

  /// Writes every parameter to a safetensors file, atomically.
  public func write(_ values: ParameterBuffer, to url: URL) throws {
    try write([("", values)], metadata: [:], to: url)
  }

  /// Writes buffers of one value per parameter, each under names with a prefix of its own, atomically.
  public func write(
    _ buffers: [(prefix: String, buffer: ParameterBuffer)], metadata: [String: String], to url: URL
  ) throws {
    let writer = try SafetensorsWriter(
      to: url,
      tensors: buffers.flatMap { prefix, _ in
        parameters.map { .init(prefix + $0.name, .float32, $0.shape) }
      }, metadata: metadata)
    for (prefix, buffer) in buffers {
      for parameter in parameters {
        try writer.append(
          UnsafeBufferPointer(buffer.elements(of: parameter)), to: prefix + parameter.name)
      }
    }
    try writer.finish()
  }
}
