import Foundation
import Support

/// gnuplot's picture libraries do not say when a disk is full: they leave a part of a picture, or an empty file, and end
/// without an error. A picture is therefore read again before it gets its name.
package enum PictureFile {
  private static let suffix = ".unfinished"

  /// A part of file names that differs between machines.
  private static let machine: String = {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return Checksum(
      of: String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    )
    .hexadecimal
  }()

  /// The file into which this process draws the picture. Another process, also of another machine, may draw the same one now.
  package static func unfinished(_ picture: URL) -> URL {
    picture.appendingPathExtension("\(machine)-\(getpid())\(suffix)")
  }

  /// Removes what processes of this machine that were killed while they drew the picture have left.
  static func removeLeftovers(of picture: URL) {
    let folder = picture.deletingLastPathComponent()
    let start = "\(picture.lastPathComponent).\(machine)-"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where name.hasPrefix(start) && name.hasSuffix(suffix) {
      guard let process = pid_t(name.dropFirst(start.count).dropLast(suffix.count)), process > 0,
        kill(process, 0) != 0, errno == ESRCH
      else { continue }
      unlink(folder.appendingPathComponent(name).path)
    }
  }

  /// Why a picture cannot be put in its place; nil if nothing is known to be in the way. A link, a pipe or a device would be
  /// replaced.
  static func obstacle(_ picture: URL) -> String? {
    let type = try? FileManager.default.attributesOfItem(atPath: picture.path)[.type]
    if let type = type as? FileAttributeType, type != .typeRegular {
      return "is not a regular file"
    }
    let folder = picture.deletingLastPathComponent().path
    return access(folder, W_OK) == 0 ? nil : "\(folder): \(String(cString: strerror(errno)))"
  }

  /// What is wrong with a picture's bytes; nil if it is whole.
  static func problem(_ data: Data, _ format: Chart.Format) -> String? {
    if data.isEmpty { return "gnuplot left an empty file; perhaps the disk is full" }
    let isWhole =
      switch format {
      case .png: isWholePNG([UInt8](data))
      case .pdf: String(decoding: data.suffix(64), as: UTF8.self).trimmed.hasSuffix("%%EOF")
      case .svg: String(decoding: data.suffix(64), as: UTF8.self).trimmed.hasSuffix("</svg>")
      }
    return isWhole ? nil : "gnuplot left only a part of the picture; perhaps the disk is full"
  }

  /// A PNG file is a signature and chunks: length, type, data and checksum. The last one has the type IEND.
  private static func isWholePNG(_ bytes: [UInt8]) -> Bool {
    var position = 8
    guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else { return false }
    while position + 12 <= bytes.count {
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let type = bytes[position + 4..<position + 8]
      position += 12 + length
      if type.elementsEqual("IEND".utf8) { return position == bytes.count }
    }
    return false
  }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
