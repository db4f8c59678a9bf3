import Foundation
import RecallTasks
import Storage

/// What any model answers to a data file, read part by part: a safetensors file with `predictions` or `logits`.
///
/// - `predictions`: I32 or I64 [examples, length]; where there is no label it may be anything.
/// - `logits`: F32, F64, F16 or BF16, [examples, length, vocabulary] or [labelled positions in order,
///   vocabulary]; the answer is the largest, of equals the first. Only rows of labelled positions are looked at.
public struct PredictionFile {
  private enum Content {
    case tokens
    /// Logits of every position of the data, or of labelled ones only.
    case logits(RowReader, ofEveryPosition: Bool)
  }

  private static let predictionsKey = "predictions"
  private static let logitsKey = "logits"
  /// One row is in memory at a time, whatever the header claims.
  private static let columnLimit = 1 << 24

  private let file: SafetensorsFile
  private let dataset: DatasetFile
  private var content: Content
  /// Labelled positions so far.
  private var labelled = 0

  /// Throws `FileError` or `SafetensorsError` for a file that cannot be read or does not fit the data.
  public init(contentsOf url: URL, for dataset: DatasetFile) throws {
    file = try SafetensorsFile(contentsOf: url)
    self.dataset = dataset
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
    guard [.int32, .int64].contains(tensor.type) else {
      throw file.problem(Self.predictionsKey, "has type \(tensor.type.rawValue), not I32 or I64")
    }
    let shape = [dataset.exampleCount, dataset.sequenceLength]
    guard tensor.shape == shape else {
      throw file.problem(
        Self.predictionsKey, "has shape \(tensor.shape), not the data's \(shape)")
    }
    return .tokens
  }

  private func logits() throws -> Content {
    let (name, shape) = (Self.logitsKey, try file.tensor(Self.logitsKey).shape)
    let places = [dataset.exampleCount, dataset.sequenceLength]
    let isFull = shape.count == 3
    guard isFull ? shape.dropLast() == places[...] : shape.count == 2, let columns = shape.last
    else {
      throw file.problem(
        name,
        "has shape \(shape), neither [\(places[0]), \(places[1]), vocabulary] nor "
          + "[labelled positions, vocabulary]")
    }
    if let vocabulary = dataset.vocabularySize, columns != vocabulary {
      throw file.problem(name, "has \(columns) columns; the data's vocabulary is \(vocabulary)")
    }
    guard (1...Self.columnLimit).contains(columns) else {
      throw file.problem(name, "has \(columns) columns; allowed: 1 to \(Self.columnLimit)")
    }
    return .logits(try RowReader(file, name, columns: columns), ofEveryPosition: isFull)
  }

  /// The answers to examples that follow those of the last call; −1 where there is no label.
  ///
  /// - Parameter labels: theirs [examples, length].
  public mutating func predictions(to examples: Range<Int>, labels: [Int32]) throws -> [Int32] {
    let places =
      examples.lowerBound * dataset.sequenceLength..<examples.upperBound
      * dataset.sequenceLength
    precondition(labels.count == places.count, "\(labels.count) labels of \(examples)")
    let chosen: [Int32]
    switch content {
    case .tokens:
      chosen = try file.integers(Self.predictionsKey, in: places)
      for (offset, label) in labels.enumerated() where label != ignoreIndex {
        let end = dataset.vocabularySize ?? Int(Int32.max)
        guard (0..<end).contains(Int(chosen[offset])) else {
          throw file.problem(
            Self.predictionsKey,
            "\(chosen[offset]) \(place(places.lowerBound + offset)) is not a token 0 to \(end - 1)")
        }
      }
    case .logits(var rows, let ofEveryPosition):
      chosen = try largest(&rows, ofEveryPosition, places, labels)
      content = .logits(rows, ofEveryPosition: ofEveryPosition)
    }
    return zip(labels, chosen).map { $0 == ignoreIndex ? -1 : $1 }
  }

  private mutating func largest(
    _ rows: inout RowReader, _ ofEveryPosition: Bool, _ places: Range<Int>, _ labels: [Int32]
  ) throws -> [Int32] {
    var chosen = [Int32](repeating: -1, count: labels.count)
    for (offset, label) in labels.enumerated() where label != ignoreIndex {
      let here = place(places.lowerBound + offset)
      guard label < rows.columns else {
        throw file.problem(
          Self.logitsKey, "has \(rows.columns) columns; the label \(here) is \(label)")
      }
      let row = ofEveryPosition ? places.lowerBound + offset : labelled
      guard row < rows.count else {
        throw file.problem(
          Self.logitsKey, "has \(rows.count) rows; the data has more labelled positions")
      }
      guard let column = try rows.largest(of: row) else {
        throw file.problem(Self.logitsKey, "is not a number in the row \(here)")
      }
      chosen[offset] = Int32(column)
      labelled += 1
    }
    return chosen
  }

  /// After all examples: throws if the file has answers left over.
  public func finish() throws {
    guard case .logits(let rows, false) = content, rows.count != labelled else { return }
    throw file.problem(
      Self.logitsKey, "has \(rows.count) rows; the data has \(labelled) labelled positions")
  }

  private func place(_ place: Int) -> String {
    let (example, position) = place.quotientAndRemainder(dividingBy: dataset.sequenceLength)
    return "in example \(example) at position \(position)"
  }
}

/// Rows of a tensor of floats in increasing order, read in blocks of about a mebibyte.
private struct RowReader {
  let columns: Int
  /// Rows of the tensor.
  let count: Int
  private let file: SafetensorsFile
  private let name: String
  private var block: Range<Int> = 0..<0
  private var numbers: [Float] = []

  init(_ file: SafetensorsFile, _ name: String, columns: Int) throws {
    (self.file, self.name, self.columns) = (file, name, columns)
    count = try file.tensor(name).count / columns
    // The type, before any work.
    _ = try file.floats(name, in: 0..<0)
  }

  /// The column of a row's first largest number; nil if one is NaN.
  mutating func largest(of row: Int) throws -> Int? {
    if !block.contains(row) {
      block = row..<min(count, row + max(1, (1 << 18) / columns))
      numbers = try file.floats(name, in: block.lowerBound * columns..<block.upperBound * columns)
    }
    let start = (row - block.lowerBound) * columns
    return numbers.withUnsafeBufferPointer { numbers in
      var best = start
      var isNumber = true
      for place in start..<start + columns {
        if numbers[place] > numbers[best] { best = place }
        if numbers[place].isNaN { isNumber = false }
      }
      return isNumber ? best - start : nil
    }
  }
}
