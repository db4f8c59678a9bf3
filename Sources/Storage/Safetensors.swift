import Foundation
import Support

/// What is wrong with a safetensors file, and with which of its tensors.
public struct SafetensorsError: Error, Hashable, Sendable, CustomStringConvertible {
  public let file: String
  public let tensor: String?
  public let problem: String

  public init(file: URL, tensor: String? = nil, problem: String) {
    self.file = file.path
    self.tensor = tensor
    self.problem = problem
  }

  /// Text from the file is shortened, and its control characters are removed, because a terminal would execute
  /// them.
  public var description: String {
    let text = tensor.map { "tensor \(Self.harmless($0)): " } ?? ""
    return "\(file): \(text)\(Self.harmless(problem))"
  }

  private static func harmless(_ text: String) -> String {
    let limit = 500
    let scalars = text.unicodeScalars.prefix(limit)
      .map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
    let isCut = text.unicodeScalars.dropFirst(limit).first != nil
    return String(String.UnicodeScalarView(scalars)) + (isCut ? "…" : "")
  }
}

/// A type of number in a safetensors file, by the name that it has there.
public enum TensorType: String, Sendable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"

  /// Whether `SafetensorsFile.integers` reads it.
  public var isInteger: Bool {
    switch self {
    case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64: true
    case .float64, .float32, .float16, .bfloat16, .bool: false
    }
  }

  /// Bytes of a number.
  public var size: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }
}

/// What the header says of a tensor.
public struct TensorInfo: Hashable, Sendable {
  public let type: TensorType
  public let shape: [Int]
  /// The range of its bytes, counted from the start of the file.
  public let bytes: Range<Int>

  /// How many numbers it has.
  public var count: Int { bytes.count / type.size }

  /// The offset in the file of the first of these elements.
  func start(of elements: Range<Int>) -> Int {
    precondition(
      elements.lowerBound >= 0 && elements.upperBound <= count,
      "elements \(elements) of a tensor of \(count) numbers")
    return bytes.lowerBound + elements.lowerBound * type.size
  }
}

/// A safetensors file whose header is valid: every tensor lies inside the file, none overlap, and together
/// they cover it. Numbers are read when asked for.
///
/// The format: 8 bytes, the length of the header; the header, a JSON object
/// `{"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {"KEY": "TEXT"}}`;
/// the numbers, little-endian, offsets counted from the header's end.
public struct SafetensorsFile: Sendable {
  public let metadata: [String: String]
  public let tensors: [String: TensorInfo]
  private let file: ReadableFile

  public var url: URL { file.url }

  /// Throws `SafetensorsError` for a file that is not valid and `FileError` for one that cannot be read.
  public init(contentsOf url: URL) throws {
    file = try ReadableFile(url)
    let header: SafetensorsHeader
    do throws(SafetensorsHeader.Fault) {
      header = try Self.header(of: file)
    } catch .unreadable(let error) {
      throw error
    } catch .invalid(let tensor, let problem) {
      let start = try? file.read(min(OtherFile.length, file.length), of: UInt8.self, at: 0)
      let other = OtherFile.binary(start ?? [])?.description
      throw SafetensorsError(
        file: url, tensor: other == nil ? tensor : nil, problem: other.map { "is \($0)" } ?? problem
      )
    }
    metadata = header.metadata
    tensors = header.tensors
  }

  private static func header(
    of file: ReadableFile
  ) throws(SafetensorsHeader.Fault) -> SafetensorsHeader {
    let prefix = SafetensorsHeader.prefixLength
    guard file.length >= prefix else {
      throw .invalid(nil, "is too short for a safetensors file: \(file.length) bytes")
    }
    let bytes: [UInt8]
    do {
      let length = UInt64(littleEndian: try file.read(1, of: UInt64.self, at: 0)[0])
      guard length <= UInt64(file.length - prefix) else {
        throw SafetensorsHeader.Fault.invalid(
          nil,
          "is cut, or no safetensors file: its first bytes announce a header of \(length) bytes in a file of \(file.length)"
        )
      }
      guard length <= SafetensorsHeader.lengthLimit else {
        throw SafetensorsHeader.Fault.invalid(
          nil, "the header has \(length) bytes, more than \(SafetensorsHeader.lengthLimit)")
      }
      bytes = try file.read(Int(length), of: UInt8.self, at: prefix)
    } catch let fault as SafetensorsHeader.Fault {
      throw fault
    } catch {
      throw .unreadable(error)
    }
    return try SafetensorsHeader(bytes, fileLength: file.length)
  }

  /// All numbers of a tensor of type F32, F64, F16 or BF16, in row-major order. F64 is rounded.
  public func floats(_ name: String) throws -> [Float] {
    try floats(name, in: 0..<tensor(name).count)
  }

  /// A range of elements, counted in row-major order, of a tensor of type F32, F64, F16 or BF16.
  public func floats(_ name: String, in elements: Range<Int>) throws -> [Float] {
    let tensor = try tensor(name)
    let (count, start) = (elements.count, tensor.start(of: elements))
    switch tensor.type {
    case .float32:
      return try file.read(count, of: UInt32.self, at: start)
        .map { Float(bitPattern: UInt32(littleEndian: $0)) }
    case .float64:
      return try file.read(count, of: UInt64.self, at: start)
        .map { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .float16:
      return try file.read(count, of: UInt16.self, at: start)
        .map { Float(Float16(bitPattern: UInt16(littleEndian: $0))) }
    case .bfloat16:
      return try file.read(count, of: UInt16.self, at: start)
        .map { Float(bitPattern: UInt32(UInt16(littleEndian: $0)) << 16) }
    default: throw problem(name, "has type \(tensor.type.rawValue), not F32, F64, F16 or BF16")
    }
  }

  /// All numbers of a tensor of integers, in row-major order. Throws if one does not fit into 32 bits.
  public func integers(_ name: String) throws -> [Int32] {
    try integers(name, in: 0..<tensor(name).count)
  }

  /// A range of elements, counted in row-major order, of a tensor of any type of integers.
  public func integers(_ name: String, in elements: Range<Int>) throws -> [Int32] {
    let tensor = try tensor(name)
    func read<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) throws -> [Int32] {
      try file.read(elements.count, of: type, at: tensor.start(of: elements)).map {
        let value = Number(littleEndian: $0)
        guard let small = Int32(exactly: value) else {
          throw problem(name, "\(value) does not fit in 32 bits")
        }
        return small
      }
    }
    switch tensor.type {
    case .int8: return try read(Int8.self)
    case .uint8: return try read(UInt8.self)
    case .int16: return try read(Int16.self)
    case .uint16: return try read(UInt16.self)
    case .int32: return try read(Int32.self)
    case .uint32: return try read(UInt32.self)
    case .int64: return try read(Int64.self)
    case .uint64: return try read(UInt64.self)
    default: throw problem(name, "has type \(tensor.type.rawValue), not one of integers")
    }
  }

  /// What the header says of a tensor. Throws if there is none of that name.
  public func tensor(_ name: String) throws -> TensorInfo {
    guard let tensor = tensors[name] else { throw missing(name) }
    return tensor
  }

  /// The error that there is no tensor of a name; it says which there are.
  public func missing(_ name: String, _ note: String = "") -> SafetensorsError {
    let names = tensors.keys.sorted()
    let some = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? ", …" : "")
    return problem(
      name,
      "is missing\(note); the file holds \(names.isEmpty ? "no tensor" : "\(names.count): \(some)")"
    )
  }

  /// An error about one of the file's tensors.
  public func problem(_ tensor: String?, _ problem: String) -> SafetensorsError {
    SafetensorsError(file: url, tensor: tensor, problem: problem)
  }
}
