import Foundation
import Testing

/// Every command within limits of the system, and as an ordinary user in folders that this user may not write to.
@Suite struct LimitedCommandTests {
  /// Sizes of files in blocks of 512 bytes, address space in kilobytes, descriptors.
  @Test(arguments: CommandSample.commands)
  func limitsAreSaidAndLoseNothing(_ command: String) throws {
    for limit in ["-f 0", "-f 1", "-v 250000", "-n 6", "-n 33"] {
      let sandbox = try CommandSample.copy()
      defer { sandbox.remove() }
      let before = try Self.files(in: sandbox)
      let watch = ContinuousClock.now
      let (status, _, errors) = try sandbox.shell("ulimit \(limit); exec \"$R\" \(command)")
      #expect(ContinuousClock.now - watch < .seconds(60), "\(command) with \(limit)")
      #expect([0, 1, 2].contains(status), "\(command) with \(limit): \(status) \(errors)")
      // Of files without any room, the one with messages is one.
      if status != 0, limit != "-f 0" { #expect(!errors.isEmpty, "\(command) with \(limit)") }
      let after = try Self.files(in: sandbox)
      for (name, bytes) in before where bytes > 0 {
        #expect((after[name] ?? 0) > 0, "\(command) with \(limit): \(name)")
      }
      #expect(!after.keys.contains { $0.hasSuffix(".partial") }, "\(command) with \(limit)")
    }
  }

  /// As root everything may be written, so the program runs as the user nobody then.
  @Test(arguments: CommandSample.commands)
  func unwritableFoldersAreSaid(_ command: String) throws {
    let usual = try CommandSample.copy()
    defer { usual.remove() }
    let program = try Self.publicProgram.get().appending(path: "recall").path
    let expected = try usual.shell("exec '\(program)' \(command)")
    let sandbox = try CommandSample.copy()
    defer {
      _ = try? sandbox.shell("chmod -R u+w .")
      sandbox.remove()
    }
    _ = try sandbox.shell("chmod -R a+rX,a-w .; chmod u+w stdout stderr")
    let before = try Self.files(in: sandbox)
    let user = getuid() == 0 ? "setpriv --reuid 65534 --regid 65534 --clear-groups" : ""
    let (status, output, errors) = try sandbox.shell("exec \(user) '\(program)' \(command)")
    #expect([0, 1, 2].contains(status), "\(command): \(status) \(errors)")
    if status == 0 {
      if !command.hasPrefix("bench") {
        let place = sandbox.folder.path
        #expect(
          output.replacing(place, with: "")
            == expected.output.replacing(usual.folder.path, with: ""))
      }
    } else {
      #expect(errors.lowercased().contains("permission"), "\(command): \(errors)")
    }
    #expect(try Self.files(in: sandbox) == before, "\(command)")
  }

  /// Sizes of all files but the program's own output, by path.
  private static func files(in sandbox: RecallProcess) throws -> [String: Int] {
    let names = try sandbox.contents()
    return try Dictionary(
      uniqueKeysWithValues: names.map { name in
        let path = sandbox.folder.appending(path: name).path
        return (name, try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0)
      })
  }

  /// The program and its resources in a folder that everybody may read.
  private static let publicProgram = Result {
    let (files, own) = (FileManager.default, RecallProcess.program.deletingLastPathComponent())
    let folder = files.temporaryDirectory.appending(path: "recall-program-\(UUID())")
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in try files.contentsOfDirectory(atPath: own.path)
    where name == "recall" || name.hasSuffix(".resources") {
      try files.copyItem(at: own.appending(path: name), to: folder.appending(path: name))
    }
    let process = try Process.run(
      URL(filePath: "/bin/chmod"), arguments: ["-R", "a+rX", folder.path])
    process.waitUntilExit()
    return folder
  }
}
