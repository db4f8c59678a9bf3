import Foundation
import Storage
import Support

/// Reads a model's description from a JSON file: one with the model's keys, or the record of a run.
public enum ModelFile {
  /// The model's keys; those of a run's record lie under configuration.model.
  private static func modelValues(_ values: [String: SettingValue]) -> [String: SettingValue] {
    if case .object(let configuration)? = values["configuration"],
      case .object(let model)? = configuration["model"]
    {
      return model
    }
    return values
  }

  public static func read(_ url: URL) throws -> ModelConfiguration {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw FileError(url, "cannot be read: \(error.localizedDescription)")
    }
    let values: [String: SettingValue]
    do {
      values = try JSONDecoder().decode([String: SettingValue].self, from: data)
    } catch {
      throw FileError(url, "not one JSON object that describes a model")
    }
    do {
      let configuration = try ModelConfiguration(record: modelValues(values))
      for (key, value) in [
        ("vocab_size", configuration.shape.vocabularySize),
        ("max_length", configuration.shape.maximumLength),
      ] where value < 1 {
        throw SettingsError(key, value, allowed: "at least 1")
      }
      return configuration
    } catch let error as SettingsError {
      throw FileError(url, error.description)
    }
  }
}
