import Foundation
import Models
import RecallTasks
import Support
import Training

extension TrainingSettings {
  /// The same with the files that `training` names read and hashed. Paths are relative to the experiment's folder, those of
  /// the command line to the present one. Throws `ConfigurationError` for a file that cannot be read.
  func readingFiles(of training: ConfigurationNode) throws -> TrainingSettings {
    var settings = self
    let keys:
      [(WritableKeyPath<TrainingSettings, ContentFile>, String, (String) throws -> ContentFile)] = [
        (\.initialWeights, "initial_weights", ContentFile.init(weights:)),
        (\.data, "data", ContentFile.init(examples:)),
      ]
    for (property, key, read) in keys where !self[keyPath: property].path.isEmpty {
      guard let entry = training.entry(key) else { continue }
      let mark = entry.node.mark
      let folder =
        mark.line == 0 ? URL(filePath: ".") : URL(filePath: mark.file).deletingLastPathComponent()
      let path = URL(filePath: self[keyPath: property].path, relativeTo: folder).path
      do {
        settings[keyPath: property] = try read(path)
      } catch {
        throw ConfigurationError(mark, "\(entry.written): \(error)")
      }
    }
    return settings
  }
}

extension RunConfiguration {
  /// Throws `ConfigurationError` at a key of `training` whose file does not fit: weights of another model, examples of another
  /// length than the stage's, or too few.
  func checkFiles(of group: ConfigurationNode) throws {
    func check(_ key: String, _ body: () throws -> Void) throws {
      do {
        try group.locating(body)
      } catch let error where !(error is ConfigurationError) {
        throw ConfigurationError(group.entry(key)?.node.mark ?? group.mark, "\(key): \(error)")
      }
    }
    if !training.initialWeights.path.isEmpty {
      try check("initial_weights") {
        try training.initialWeights.checkWeights(fit: LanguageModel(model))
      }
    }
    if !training.data.path.isEmpty { try check("data", checkData) }
  }

  private func checkData() throws {
    let file = try DatasetFile(contentsOf: URL(filePath: training.data.path))
    let stage = try TrainingPlan(self).stages[0]
    guard file.sequenceLength == stage.task.sequenceLength else {
      throw SettingsError(
        "data", "a file with examples of \(file.sequenceLength) tokens",
        allowed: "the stage's sequence_length \(stage.task.sequenceLength)")
    }
    let needed = stage.examples * (training.freshExamples ? training.epochs : 1)
    guard file.exampleCount >= needed else {
      throw SettingsError(
        "data", "a file with \(file.exampleCount) examples",
        allowed: "at least the \(needed) that training takes; give the stage fewer steps")
    }
  }
}
