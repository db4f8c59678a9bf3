import Charts
import Foundation
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

  private func makeProject(in folder: TemporaryFolder) throws -> URL {
    _ = try folder.write("", named: "Package.swift")
    for name in ["plots", "some/where"] {
      try FileManager.default.createDirectory(
        at: folder.url.appending(path: name), withIntermediateDirectories: true)
    }
    return folder.url.appending(path: "some/where")
  }
}
