import Foundation
import Storage
import Testing

@Suite struct SafetensorsTests {
  @Test func readsWhatIsWritten() throws {
    try withTemporaryFolder { folder throws in
      let url = folder.appending(path: "a.safetensors")
      let names = ["b", "a \"quoted\" \\ é 🙂\n", "empty", "scalar"]
      let writer = try SafetensorsWriter(
        to: url,
        tensors: [
          .init(names[0], .float32, [2, 3]), .init(names[1], .int32, [4]),
          .init(names[2], .float32, [0, 5]), .init(names[3], .int32, []),
        ], metadata: ["task": "mqar", "é/": "\u{1}\t"])
      // Interleaved and in parts.
      try writer.append([1.5, -2] as [Float], to: names[0])
      try writer.append([7, -100, .max] as [Int32], to: names[1])
      try writer.append([.infinity, 0, -0.0, .leastNonzeroMagnitude] as [Float], to: names[0])
      try writer.append([.min] as [Int32], to: names[1])
      try writer.append([42] as [Int32], to: names[3])
      #expect(!FileManager.default.fileExists(atPath: url.path))
      try writer.finish()

      let file = try SafetensorsFile(contentsOf: url)
      #expect(file.metadata == ["task": "mqar", "é/": "\u{1}\t"])
      #expect(try file.floats(names[0]) == [1.5, -2, .infinity, 0, -0.0, .leastNonzeroMagnitude])
      #expect(file.tensors[names[0]]?.shape == [2, 3])
      #expect(try file.integers(names[1]) == [7, -100, .max, .min])
      #expect(try file.integers(names[1], in: 1..<3) == [-100, .max])
      #expect(try file.floats(names[2]).isEmpty)
      #expect(try file.integers(names[3]) == [42])
      let bytes = try Data(contentsOf: url)
      let headerLength = bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.1) << (8 * $1.0) }
      #expect(headerLength.isMultiple(of: 8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    }
  }

  @Test func unfinishedFilesLeaveNothing() throws {
    try withTemporaryFolder { folder throws in
      let url = folder.appending(path: "a.safetensors")
      do { _ = try SafetensorsWriter(to: url, tensors: [.init("a", .int32, [1])]) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
      let nowhere = folder.appending(path: "none/a.safetensors")
      let error = #expect(throws: FileError.self) { try AtomicFile.write(Data(), to: nowhere) }
      #expect(error?.file == nowhere.path)
      #expect(error?.problem == "cannot write: No such file or directory")
    }
  }

  @Test func wideTypesAreNarrowed() throws {
    try withTemporaryFolder { folder throws in
      let url = folder.appending(path: "wide")
      func write(_ type: String, _ numbers: [some BitwiseCopyable]) throws -> SafetensorsFile {
        let data = numbers.withUnsafeBytes { Data($0) }
        let header = "{\(entry("x", type, "[\(numbers.count)]", "[0,\(data.count)]"))}"
        try (safetensors(header) + data).write(to: url)
        return try SafetensorsFile(contentsOf: url)
      }
      #expect(try write("I64", [-100, 8191] as [Int64]).integers("x") == [-100, 8191])
      #expect(try write("F64", [0.1] as [Double]).floats("x") == [0.1])
      let error = #expect(throws: SafetensorsError.self) {
        try write("I64", [Int64(Int32.max) + 1] as [Int64]).integers("x")
      }
      #expect(error?.description == "\(url.path): tensor x: 2147483648 does not fit in 32 bits")
      #expect(try write("U8", [0, 255] as [UInt8]).integers("x") == [0, 255])
      #expect(throws: SafetensorsError.self) { try write("BOOL", [1] as [UInt8]).integers("x") }
      #expect(throws: SafetensorsError.self) { try write("I32", [1] as [Int32]).floats("x") }
      #expect(throws: SafetensorsError.self) { try write("I32", [1] as [Int32]).integers("y") }
    }
  }

  @Test(arguments: HostileFile.all.map(\.name))
  func hostileFilesAreRefused(name: String) throws {
    let hostile = try #require(HostileFile.all.first { $0.name == name })
    try withTemporaryFolder { folder throws in
      let url = folder.appending(path: "hostile.safetensors")
      try hostile.data.write(to: url)
      let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: url) }
      #expect(error?.description.contains(hostile.says) == true, "\(error?.description ?? "none")")
      #expect(error?.description.hasPrefix(url.path) == true)
    }
  }

  /// Other files that are often found in place of one.
  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "is a Git LFS pointer"),
    ("<!DOCTYPE html><html></html>", "is an HTML page"), ("<HTML>", "is an HTML page"),
    ("PK\u{3}\u{4}archive", "is a ZIP archive, as torch.save writes it"),
    ("\r\n \u{FEFF}<html>", "is an HTML page"), ("BZh91AY", "is a bzip2 archive; unpack it first"),
    ("{\"weight_map\": {}}", "is JSON"), ("\n[1, 2, 3, 4]", "is JSON"),
    (String(repeating: "a", count: 257) + "ustar", "is a tar archive; unpack it first"),
    ("\u{1F}\u{8}", "is too short"),
  ])
  func otherFilesAreNamed(text: String, name: String) throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "weights.safetensors")
      try Data(text.utf8).write(to: url)
      let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: url) }
      #expect(error?.problem.hasPrefix(name) == true, "\(error.map { "\($0)" } ?? "")")
    }
  }

  @Test func aMissingTensorIsNamedBesideThoseThatAreThere() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "x.safetensors")
      let writer = try SafetensorsWriter(
        to: url, tensors: ["b", "a"].map { .init($0, .float32, [0]) })
      try writer.finish()
      let error = #expect(throws: SafetensorsError.self) {
        try SafetensorsFile(contentsOf: url).floats("c")
      }
      #expect(error?.description.hasSuffix("tensor c: is missing; the file holds 2: a, b") == true)
      #expect(throws: FileError.self) { try SafetensorsFile(contentsOf: folder) }
    }
  }

  /// Names and types come from the file. In messages they must not control a terminal or be very long.
  @Test func messagesAreHarmless() throws {
    try withTemporaryFolder { folder throws in
      let url = folder.appending(path: "escapes")
      let name = #"\u001b[2J"# + String(repeating: "x", count: 100_000)
      try safetensors("{\(entry(name, #"\u001b[31m"#, "[1]", "[0,4]"))}", dataBytes: 4).write(
        to: url)
      let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: url) }
      let text = try #require(error?.description)
      #expect(text.hasPrefix("\(url.path): tensor \u{FFFD}[2Jxxx") && text.count < 800)
      #expect(text.hasSuffix("dtype \u{FFFD}[31m is not known"))
    }
  }

  /// A header's length that fits into the file, which is sparse, but exceeds the limit.
  @Test func headersHaveALimit() throws {
    try withTemporaryFolder { folder throws in
      let url = folder.appending(path: "sparse")
      try safetensors("", length: 1 << 30).write(to: url)
      let handle = try FileHandle(forWritingTo: url)
      try handle.truncate(atOffset: 1 << 31)
      try handle.close()
      let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: url) }
      #expect(error?.problem.contains("more than 100000000") == true)
    }
  }

  @Test func onlyRegularFilesAreRead() throws {
    try withTemporaryFolder { folder throws in
      let pipe = folder.appending(path: "pipe")
      #expect(mkfifo(pipe.path, 0o600) == 0)
      for url in [folder, pipe, URL(fileURLWithPath: "/dev/zero"), folder.appending(path: "none")] {
        let error = #expect(throws: FileError.self) { try SafetensorsFile(contentsOf: url) }
        #expect(error?.file == url.path)
      }
    }
  }

  @Test func filesCutAfterOpeningAreRefused() throws {
    try withTemporaryFolder { folder throws in
      let url = folder.appending(path: "cut")
      try safetensors("{\(entry("a", "F32", "[4]", "[0,16]"))}", dataBytes: 16).write(to: url)
      let opened = try SafetensorsFile(contentsOf: url)
      let handle = try FileHandle(forWritingTo: url)
      try handle.truncate(atOffset: 12)
      try handle.close()
      let error = #expect(throws: FileError.self) { try opened.floats("a") }
      #expect(error?.problem == "ends while it is read")
    }
  }
}
