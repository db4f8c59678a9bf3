import Foundation

/// The folder of a clone of RecallBench: it holds `Package.swift`, `plots/` and `tasks/`.
package enum ProjectFolder {
  /// `RECALLBENCH_HOME` if that is set, else the nearest such folder at or above the executable
  /// or the current folder.
  ///
  /// - Throws: `ProjectFolderError` when there is none.
  package static func find(
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

  package static var executable: URL {
    (Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0]))
      .resolvingSymlinksInPath()
  }

  package static var currentFolder: URL {
    URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
  }

  // Another package may well have a folder `plots` of its own.
  private static func isProject(_ folder: URL) -> Bool {
    ["Package.swift", "plots/parts"].allSatisfy { name in
      FileManager.default.fileExists(atPath: folder.appending(path: name).path)
    }
  }
}

/// The folder of gnuplot scripts (`NAME.gp` and `parts/`) and of published tables (`tables/NAME.csv`).
///
/// A clone of RecallBench uses its own `plots/`. The program of another package uses the copy that SwiftPM puts
/// beside every executable that it builds.
package enum PlotFolder {
  /// - Throws: `ProjectFolderError` when there is neither a clone nor a copy.
  package static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    startingAt starts: [URL] = [ProjectFolder.executable, ProjectFolder.currentFolder],
    executable: URL = ProjectFolder.executable
  ) throws(ProjectFolderError) -> URL {
    do {
      return try ProjectFolder.find(environment: environment, startingAt: starts)
        .appending(path: "plots")
    } catch {
      // A wrong RECALLBENCH_HOME is to be mended.
      guard error.home == nil, let copy = copy(beside: executable) else { throw error }
      return copy
    }
  }

  /// The names are SwiftPM's, for the resources of this target on Linux and on macOS.
  private static func copy(beside executable: URL) -> URL? {
    let folder = executable.deletingLastPathComponent()
    return ["resources", "bundle"].lazy.map {
      folder.appending(path: "RecallBench_PlotFiles.\($0)")
    }
    .compactMap { Bundle(url: $0)?.resourceURL }
    .first { FileManager.default.fileExists(atPath: $0.appending(path: "parts").path) }
  }
}

package struct ProjectFolderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What `RECALLBENCH_HOME` was, if it was set.
  package let home: String?

  package init(home: String?) {
    self.home = home
  }

  package var description: String {
    if let home {
      "RECALLBENCH_HOME is \(home), but that folder does not hold Package.swift and plots/parts/"
    } else {
      "no folder with Package.swift and plots/parts/ at or above the program or the current folder; "
        + "set RECALLBENCH_HOME to RecallBench's folder"
    }
  }
}
