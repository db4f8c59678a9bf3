import Foundation
import Randomness
import Storage
import Testing

/// Reads everything there is in a file; nil if some of it is refused.
@discardableResult
private func readAll(_ data: Data, in folder: URL) throws -> Int? {
  let url = folder.appending(path: "fuzzed")
  try data.write(to: url)
  // A file that is overwritten in place is flushed to the disk by some file systems: slow.
  defer { try? FileManager.default.removeItem(at: url) }
  do {
    let file = try SafetensorsFile(contentsOf: url)
    var count = 0
    for (name, tensor) in file.tensors {
      switch tensor.type {
      case .float32, .float64: count += try file.floats(name).count
      default: count += try file.integers(name).count
      }
    }
    return count
  } catch is SafetensorsError {
    return nil
  }
}

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
      #expect(throws: SafetensorsError.self) { try write("U8", [1] as [UInt8]).integers("x") }
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

  /// A length that the file has room for and the limit has not: the file is sparse.
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

  /// Random damage to a valid file is refused or harmless; every number that is read was in the file.
  @Test func damageNeverCrashes() throws {
    try withTemporaryFolder { folder throws in
      let header =
        #"{"__metadata__":{"task":"mqar","é":"\u00e9\ud83d\ude42"},"#
        + [
          entry("inputs", "I32", "[2,3]", "[0,24]"), entry("labels", "I64", "[3]", "[24,48]"),
          entry("weights", "F32", "[2,1,2]", "[48,64]"), entry("wide", "F64", "[1]", "[64,72]"),
          entry("none", "F32", "[0]", "[72,72]"),
        ].joined(separator: ",") + "}"
      let valid = safetensors(header, dataBytes: 72)
      #expect(try readAll(valid, in: folder) == 14)
      var random = RandomStream(7)
      let alphabet = Array(#"{}[]",:\u0123456789-.e "#.utf8) + [0, 0x80, 0xC3, 0xFF]
      var refused = 0
      let trials = 6000
      for _ in 0..<trials {
        var data = valid
        for _ in 0...random.below(3) {
          let byte = alphabet[random.below(alphabet.count)]
          let index = random.below(data.count)
          switch random.below(6) {
          case 0: data = data.prefix(index) + data.dropFirst(index + 1 + random.below(4))
          case 1: data.insert(byte, at: index)
          case 2: data = Data(data.prefix(index))
          case 3:
            let end = index + random.below(data.count - index)
            data.insert(contentsOf: data[index..<end], at: random.below(data.count))
          case 4: data[index] ^= 1 << UInt8(random.below(8))
          default: data[index] = byte
          }
          data = data.isEmpty ? Data([byte]) : Data(data)
        }
        if try readAll(data, in: folder) == nil { refused += 1 }
      }
      // Damage to data bytes, names and metadata goes unseen.
      #expect(refused > trials / 2 && refused < trials)
    }
  }
}
