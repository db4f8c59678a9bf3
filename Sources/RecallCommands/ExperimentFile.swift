import ArgumentParser
import Experiments
import Foundation
import PlotFiles
import Support

/// An experiment as a user names it: a file, or the name of one in tasks/.
enum ExperimentFile {
  static let help: ArgumentHelp =
    "The experiment: a YAML file, or the name of one in tasks/, such as mqar-table-quick."

  /// Names of experiments, and files and folders that begin as the word does.
  static let completion: CompletionKind = .custom { _, _, word in
    let files = FileManager.default
    let end = word.lastIndex(of: "/").map { word.index(after: $0) } ?? word.startIndex
    let folder = String(word[..<end])
    let entries = (try? files.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    let paths = entries.sorted().compactMap { entry -> String? in
      var isFolder: ObjCBool = false
      let path = folder + entry
      guard files.fileExists(atPath: path, isDirectory: &isFolder), !entry.hasPrefix(".") else {
        return nil
      }
      return isFolder.boolValue ? path + "/" : path.hasSuffix(".yaml") ? path : nil
    }
    return (folders.flatMap(names).distinct + paths).filter { $0.hasPrefix(word) }
  }

  static func path(_ name: String, folders: [String] = folders) throws -> String {
    if FileManager.default.fileExists(atPath: name) { return name }
    guard !name.contains("/") else { return name }
    let hasEnding = name.hasSuffix(".yaml")
    let paths = folders.map { "\($0)/\(name)\(hasEnding ? "" : ".yaml")" }
    if let path = paths.first(where: FileManager.default.fileExists) { return path }
    // With a folder or an ending it was meant as a path; reading it says what is wrong.
    guard !hasEnding else { return name }
    let known = folders.flatMap(names).distinct
    let isSetting = ["model.", "task.", "training."].contains(where: name.hasPrefix)
    throw ConfigurationError(
      SourceMark(whole: name),
      "no such file, and no experiment of this name in tasks/\(nearestText(to: name, in: known))"
        + (known.isEmpty ? "" : " (there are: \(known.joined(separator: ", ")))")
        + (isSetting ? "; a setting is written SECTION.KEY=VALUE" : ""))
  }

  /// `tasks/` here, and that of the project.
  static var folders: [String] {
    let project = try? ProjectFolder.find().appending(path: "tasks").path
    return ["tasks"] + (project.map { [$0] } ?? [])
  }

  /// The experiments of a folder, without `.yaml`.
  static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
      .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
  }
}

extension Experiment {
  init(named name: String, overrides: [String] = []) throws {
    try self.init(contentsOf: ExperimentFile.path(name), overrides: overrides)
  }
}
