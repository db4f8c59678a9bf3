import Autodiff
import Foundation
import Models
import Storage

/// The file in which an unfinished run is saved: parameters and optimizer moments as tensors; position,
/// configuration and evaluations as metadata.
enum TrainerCheckpoint {
  private static let format = "1"
  /// With an evaluation that has begun. Programs that do not know of it would leave the evaluation out.
  private static let formatWithEvaluation = "2"

  static func write(
    to url: URL, model: LanguageModel, configuration: RunConfiguration, position: TrainingPosition,
    evaluations: [Evaluation], unfinished: SplitProgress?,
    buffers: [(prefix: String, buffer: ParameterBuffer)], after confirm: () throws -> Void
  ) throws {
    var metadata = [
      "format": format, "configuration": try json(configuration), "position": try json(position),
      "evaluations": try json(evaluations),
    ]
    if let unfinished {
      metadata["format"] = formatWithEvaluation
      metadata["unfinished_evaluation"] = try json(unfinished)
    }
    try model.write(buffers, metadata: metadata, to: url, after: confirm)
  }

  /// Throws `DamagedCheckpoint`, or `FileError` for one of another version.
  static func read(
    from url: URL, model: LanguageModel, configuration: RunConfiguration,
    buffers: [(prefix: String, buffer: ParameterBuffer)]
  ) throws -> (TrainingPosition, [Evaluation], SplitProgress?) {
    do {
      let file = try SafetensorsFile(contentsOf: url)
      guard [format, formatWithEvaluation].contains(file.metadata["format"]) else {
        // Damage may have changed the format's number. If the tensors are those of this format, the checksum decides.
        let names = buffers.flatMap { prefix, _ in
          model.parameters.flatMap { $0.names.map { prefix + $0 } }
        }
        if Set(names) == Set(file.tensors.keys) {
          try model.read(into: buffers, from: file, isOurs: false)
        }
        throw OtherFormat(file.metadata["format"])
      }
      return try read(file, model, configuration, buffers)
    } catch let error as OtherFormat {
      throw FileError(
        url,
        "checkpoint format \(error.format ?? "unknown"), this program reads \(format) and "
          + "\(formatWithEvaluation); finish the run with the program that began it, or delete the file to start over"
      )
    } catch {
      throw DamagedCheckpoint(reason: "\(error)")
    }
  }

  private static func read(
    _ file: SafetensorsFile, _ model: LanguageModel, _ configuration: RunConfiguration,
    _ buffers: [(prefix: String, buffer: ParameterBuffer)]
  ) throws -> (TrainingPosition, [Evaluation], SplitProgress?) {
    func metadata(_ key: String) throws -> Data {
      guard let text = file.metadata[key] else {
        throw file.problem(nil, "not a checkpoint of a run: no \(key) in it")
      }
      return Data(text.utf8)
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard
      try decoder.decode(RunConfiguration.self, from: metadata("configuration")) == configuration
    else {
      throw file.problem(nil, "the checkpoint of another configuration")
    }
    try model.read(into: buffers, from: file, isOurs: true)
    return (
      try decoder.decode(TrainingPosition.self, from: metadata("position")),
      try decoder.decode([Evaluation].self, from: metadata("evaluations")),
      file.metadata["format"] == formatWithEvaluation
        ? try decoder.decode(SplitProgress.self, from: metadata("unfinished_evaluation")) : nil
    )
  }

  private struct OtherFormat: Error {
    let format: String?
    init(_ format: String?) { self.format = format }
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // The sums of an unfinished evaluation may be infinite or NaN.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

/// A checkpoint that is damaged or belongs to another run.
public struct DamagedCheckpoint: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, as text for people.
  public let reason: String
  public var description: String { reason }

  public init(reason: String) { self.reason = reason }
}
