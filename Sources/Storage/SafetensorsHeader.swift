/// The header of a safetensors file. Reading checks everything, because files may be damaged or hostile.
struct SafetensorsHeader {
  enum Fault: Error {
    case invalid(_ tensor: String?, _ problem: String)
    case unreadable(any Error)
  }

  static let prefixLength = 8
  /// The reference implementation's limit, in bytes.
  static let lengthLimit = 100_000_000
  /// More tensors than any model has; a header with more is refused, so that reading takes bounded time.
  static let tensorLimit = 100_000
  static let metadataKey = "__metadata__"

  private(set) var metadata: [String: String] = [:]
  private(set) var tensors: [String: TensorInfo] = [:]

  init(_ bytes: [UInt8], fileLength: Int) throws(Fault) {
    let dataStart = Self.prefixLength + bytes.count
    var scanner = HeaderScanner(bytes)
    var hasMetadata = false
    try scanner.object { (name, scanner) throws(Fault) in
      if name == Self.metadataKey {
        guard !hasMetadata else { throw .invalid(nil, "\(name) appears twice") }
        hasMetadata = true
        metadata = try Self.metadata(&scanner)
      } else {
        guard tensors[name] == nil else { throw .invalid(name, "appears twice") }
        guard tensors.count < Self.tensorLimit else {
          throw .invalid(nil, "has more than \(Self.tensorLimit) tensors")
        }
        tensors[name] = try Self.tensor(
          name, &scanner, dataStart: dataStart, dataLength: fileLength - dataStart)
      }
    }
    try scanner.end()
    try checkCover(dataStart..<fileLength)
  }

  private static func metadata(_ scanner: inout HeaderScanner) throws(Fault) -> [String: String] {
    var metadata: [String: String] = [:]
    try scanner.object { (key, scanner) throws(Fault) in
      guard metadata[key] == nil else {
        throw .invalid(nil, "\(metadataKey): \(key) appears twice")
      }
      metadata[key] = try scanner.string()
    }
    return metadata
  }

  private static func tensor(
    _ name: String, _ scanner: inout HeaderScanner, dataStart: Int, dataLength: Int
  ) throws(Fault) -> TensorInfo {
    var typeName: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { (key, scanner) throws(Fault) in
      switch key {
      case "dtype" where typeName == nil: typeName = try scanner.string()
      case "shape" where shape == nil: shape = try scanner.naturals()
      case "data_offsets" where offsets == nil: offsets = try scanner.naturals()
      case "dtype", "shape", "data_offsets": throw .invalid(name, "\(key) appears twice")
      default: throw .invalid(name, "\(key) is not known, only dtype, shape and data_offsets")
      }
    }
    guard let typeName, let shape, let offsets else {
      throw .invalid(name, "dtype, shape or data_offsets is missing")
    }
    guard let type = TensorType(rawValue: typeName) else {
      throw .invalid(name, "dtype \(typeName) is not known")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= dataLength else {
      throw .invalid(
        name, "data_offsets \(offsets) are not a range of the \(dataLength) data bytes")
    }
    guard let size = size(of: shape, type), size == offsets[1] - offsets[0] else {
      throw .invalid(
        name,
        "\(offsets[1] - offsets[0]) bytes are not those of shape \(shape) and dtype \(typeName)")
    }
    return TensorInfo(
      type: type, shape: shape, bytes: dataStart + offsets[0]..<dataStart + offsets[1])
  }

  /// Bytes of a tensor, nil if they are too many to count.
  private static func size(of shape: [Int], _ type: TensorType) -> Int? {
    if shape.contains(0) { return 0 }
    var size = type.size
    for dimension in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      size = product
    }
    return size
  }

  /// Throws unless the tensors, sorted by offset, cover the data without gap or overlap up to the file's end.
  private func checkCover(_ data: Range<Int>) throws(Fault) {
    var end = data.lowerBound
    let sorted = tensors.sorted {
      ($0.value.bytes.lowerBound, $0.value.bytes.upperBound, $0.key)
        < ($1.value.bytes.lowerBound, $1.value.bytes.upperBound, $1.key)
    }
    for (name, tensor) in sorted {
      guard tensor.bytes.lowerBound == end else {
        let fault = tensor.bytes.lowerBound < end ? "overlaps another tensor" : "follows a gap"
        throw .invalid(name, fault)
      }
      end = tensor.bytes.upperBound
    }
    guard end == data.upperBound else {
      throw .invalid(nil, "\(data.upperBound - end) bytes at the end belong to no tensor")
    }
  }
}
