import Autodiff
import Foundation
import Mixers
import Storage

/// The file that keeps an unfinished run: parameters and optimizer moments as tensors; position,
/// configuration and evaluations as metadata.
enum TrainerCheckpoint {
  private static let format = "1"

  static func write(
    to url: URL, model: LanguageModel, configuration: RunConfiguration, position: Trainer.Position,
    evaluations: [Evaluation], buffers: [(prefix: String, buffer: ParameterBuffer)]
  ) throws {
    try model.write(
      buffers,
      metadata: [
        "format": format, "configuration": json(configuration), "position": json(position),
        "evaluations": json(evaluations),
      ], to: url)
  }

  static func read(
    from url: URL, model: LanguageModel, configuration: RunConfiguration,
    buffers: [(prefix: String, buffer: ParameterBuffer)]
  ) throws -> (Trainer.Position, [Evaluation]) {
    let file: SafetensorsFile
    do {
      file = try SafetensorsFile(contentsOf: url)
    } catch {
      throw FileError(url, "the checkpoint is damaged; delete it to start the run over (\(error))")
    }
    func metadata(_ key: String) throws -> Data {
      guard let text = file.metadata[key] else {
        throw file.problem(nil, "not a checkpoint of a run: no \(key) in it")
      }
      return Data(text.utf8)
    }
    guard file.metadata["format"] == format else {
      throw file.problem(
        nil,
        "checkpoint format \(file.metadata["format"] ?? "unknown"), this program reads \(format); finish "
          + "the run with the program that began it, or delete the file to start over")
    }
    let decoder = JSONDecoder()
    guard
      try decoder.decode(RunConfiguration.self, from: metadata("configuration")) == configuration
    else {
      throw file.problem(nil, "the checkpoint of another configuration")
    }
    for (prefix, buffer) in buffers {
      try model.read(into: buffer, from: file, named: prefix)
    }
    return (
      try decoder.decode(Trainer.Position.self, from: metadata("position")),
      try decoder.decode([Evaluation].self, from: metadata("evaluations"))
    )
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
