import Experiments
import FileMutations
import Foundation
import Support
import Testing
import Training
import YAML

/// Damaged experiments are read, or refused with the line of the mistake. None crashes the program or takes long.
@Suite struct ExperimentFuzzTests {
  /// The experiments of `tasks/`.
  private static func files() throws -> [Data] {
    let folder = projectFolder.appending(path: "tasks")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasSuffix(".yaml") }
      .map { try Data(contentsOf: folder.appending(path: $0)) }
  }

  @Test func damagedFilesAreReadOrRefused() throws {
    let mutation = TextMutation(files: try Self.files(), seed: 4)
    var read = 0
    let trials = try FuzzFolder("experiment.yaml").run(file: mutation.file) { url, data in
      do {
        try Self.count(Experiment(contentsOf: url.path))
        read += 1
      } catch let error as ConfigurationError {
        // As YAML 1.1 ends lines: also by a carriage return, and by U+0085, U+2028 and U+2029.
        let lines = String(decoding: data, as: UTF8.self).split(
          omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).count
        #expect(error.mark.file == url.path && error.mark.column >= 1)
        #expect((1...lines + 1).contains(error.mark.line), "\(error)")
        #expect(!error.message.isEmpty)
      }
    }
    #expect(read > 0 && read < trials)
  }

  /// Counts what a plan counts before training.
  private static func count(_ experiment: Experiment) throws {
    for run in experiment.runs.prefix(3)
    where run.configuration.task.task.sequenceLength <= 1 << 12 {
      do {
        _ = try RunCost(run.configuration)
      } catch is SettingsError {}
    }
  }

  /// A value that is replaced by a word which no key allows is read as text, or named with its line.
  @Test func aWrongValueIsNamedWhereItIs() throws {
    let wrong = "wrong-0x7"
    var values = try Self.files().flatMap { data in
      let text = String(decoding: data, as: UTF8.self)
      return try Self.scalars(of: ConfigurationNode(yaml: text, file: "")).map { (text, $0) }
    }
    var order = RandomStream(8)
    values.shuffle(using: &order)
    var refused = 0
    try FuzzFolder("experiment.yaml").run { trial in
      guard trial <= values.count else { return nil }
      let (text, mark) = values[trial - 1]
      return Data(Self.replacing(valueAt: mark, of: text, by: wrong).utf8)
    } read: { url, data in
      do {
        _ = try Experiment(contentsOf: url.path)
      } catch let error as ConfigurationError {
        let text = String(decoding: data, as: UTF8.self)
        let before = try #require(text.firstRange(of: wrong)).lowerBound
        #expect(error.message.contains(wrong), "\(error)")
        #expect(error.mark.line == 1 + text[..<before].count { $0 == "\n" }, "\(error)")
        refused += 1
      }
    }
    #expect(refused > 0)
  }

  /// The positions of the values.
  private static func scalars(of node: ConfigurationNode) -> [SourceMark] {
    switch node.content {
    case .scalar: [node.mark]
    case .list(let nodes): nodes.flatMap(scalars)
    case .group(let entries): entries.map(\.node).flatMap(scalars)
    }
  }

  /// The text with another plain value at `mark`.
  private static func replacing(
    valueAt mark: SourceMark, of text: String, by value: String
  ) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
    let line = lines[mark.line - 1]
    let (before, rest) = (line[..<(mark.column - 1)], line[(mark.column - 1)...])
    // A quoted or folded text may be anything: it is not replaced.
    guard let first = rest.first, !"\"'>|".contains(first) else { return text }
    let end = rest.firstIndex { ",]}".contains($0) } ?? rest.endIndex
    let comment = rest.firstIndex { $0 == "#" } ?? rest.endIndex
    lines[mark.line - 1] = Array(before) + Array(value) + rest[min(end, comment)...]
    return lines.map { String($0) }.joined(separator: "\n")
  }
}
