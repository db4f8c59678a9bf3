import Foundation

/// gnuplot's picture libraries do not say when a disk is full: they leave a part of a picture, or an empty file, and end
/// without an error. A picture is therefore read again before it gets its name.
enum PictureFile {
  /// What is wrong with a picture's bytes; nil if it is whole.
  static func problem(_ data: Data, _ format: Chart.Format) -> String? {
    if data.isEmpty { return "gnuplot left an empty file; perhaps the disk is full" }
    let isWhole =
      switch format {
      case .png: isWholePNG([UInt8](data))
      case .svg: String(decoding: data.suffix(64), as: UTF8.self).trimmed.hasSuffix("</svg>")
      }
    return isWhole ? nil : "gnuplot left only a part of the picture; perhaps the disk is full"
  }

  /// gnuplot's SVG with a `>` escaped where it follows `]]` in a text: XML needs that there, and gnuplot does not do it. Nil
  /// if nothing is to be changed.
  static func wellFormed(_ svg: Data) -> Data? {
    let text = String(decoding: svg, as: UTF8.self)
    guard text.contains("]]>") else { return nil }
    // Sections of script keep their own end.
    let parts = text.split(separator: "<![CDATA[", omittingEmptySubsequences: false)
    let mended = parts.enumerated().map { index, part in
      guard index > 0, let end = part.range(of: "]]>") else {
        return part.replacing("]]>", with: "]]&gt;")
      }
      return part[..<end.upperBound] + part[end.upperBound...].replacing("]]>", with: "]]&gt;")
    }
    return Data(mended.joined(separator: "<![CDATA[").utf8)
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
