/// A file of another kind that is often found in place of the one that is meant, told by its first bytes.
package struct OtherFile: Sendable {
  /// What it is, with an article.
  package let name: String
  /// How to get the file that is meant; empty where nothing is to be said.
  package let advice: String
  private let starts: [[UInt8]]

  /// So many first bytes are looked at.
  package static let length = 512

  /// What it is and what to do.
  package var description: String { advice.isEmpty ? name : "\(name); \(advice)" }

  private init(_ name: String, _ advice: String = "", starts: [[UInt8]]) {
    (self.name, self.advice, self.starts) = (name, advice, starts)
  }

  private static let fromTorch = "save with safetensors.torch.save_file instead"
  private static let unpack = "unpack it first"

  private static let all: [OtherFile] = [
    OtherFile(
      "a Git LFS pointer, not the file itself", "git lfs pull fetches that",
      starts: [Array("version https://git-lfs".utf8)]),
    OtherFile(
      "an HTML page, perhaps that of a failed download",
      starts: ["<!doctype html", "<html", "<?xml", "<head"].map { Array($0.utf8) }),
    OtherFile(
      "a ZIP archive, as torch.save writes it", fromTorch, starts: [Array("pk\u{3}\u{4}".utf8)]),
    OtherFile("a pickle", fromTorch, starts: (2...5).map { [0x80, $0] }),
    OtherFile(
      "a NumPy array", "save with safetensors.numpy.save_file instead",
      starts: [[0x93] + Array("numpy".utf8)]),
    OtherFile("an HDF5 file", "save as safetensors instead", starts: [[0x89] + Array("hdf".utf8)]),
    OtherFile("a GGUF file", "save as safetensors instead", starts: [Array("gguf".utf8)]),
    OtherFile("a gzip archive", unpack, starts: [[0x1F, 0x8B]]),
    OtherFile("an xz archive", unpack, starts: [[0xFD] + Array("7zxz".utf8)]),
    OtherFile("a bzip2 archive", unpack, starts: [Array("bzh".utf8)]),
    OtherFile("a Zstandard archive", unpack, starts: [[0x28, 0xB5, 0x2F, 0xFD]]),
    OtherFile("a PNG picture", starts: [[0x89] + Array("png".utf8)]),
    OtherFile("a PDF file", starts: [Array("%pdf-".utf8)]),
  ]

  /// What a file is that should hold numbers; nil if its first bytes are of no such kind.
  package static func binary(_ start: some Collection<UInt8>) -> OtherFile? {
    if let other = text(start) { return other }
    let tar = start.dropFirst(257)
    if tar.starts(with: "ustar".utf8) { return OtherFile("a tar archive", unpack, starts: []) }
    // The length of a safetensors header comes before its first brace.
    let text = start.drop(while: isSpace)
    guard let first = text.first, "{[".utf8.contains(first), start.prefix(8).allSatisfy({ $0 != 0 })
    else { return nil }
    return OtherFile("JSON, such as a list of weights' files", starts: [])
  }

  /// What a file is that should hold text that people write; nil if its first bytes are of no such kind.
  package static func text(_ start: some Collection<UInt8>) -> OtherFile? {
    func lowered(_ bytes: some Collection<UInt8>) -> [UInt8] {
      bytes.prefix(32).map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }
    let (bytes, text) = (lowered(start), lowered(start.drop(while: isSpace)))
    return all.first { kind in
      kind.starts.contains { bytes.starts(with: $0) || $0[0] < 0x80 && text.starts(with: $0) }
    }
  }

  /// Blanks, and the marks of UTF-8 that some editors put first.
  private static func isSpace(_ byte: UInt8) -> Bool {
    byte <= 0x20 || [0xEF, 0xBB, 0xBF].contains(byte)
  }
}
