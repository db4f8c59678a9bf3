import Foundation
import RecallTasks
import Storage

/// Any model's answers to a data file, read part by part: a safetensors file with `predictions` or `logits`.
///
/// - `predictions`: integers [examples, length]; values at positions without a label do not count.
/// - `logits`: F32, F64, F16 or BF16, [examples, length, vocabulary] or [labelled positions in order,
///   vocabulary]; the answer is the first largest logit. Only rows of labelled positions are read.
package struct PredictionFile {
  private enum Content {
    case tokens
    /// Logits of every position of the data, or of labelled positions only.
    case logits(RowReader, ofEveryPosition: Bool)
  }

  private static let predictionsKey = "predictions"
  private static let logitsKey = "logits"
  /// Bounds the memory for one row, whatever the header claims.
  private static let columnLimit = 1 << 24

  private let file: SafetensorsFile
  private let dataset: DatasetFile
  /// Tokens are below it; nil if it is not known.
  private let vocabularySize: Int?
  /// Whether logits may have more columns than the vocabulary has tokens; those are not read.
  private let isPadded: Bool
  /// What was assumed because the data does not say it; nil if nothing was.
  package private(set) var note: String?
  private var content: Content
  /// How many labelled positions were read so far.
  private var labelled = 0

  /// Throws `FileError` or `SafetensorsError` for a file that cannot be read or does not match the data.
  ///
  /// - Parameters:
  ///   - isPadded: whether logits may have more columns than the vocabulary has tokens.
  ///   - vocabularySize: the vocabulary of data that does not say it.
  package init(
    contentsOf url: URL, for dataset: DatasetFile, isPadded: Bool = false,
    vocabularySize: Int? = nil
  ) throws {
    file = try SafetensorsFile(contentsOf: url)
    if let known = dataset.vocabularySize, let vocabularySize, known != vocabularySize {
      throw FileError(dataset.url, "says that its vocabulary is \(known), not \(vocabularySize)")
    }
    self.vocabularySize = dataset.vocabularySize ?? vocabularySize
    (self.dataset, self.isPadded) = (dataset, isPadded)
    content = .tokens
    let names = [Self.predictionsKey, Self.logitsKey].filter { file.tensors[$0] != nil }
    guard names.count == 1 else {
      let found = file.tensors.keys.sorted().prefix(8).joined(separator: ", ")
      throw file.problem(
        nil,
        "must hold either predictions or logits; it holds: \(found.isEmpty ? "nothing" : found)")
    }
    content = names == [Self.predictionsKey] ? try tokens() : try logits()
  }

  private func tokens() throws -> Content {
    let tensor = try file.tensor(Self.predictionsKey)
    guard tensor.type.isInteger else {
      throw file.problem(
        Self.predictionsKey, "has type \(tensor.type.rawValue), not one of integers")
    }
    let shape = [dataset.exampleCount, dataset.sequenceLength]
    guard tensor.shape == shape else {
      throw file.problem(
        Self.predictionsKey, "has shape \(tensor.shape), not the data's \(shape)")
    }
    return .tokens
  }

  private mutating func logits() throws -> Content {
    let (name, shape) = (Self.logitsKey, try file.tensor(Self.logitsKey).shape)
    let positions = [dataset.exampleCount, dataset.sequenceLength]
    let isFull = shape.count == 3
    guard isFull ? shape.dropLast() == positions[...] : shape.count == 2, let columns = shape.last
    else {
      throw file.problem(
        name,
        "has shape \(shape), neither [\(positions[0]), \(positions[1]), vocabulary] nor "
          + "[labelled positions, vocabulary]")
    }
    if isPadded, vocabularySize == nil {
      throw FileError(
        dataset.url,
        "does not say its vocabulary, so it is not known what is padding; --vocab-size says it")
    }
    let vocabulary = vocabularySize ?? columns
    if vocabularySize == nil {
      note =
        "\(dataset.url.path) does not say its vocabulary: all \(columns) columns of the logits are taken for tokens"
    }
    guard columns == vocabulary || isPadded && columns > vocabulary else {
      throw file.problem(
        name,
        "has \(columns) columns; the data's vocabulary is \(vocabulary)"
          + (columns > vocabulary ? "; with --padded the other columns are left out" : ""))
    }
    guard (1...Self.columnLimit).contains(columns) else {
      throw file.problem(name, "has \(columns) columns; allowed: 1 to \(Self.columnLimit)")
    }
    return .logits(
      try RowReader(file, name, columns: columns, used: vocabulary), ofEveryPosition: isFull)
  }

  /// The answers to the examples after those of the last call; −1 where there is no label.
  ///
  /// - Parameter labels: the labels of these examples [examples, length].
  package mutating func predictions(to examples: Range<Int>, labels: [Int32]) throws -> [Int32] {
    let positions =
      examples.lowerBound * dataset.sequenceLength..<examples.upperBound
      * dataset.sequenceLength
    precondition(labels.count == positions.count, "\(labels.count) labels of \(examples)")
    let chosen: [Int32]
    switch content {
    case .tokens:
      chosen = try file.integers(Self.predictionsKey, in: positions)
      for (offset, label) in labels.enumerated() where label != ignoreIndex {
        let end = vocabularySize ?? Int(Int32.max)
        guard (0..<end).contains(Int(chosen[offset])) else {
          throw file.problem(
            Self.predictionsKey,
            "\(chosen[offset]) \(text(ofPosition: positions.lowerBound + offset)) is not a token 0 to \(end - 1)"
          )
        }
      }
    case .logits(var rows, let ofEveryPosition):
      chosen = try largest(&rows, ofEveryPosition, positions, labels)
      content = .logits(rows, ofEveryPosition: ofEveryPosition)
    }
    return zip(labels, chosen).map { $0 == ignoreIndex ? -1 : $1 }
  }

  private mutating func largest(
    _ rows: inout RowReader, _ ofEveryPosition: Bool, _ positions: Range<Int>, _ labels: [Int32]
  ) throws -> [Int32] {
    var chosen = [Int32](repeating: -1, count: labels.count)
    for (offset, label) in labels.enumerated() where label != ignoreIndex {
      let here = text(ofPosition: positions.lowerBound + offset)
      guard label < rows.used else {
        throw file.problem(
          Self.logitsKey, "has \(rows.columns) columns; the label \(here) is \(label)")
      }
      let row = ofEveryPosition ? positions.lowerBound + offset : labelled
      guard row < rows.count else {
        throw file.problem(
          Self.logitsKey, "has \(rows.count) rows; the data has more labelled positions")
      }
      guard let column = try rows.largest(of: row) else {
        throw file.problem(
          Self.logitsKey, "has NaN, several +infinity, or −infinity alone, in the row \(here)")
      }
      chosen[offset] = Int32(column)
      labelled += 1
    }
    return chosen
  }

  /// Call it after all examples. Throws if the file has more answers than the data has labels.
  package func finish() throws {
    guard case .logits(let rows, false) = content, rows.count != labelled else { return }
    throw file.problem(
      Self.logitsKey, "has \(rows.count) rows; the data has \(labelled) labelled positions")
  }

  private func text(ofPosition position: Int) -> String {
    let (example, position) = position.quotientAndRemainder(dividingBy: dataset.sequenceLength)
    return "in example \(example) at position \(position)"
  }
}

/// Reads rows of a float tensor in increasing order, in blocks of about one mebibyte.
private struct RowReader {
  let columns: Int
  /// How many of them count; the others are padding.
  let used: Int
  /// The number of rows.
  let count: Int
  private let file: SafetensorsFile
  private let name: String
  private var block: Range<Int> = 0..<0
  private var numbers: [Float] = []

  init(_ file: SafetensorsFile, _ name: String, columns: Int, used: Int) throws {
    (self.file, self.name, self.columns, self.used) = (file, name, columns, used)
    count = try file.tensor(name).count / columns
    // Throws for a tensor of another type before any work.
    _ = try file.floats(name, in: 0..<0)
  }

  /// The column of a row's first largest number; nil if a number is NaN, or all are −∞.
  mutating func largest(of row: Int) throws -> Int? {
    if !block.contains(row) {
      block = row..<min(count, row + max(1, (1 << 18) / columns))
      numbers = try file.floats(name, in: block.lowerBound * columns..<block.upperBound * columns)
    }
    let start = (row - block.lowerBound) * columns
    return numbers.withUnsafeBufferPointer { numbers in
      var best = start
      var (isNumber, infinite) = (true, 0)
      for index in start..<start + used {
        if numbers[index] > numbers[best] { best = index }
        if numbers[index].isNaN { isNumber = false }
        if numbers[index] == .infinity { infinite += 1 }
      }
      return isNumber && infinite < 2 && numbers[best] > -.infinity ? best - start : nil
    }
  }
}
