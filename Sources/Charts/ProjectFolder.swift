import Foundation

/// The folder that holds `Package.swift`, `plots/` and `tasks/`.
public enum ProjectFolder {
  /// `RECALLBENCH_HOME` if that is set, else the nearest such folder at or above the executable
  /// or the current folder.
  ///
  /// - Throws: `ProjectFolderError` when there is none.
  public static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    startingAt starts: [URL] = [executable, currentFolder]
  ) throws(ProjectFolderError) -> URL {
    if let home = environment["RECALLBENCH_HOME"], !home.isEmpty {
      let folder = URL(filePath: home, directoryHint: .isDirectory).standardizedFileURL
      guard isProject(folder) else { throw .init(home: home) }
      return folder
    }
    for start in starts {
      var folder = start.standardizedFileURL
      while folder.path != "/" {
        if isProject(folder) { return folder }
        folder.deleteLastPathComponent()
      }
    }
    throw .init(home: nil)
  }

  public static var executable: URL {
    (Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0]))
      .resolvingSymlinksInPath()
  }

  public static var currentFolder: URL {
    URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
  }

  private static func isProject(_ folder: URL) -> Bool {
    ["Package.swift", "plots"].allSatisfy { name in
      FileManager.default.fileExists(atPath: folder.appending(path: name).path)
    }
  }
}

public struct ProjectFolderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What `RECALLBENCH_HOME` was, if it was set.
  public let home: String?

  package init(home: String?) {
    self.home = home
  }

  public var description: String {
    if let home {
      "RECALLBENCH_HOME is \(home), but that folder does not hold Package.swift and plots/"
    } else {
      "no folder with Package.swift and plots/ at or above the program or the current folder; "
        + "set RECALLBENCH_HOME to RecallBench's folder"
    }
  }
}
