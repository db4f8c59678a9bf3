/// Files of other kinds that are often found in place of a safetensors file.
enum OtherFile {
  private static let starts: [(bytes: [UInt8], name: String)] = [
    (
      Array("version https://git-lfs".utf8),
      "a Git LFS pointer, not the file itself; git lfs pull fetches that"
    ),
    (Array("<!doctype html".utf8), "an HTML page, perhaps that of a failed download"),
    (Array("<html".utf8), "an HTML page, perhaps that of a failed download"),
    (
      Array("pk\u{3}\u{4}".utf8),
      "a ZIP archive, as torch.save writes it; save with safetensors.torch.save_file instead"
    ),
    ([0x80, 2], "a pickle; save with safetensors.torch.save_file instead"),
    ([0x80, 3], "a pickle; save with safetensors.torch.save_file instead"),
    ([0x80, 4], "a pickle; save with safetensors.torch.save_file instead"),
    ([0x80, 5], "a pickle; save with safetensors.torch.save_file instead"),
    ([0x93] + Array("numpy".utf8), "a NumPy array; save with safetensors.numpy.save_file instead"),
    ([0x89] + Array("hdf".utf8), "an HDF5 file; save as safetensors instead"),
    (Array("gguf".utf8), "a GGUF file; save as safetensors instead"),
  ]

  /// What a file is, by its first bytes; nil if they are of no such kind.
  static func name(of file: ReadableFile) throws -> String? {
    let bytes = try file.read(min(32, file.length), of: UInt8.self, at: 0).map { byte in
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
    return starts.first { bytes.starts(with: $0.bytes) }?.name
  }
}
