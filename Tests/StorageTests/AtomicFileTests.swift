import Foundation
import Storage
import Testing

@Suite struct AtomicFileTests {
  @Test func theSecondOfTwoNewFilesGivesWay() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("lease")
      let isFirst = try AtomicFile.writeNew(Data("first".utf8), to: url)
      let isSecond = try AtomicFile.writeNew(Data("second".utf8), to: url)
      #expect(isFirst && !isSecond)
      let text = try String(contentsOf: url, encoding: .utf8)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(text == "first" && names == ["lease"])
    }
  }

  @Test func leftOversOfOneFileAreRemoved() throws {
    try withTemporaryFolder { folder in
      for name in [".a.json.12-34.partial", ".b.json.12-34.partial", "a.json"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      AtomicFile.removePartialFiles(of: "a", in: folder)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(left == [".b.json.12-34.partial", "a.json"])
    }
  }

  @Test func onlyRegularFilesAreReplaced() throws {
    try withTemporaryFolder { folder in
      let (file, link, pipe) = (
        folder.appendingPathComponent("file"), folder.appendingPathComponent("link"),
        folder.appendingPathComponent("pipe")
      )
      try AtomicFile.write(Data("old".utf8), to: file)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
      #expect(mkfifo(pipe.path, 0o600) == 0)
      for url in [link, pipe] {
        let error = #expect(throws: FileError.self) { try AtomicFile.write(Data(), to: url) }
        #expect(error?.problem == "is not a regular file")
      }
      try AtomicFile.write(Data("new".utf8), to: file)
      #expect(try String(contentsOf: link, encoding: .utf8) == "new")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(names == ["file", "link", "pipe"])
    }
  }

  @Test func foldersAreMadeOrTheirPathIsNamed() throws {
    try withTemporaryFolder { folder in
      let deep = folder.appending(path: "a/b/c")
      for _ in 0..<2 { try makeFolder(deep) }
      try AtomicFile.write(Data("kept".utf8), to: deep.appending(path: "file"))
      for (path, problem) in [("a/b/c/file", "is not a folder"), ("a/b/c/file/d", "Not a dir")] {
        let error = #expect(throws: FileError.self) { try makeFolder(folder.appending(path: path)) }
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
      }
    }
  }

  /// Errors that lead to a retry, and errors that end a sweep.
  @Test func missingFoldersAreNamed() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("none/file")
      let error = #expect(throws: FileError.self) { try AtomicFile.write(Data(), to: url) }
      #expect(error?.isMissing == true && error?.isOutOfSpace == false)
    }
  }

  /// Of a process that is gone, and old; those of others stay.
  @Test func filesOfKilledProcessesAreRemoved() throws {
    try withTemporaryFolder { folder in
      let process = Process()
      process.executableURL = URL(filePath: "/bin/true")
      try process.run()
      process.waitUntilExit()
      let (gone, here) = (process.processIdentifier, getpid())
      func write(_ name: String, age: Double) throws {
        let url = folder.appending(path: name)
        try Data().write(to: url)
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: url.path)
      }
      try write(".d.st.\(gone)-12.partial", age: 700)
      let others = [
        ".d.st.\(gone)-13.partial", ".d.st.\(here)-14.partial", ".other.\(gone)-12.partial",
        ".d.st.x-12.partial", "d.st",
      ]
      for name in others { try write(name, age: name.hasSuffix("13.partial") ? 60 : 700) }
      AtomicFile.removeStaleFiles(of: folder.appending(path: "d.st"))
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(Set(names) == Set(others))
    }
  }
}
