import Foundation
import RecallTasks
import Testing

/// The Python example's reading half: the safetensors package sees what we wrote.
@Suite struct PythonTests {
  private static let example = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "examples/pytorch_model.py").path

  /// `RECALLBENCH_PYTHON` if that is set, else python3 of the PATH.
  private static let python =
    ProcessInfo.processInfo.environment["RECALLBENCH_PYTHON"] ?? "python3"

  private static func run(_ arguments: [String]) -> (status: Int32, output: String) {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python] + arguments
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return (127, "") }
    let data = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  private static var hasSafetensors: Bool { run(["-c", "import numpy, safetensors"]).status == 0 }

  @Test(
    .enabled(
      if: hasSafetensors, "python3 has no numpy and safetensors: pip install numpy safetensors"))
  func readsWhatWeWrite() throws {
    let place = try RecallProcess(experiment: "")
    defer { place.remove() }
    let written = try place.run(
      "dataset", "write", "mqar", "--examples", "50", "--seed", "5", "--output", "f.safetensors")
    try #require(written.status == 0, "\(written.errors)")
    let file = place.folder.appending(path: "f.safetensors")
    let (status, output) = Self.run([Self.example, "--read", file.path])
    #expect(status == 0)
    let shown = try #require(
      JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    let (inputs, labels) = try DatasetFile(contentsOf: file).examples(0..<50)
    #expect(shown["shape"] as? [Int] == [50, 64])
    #expect(shown["types"] as? [String] == ["int32", "int32"])
    #expect(shown["labelled"] as? Int == 50 * 16)
    #expect(shown["input_sum"] as? Int == inputs.reduce(0) { $0 + Int($1) })
    #expect(shown["label_sum"] as? Int == labels.reduce(0) { $0 + ($1 < 0 ? 0 : Int($1)) })
    #expect(shown["first"] as? [Int] == inputs.prefix(64).map { Int($0) })
  }
}
