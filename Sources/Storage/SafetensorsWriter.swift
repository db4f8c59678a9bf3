import Foundation

/// Writes a safetensors file. Tensors are declared first, then filled part by part, so that a long file needs
/// little memory.
///
/// The same content gives the same bytes: names are sorted, and the header is padded with spaces to a
/// multiple of 8 bytes. The file appears under its name when it is finished, or not at all.
public final class SafetensorsWriter {
  public struct Tensor: Hashable, Sendable {
    public let name: String
    public let type: TensorType
    public let shape: [Int]

    public init(_ name: String, _ type: TensorType, _ shape: [Int]) {
      self.name = name
      self.type = type
      self.shape = shape
    }

    var size: Int { shape.reduce(type.size, *) }
  }

  private struct Cursor {
    let type: TensorType
    var position: Int
    let end: Int
  }

  private let file: AtomicFile
  private var cursors: [String: Cursor] = [:]

  /// Throws `FileError`.
  public init(to url: URL, tensors: [Tensor], metadata: [String: String] = [:]) throws {
    let sorted = tensors.sorted { $0.name < $1.name }
    precondition(Set(tensors.map(\.name)).count == tensors.count, "a name appears twice")
    let header = try Self.header(sorted, metadata)
    var position = header.count
    for tensor in sorted {
      precondition(tensor.shape.allSatisfy { $0 >= 0 }, "\(tensor.name): shape \(tensor.shape)")
      precondition(tensor.name != SafetensorsHeader.metadataKey, "a tensor cannot be metadata")
      cursors[tensor.name] = Cursor(
        type: tensor.type, position: position, end: position + tensor.size)
      position += tensor.size
    }
    file = try AtomicFile(to: url)
    try file.checkSpace(for: position)
    try header.withUnsafeBytes { try file.write($0, at: 0) }
  }

  private static func header(_ tensors: [Tensor], _ metadata: [String: String]) throws -> Data {
    func json(_ text: String) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .withoutEscapingSlashes
      return String(decoding: try encoder.encode(text), as: UTF8.self)
    }
    var entries: [String] = []
    if !metadata.isEmpty {
      let pairs = try metadata.sorted { $0.key < $1.key }
        .map { "\(try json($0.key)):\(try json($0.value))" }
      entries.append("\"\(SafetensorsHeader.metadataKey)\":{\(pairs.joined(separator: ","))}")
    }
    var start = 0
    for tensor in tensors {
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      entries.append(
        "\(try json(tensor.name)):{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(start),\(start + tensor.size)]}")
      start += tensor.size
    }
    var text = Data("{\(entries.joined(separator: ","))}".utf8)
    while !text.count.isMultiple(of: 8) { text.append(UInt8(ascii: " ")) }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) } + text
  }

  /// Appends numbers to a tensor of type F32.
  public func append(_ numbers: UnsafeBufferPointer<Float>, to name: String) throws {
    try append(UnsafeRawBufferPointer(numbers), .float32, to: name)
  }

  /// Appends numbers to a tensor of type I32.
  public func append(_ numbers: UnsafeBufferPointer<Int32>, to name: String) throws {
    try append(UnsafeRawBufferPointer(numbers), .int32, to: name)
  }

  /// Appends numbers to a tensor of type F32.
  public func append(_ numbers: [Float], to name: String) throws {
    try numbers.withUnsafeBufferPointer { try append($0, to: name) }
  }

  /// Appends numbers to a tensor of type I32.
  public func append(_ numbers: [Int32], to name: String) throws {
    try numbers.withUnsafeBufferPointer { try append($0, to: name) }
  }

  /// Appends numbers to a tensor of type F64.
  public func append(_ numbers: [Double], to name: String) throws {
    try numbers.withUnsafeBytes { try append($0, .float64, to: name) }
  }

  /// Appends bytes to a tensor. They are little-endian, as numbers in memory are on all supported machines.
  private func append(
    _ bytes: UnsafeRawBufferPointer, _ type: TensorType, to name: String
  ) throws {
    guard let cursor = cursors[name] else { preconditionFailure("\(name) is not declared") }
    precondition(cursor.type == type, "\(name) is \(cursor.type), not \(type)")
    precondition(
      bytes.count <= cursor.end - cursor.position,
      "\(name): \(bytes.count) bytes where \(cursor.end - cursor.position) are left")
    try file.write(bytes, at: cursor.position)
    cursors[name]?.position += bytes.count
  }

  /// Completes the file as `AtomicFile.finish` does. Every tensor must be full.
  public func finish(after confirm: () throws -> Void = {}) throws {
    for (name, cursor) in cursors {
      precondition(
        cursor.position == cursor.end, "\(name) lacks \(cursor.end - cursor.position) bytes")
    }
    try file.finish(after: confirm)
  }
}
