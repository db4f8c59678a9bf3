import ExperimentSamples
import Experiments
import Foundation
import RecallTasks
import Records
import Reports
import Results
import Storage
import Support
import Testing
import Training

@Suite struct PredictionFileTests {
  /// Two examples of 16 tokens; labels at three positions each, tokens below 20.
  private let folder: URL
  private let dataset: DatasetFile
  private let labels: [Int32]

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "predictions-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appending(path: "data")
    let task = try TaskConfiguration([
      "kind": "mqar", "vocab_size": 20, "sequence_length": 16, "n_pairs": 3,
    ])
    try DatasetWriter(task, seed: 0, split: .test).write(examples: 2, to: url)
    dataset = try DatasetFile(contentsOf: url)
    labels = try dataset.examples(0..<2).labels
  }

  private func write(
    _ name: String, _ type: String, _ shape: [Int], _ numbers: [some BitwiseCopyable]
  ) throws -> URL {
    let url = folder.appending(path: "\(UUID())")
    let data = numbers.withUnsafeBytes { Data($0) }
    let header =
      #"{"\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[0,\#(data.count)]}}"#
    try
      (withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
      + Data(header.utf8) + data).write(to: url)
    return url
  }

  private func read(_ url: URL, isPadded: Bool = false) throws -> [Int32] {
    var file = try PredictionFile(contentsOf: url, for: dataset, isPadded: isPadded)
    // As parts, one example each.
    let answers = try [0, 1].flatMap {
      try file.predictions(to: $0..<$0 + 1, labels: Array(labels[$0 * 16..<$0 * 16 + 16]))
    }
    try file.finish()
    return answers
  }

  /// Columns beyond the vocabulary count only as padding, and only if that is said.
  @Test func logitsMayBePadded() throws {
    let padded = labelled.flatMap { label -> [Float] in rows([label]) + [9, 9, 9] }
    let url = try write("logits", "F32", [labelled.count, 23], padded)
    #expect(try read(url, isPadded: true) == expected)
    let error = #expect(throws: SafetensorsError.self) { try read(url) }
    #expect(
      error?.problem.contains("23 columns; the data's vocabulary is 20; with --padded") == true)
    let narrow = try write(
      "logits", "F32", [labelled.count, 19], [Float](repeating: 0, count: 19 * labelled.count))
    #expect(throws: SafetensorsError.self) { try read(narrow, isPadded: true) }
  }

  @Test func predictionsMayBeAnyIntegers() throws {
    func answers<Number: FixedWidthInteger>(_ type: Number.Type) -> [Number] {
      labels.map { Number(max(0, $0)) }
    }
    let files = try [
      write("predictions", "I8", [2, 16], answers(Int8.self)),
      write("predictions", "U8", [2, 16], answers(UInt8.self)),
      write("predictions", "I16", [2, 16], answers(Int16.self)),
      write("predictions", "U16", [2, 16], answers(UInt16.self)),
      write("predictions", "U32", [2, 16], answers(UInt32.self)),
      write("predictions", "U64", [2, 16], answers(UInt64.self)),
    ]
    for file in files { #expect(try read(file) == expected) }
    let floats = try write("predictions", "F32", [2, 16], [Float](repeating: 0, count: 32))
    let error = #expect(throws: SafetensorsError.self) { try read(floats) }
    #expect(error?.problem == "has type F32, not one of integers")
  }

  private var expected: [Int32] { labels.map { $0 < 0 ? -1 : $0 } }
  private var labelled: [Int32] { labels.filter { $0 >= 0 } }

  /// Rows of logits whose largest is the label; the last token comes second.
  private func rows(_ labels: [Int32]) -> [Float] {
    labels.flatMap { label in
      (0..<20).map { $0 == label ? 2.5 : $0 == 19 ? 2.25 : -Float($0) }
    }
  }

  @Test func tokensOfEitherWidth() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    // A position without a label may have any number.
    let numbers = labels.map { $0 < 0 ? Int32.min : $0 }
    #expect(try read(write("predictions", "I32", [2, 16], numbers)) == expected)
    #expect(try read(write("predictions", "I64", [2, 16], numbers.map { Int64($0) })) == expected)
  }

  @Test func logitsOfEveryTypeAndShape() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    for (shape, numbers) in [([2, 16, 20], rows(labels)), ([6, 20], rows(labelled))] {
      #expect(try read(write("logits", "F32", shape, numbers)) == expected)
      #expect(try read(write("logits", "F64", shape, numbers.map(Double.init))) == expected)
      #expect(
        try read(write("logits", "F16", shape, numbers.map { Float16($0).bitPattern })) == expected)
      #expect(
        try read(write("logits", "BF16", shape, numbers.map { UInt16($0.bitPattern >> 16) }))
          == expected)
    }
  }

  /// NaN is allowed in a row without a label; of equal logits the first is the answer.
  @Test func onlyLabelledRowsAreLookedAt() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let numbers = labels.flatMap { label in
      label < 0 ? [Float](repeating: .nan, count: 20) : [Float](repeating: -3, count: 20)
    }
    let answers = try read(write("logits", "F32", [2, 16, 20], numbers))
    #expect(answers == labels.map { $0 < 0 ? -1 : 0 })
  }

  @Test func rowsOfMoreThanABlock() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "many")
    let task = try TaskConfiguration([
      "kind": "mqar", "vocab_size": 20, "sequence_length": 16, "n_pairs": 3,
    ])
    try DatasetWriter(task, seed: 0, split: .test).write(examples: 6000, to: url)
    let many = try DatasetFile(contentsOf: url)
    let labels = try many.examples(0..<6000).labels
    let found = labels.filter { $0 >= 0 }
    // 18 000 rows of 20 numbers, a block holds 13 107.
    var file = try PredictionFile(
      contentsOf: write("logits", "F32", [found.count, 20], rows(found)), for: many)
    for chunk in [0..<4000, 4000..<6000] {
      let part = Array(labels[chunk.lowerBound * 16..<chunk.upperBound * 16])
      #expect(try file.predictions(to: chunk, labels: part) == part.map { max(-1, $0) })
    }
    try file.finish()
  }

  @Test func faultsAreNamed() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    func expect(_ says: String, _ url: URL, line: Int = #line) {
      let error = #expect(throws: SafetensorsError.self) { try read(url) }
      #expect(error?.problem.contains(says) == true, "line \(line): \(error?.problem ?? "none")")
    }
    let first = try #require(labels.firstIndex { $0 >= 0 })
    var tokens = labels
    expect("must hold either", try write("answers", "I32", [2, 16], tokens))
    expect("not the data's [2, 16]", try write("predictions", "I32", [16, 2], tokens))
    expect("F32, not one of integers", try write("predictions", "F32", [2, 16], tokens))
    for bad in [-1, 20, .max] as [Int32] {
      tokens[first] = bad
      expect(
        "\(bad) in example 0 at position \(first) is not a token 0 to 19",
        try write("predictions", "I32", [2, 16], tokens))
    }
    let logits = rows(labels)
    expect("neither [2, 16, vocabulary] nor", try write("logits", "F32", [16, 2, 20], logits))
    expect("neither", try write("logits", "F32", [2 * 16 * 20], logits))
    expect("has 10 columns; the data's", try write("logits", "F32", [64, 10], logits))
    expect("type I32", try write("logits", "I32", [2, 16, 20], [Int32](repeating: 0, count: 640)))
    var broken = logits
    broken[first * 20 + 19] = .nan
    expect(
      "has NaN, several +infinity, or −infinity alone, in the row in example 0 at position \(first)",
      try write("logits", "F32", [2, 16, 20], broken))
    for value in [-Float.infinity, .infinity] {
      for column in 0..<20 { broken[first * 20 + column] = value }
      expect(
        "has NaN, several +infinity, or −infinity alone, in the row in example 0 at position \(first)",
        try write("logits", "F32", [2, 16, 20], broken))
    }
    expect(
      "has 5 rows; the data has more",
      try write("logits", "F32", [5, 20], Array(logits.prefix(100))))
    expect(
      "has 7 rows; the data has 6", try write("logits", "F32", [7, 20], Array(logits.prefix(140))))
  }

  /// Data of others: the vocabulary is that of the logits.
  @Test func withoutATaskColumnsNeedOnlyHoldTheLabels() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "foreign")
    let writer = try SafetensorsWriter(
      to: url, tensors: [.init("inputs", .int32, [1, 2]), .init("labels", .int32, [1, 2])])
    try writer.append([3, 4] as [Int32], to: "inputs")
    try writer.append([-100, 2] as [Int32], to: "labels")
    try writer.finish()
    let foreign = try DatasetFile(contentsOf: url)
    func answer(_ columns: Int) throws -> [Int32] {
      let numbers = (0..<columns).map { Float($0) }
      var file = try PredictionFile(
        contentsOf: write("logits", "F32", [1, columns], numbers), for: foreign)
      return try file.predictions(to: 0..<1, labels: [-100, 2])
    }
    #expect(try answer(5) == [-1, 4])
    // The vocabulary may be said; columns beyond it are padding.
    let padded = try write("logits", "F32", [1, 5], [0, 1, 2, 3, 4] as [Float])
    var file = try PredictionFile(
      contentsOf: padded, for: foreign, isPadded: true, vocabularySize: 4)
    #expect(try file.predictions(to: 0..<1, labels: [-100, 2]) == [-1, 3])
    #expect(throws: FileError.self) {
      try PredictionFile(contentsOf: padded, for: foreign, isPadded: true)
    }
    let error = #expect(throws: SafetensorsError.self) { try answer(2) }
    #expect(error?.problem == "has 2 columns; the label in example 0 at position 1 is 2")
  }
}
