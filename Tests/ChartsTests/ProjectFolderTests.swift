import Foundation
import PlotFiles
import Testing

@Suite struct ProjectFolderTests {
  @Test func foundFromBelow() throws {
    let folder = try TemporaryFolder()
    let below = try makeProject(in: folder)
    let other = try TemporaryFolder()
    let found = try ProjectFolder.find(environment: [:], startingAt: [other.url, below])
    #expect(found.path == folder.url.standardizedFileURL.path)
    let named = try ProjectFolder.find(
      environment: ["RECALLBENCH_HOME": folder.url.path], startingAt: [other.url])
    #expect(named.path == folder.url.standardizedFileURL.path)
  }

  @Test func missingFolderSaysWhatToSet() throws {
    let folder = try TemporaryFolder()
    let below = try makeProject(in: folder)
    let other = try TemporaryFolder()
    #expect(throws: ProjectFolderError(home: nil)) {
      try ProjectFolder.find(environment: [:], startingAt: [other.url])
    }
    // A wrong RECALLBENCH_HOME is an error, not a reason to look elsewhere.
    #expect(throws: ProjectFolderError(home: other.url.path)) {
      try ProjectFolder.find(
        environment: ["RECALLBENCH_HOME": other.url.path], startingAt: [below])
    }
  }

  /// The program of another package, with what SwiftPM puts beside it.
  @Test func plotsStandBesideAProgramOfAnotherPackage() throws {
    let (build, elsewhere) = (try TemporaryFolder(), try TemporaryFolder())
    let program = build.url.appending(path: "own-recall")
    func plots(_ environment: [String: String] = [:], from starts: [URL]) throws -> URL {
      try PlotFolder.find(environment: environment, startingAt: starts, executable: program)
    }
    #expect(throws: ProjectFolderError(home: nil)) { try plots(from: [elsewhere.url]) }
    let copy = build.url.appending(path: "RecallBench_PlotFiles.resources")
    try FileManager.default.createDirectory(
      at: copy.appending(path: "parts"), withIntermediateDirectories: true)
    #expect(try plots(from: [elsewhere.url]).standardizedFileURL.path == copy.path)
    // A clone comes first, and a wrong RECALLBENCH_HOME stays an error.
    let clone = try TemporaryFolder()
    let below = try makeProject(in: clone)
    #expect(
      try plots(from: [below]).path
        == clone.url.standardizedFileURL.appending(path: "plots").path)
    #expect(throws: ProjectFolderError(home: elsewhere.url.path)) {
      try plots(["RECALLBENCH_HOME": elsewhere.url.path], from: [below])
    }
  }

  private func makeProject(in folder: TemporaryFolder) throws -> URL {
    _ = try folder.write("", named: "Package.swift")
    for name in ["plots/parts", "some/where"] {
      try FileManager.default.createDirectory(
        at: folder.url.appending(path: name), withIntermediateDirectories: true)
    }
    return folder.url.appending(path: "some/where")
  }
}
