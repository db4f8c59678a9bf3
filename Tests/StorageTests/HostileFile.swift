import Foundation

/// The bytes of a file with a header and data bytes; the stated length of the header may be wrong.
func safetensors(_ header: String, dataBytes: Int = 0, length: UInt64? = nil) -> Data {
  safetensors(Data(header.utf8), dataBytes: dataBytes, length: length)
}

func safetensors(_ header: Data, dataBytes: Int = 0, length: UInt64? = nil) -> Data {
  let length = length ?? UInt64(header.count)
  return withUnsafeBytes(of: length.littleEndian) { Data($0) } + header + Data(count: dataBytes)
}

func entry(_ name: String, _ type: String, _ shape: String, _ offsets: String) -> String {
  #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
}

/// A file with a fault, and what the error must say.
struct HostileFile {
  let name: String
  let data: Data
  let says: String

  init(_ name: String, _ data: Data, _ says: String) {
    self.name = name
    self.data = data
    self.says = says
  }

  static let all: [HostileFile] = [
    .init("empty", Data(), "too short"), .init("short", Data([1, 0, 0]), "too short"),
    .init("long", safetensors("{}", length: 3), "is cut, or no safetensors file"),
    .init("huge", safetensors("{}", length: .max), "is cut, or no safetensors file"),
    .init("sign", safetensors("{}", length: 1 << 63), "is cut, or no safetensors file"),
    .init("cut", safetensors("{}", length: 1), "not valid"),
    .init("none", safetensors(""), "not valid"), .init("list", safetensors("[]"), "not valid"),
    .init("junk", safetensors("{}x"), "not valid"),
    .init("comma", safetensors(#"{"a":{},}"#), "missing"),
    .init("unterminated", safetensors(#"{"a"#), "rest of a string"),
    .init("latin", safetensors(Data([0x7B, 0x22, 0xE9, 0x22, 0x3A])), "UTF-8"),
    .init("surrogate", safetensors(#"{"\ud800":1}"#), "low surrogate"),
    .init("half", safetensors(#"{"\udc00":1}"#), "a character"),
    .init("hex", safetensors(#"{"\u12g4":1}"#), "hexadecimal"),
    .init("control", safetensors("{\"a\n\":1}"), "rest of a string"),
    .init("tail", safetensors("{}", dataBytes: 1), "1 bytes at the end belong to no tensor"),
    .init(
      "type", safetensors("{\(entry("a", "F31", "[1]", "[0,4]"))}", dataBytes: 4),
      "F31 is not known"),
    .init(
      "case", safetensors("{\(entry("a", "f32", "[1]", "[0,4]"))}", dataBytes: 4),
      "f32 is not known"),
    .init(
      "past", safetensors("{\(entry("a", "F32", "[2]", "[0,8]"))}", dataBytes: 4), "not a range"),
    .init(
      "back", safetensors("{\(entry("a", "F32", "[0]", "[4,0]"))}", dataBytes: 4), "not a range"),
    .init("one", safetensors("{\(entry("a", "F32", "[1]", "[4]"))}", dataBytes: 4), "not a range"),
    .init(
      "three", safetensors("{\(entry("a", "F32", "[1]", "[0,4,4]"))}", dataBytes: 4), "not a range"),
    .init(
      "count", safetensors("{\(entry("a", "F32", "[2]", "[0,4]"))}", dataBytes: 4),
      "are not those of"),
    .init(
      "ragged", safetensors("{\(entry("a", "F32", "[1]", "[0,3]"))}", dataBytes: 3),
      "are not those of"),
    .init(
      "overflow",
      safetensors("{\(entry("a", "F32", "[4611686018427387905,4]", "[0,16]"))}", dataBytes: 16),
      "are not those of"
    ),
    .init(
      "digits",
      safetensors("{\(entry("a", "F32", "[99999999999999999999]", "[0,4]"))}", dataBytes: 4),
      "fits in 64 bits"
    ),
    .init(
      "minus", safetensors("{\(entry("a", "F32", "[-1]", "[0,4]"))}", dataBytes: 4), "not negative"),
    .init("point", safetensors("{\(entry("a", "F32", "[1.0]", "[0,4]"))}", dataBytes: 4), "\"]\""),
    .init("zero", safetensors("{\(entry("a", "F32", "[01]", "[0,4]"))}", dataBytes: 4), "integer"),
    .init(
      "twice",
      safetensors(
        "{\(entry("a", "U8", "[1]", "[0,1]")),\(entry("a", "U8", "[1]", "[1,2]"))}", dataBytes: 2),
      "tensor a: appears twice"
    ),
    .init(
      "overlap",
      safetensors(
        "{\(entry("a", "U8", "[2]", "[0,2]")),\(entry("b", "U8", "[2]", "[1,3]"))}", dataBytes: 3),
      "tensor b: overlaps"
    ),
    .init(
      "same",
      safetensors(
        "{\(entry("a", "U8", "[2]", "[0,2]")),\(entry("b", "U8", "[2]", "[0,2]"))}", dataBytes: 2),
      "tensor b: overlaps"
    ),
    .init(
      "gap",
      safetensors(
        "{\(entry("a", "U8", "[1]", "[0,1]")),\(entry("b", "U8", "[1]", "[2,3]"))}", dataBytes: 3),
      "tensor b: follows a gap"
    ),
    .init(
      "missing", safetensors(#"{"a":{"dtype":"F32","shape":[]}}"#), "tensor a: dtype, shape or"),
    .init(
      "field", safetensors(#"{"a":{"dtype":"F32","strides":[1]}}"#),
      "tensor a: strides is not known"),
    .init(
      "field twice", safetensors(#"{"a":{"dtype":"F32","dtype":"F32"}}"#),
      "tensor a: dtype appears twice"),
    .init("number", safetensors(#"{"__metadata__":{"a":1}}"#), "expected \"\"\""),
    .init(
      "metadata", safetensors(#"{"__metadata__":{},"__metadata__":{}}"#),
      "__metadata__ appears twice"),
    .init(
      "key", safetensors(#"{"__metadata__":{"a":"","a":""}}"#), "__metadata__: a appears twice"),
    .init(
      "nested lists", safetensors(#"{"a":"# + String(repeating: "[", count: 1_000_000)), "not valid"
    ),
    .init(
      "nested objects", safetensors(String(repeating: #"{"a":"#, count: 1_000_000)),
      "a is not known"),
    .init(
      "a million tensors",
      safetensors(
        "{\((0..<1_000_000).map { entry("\($0)", "U8", "[0]", "[0,0]") }.joined(separator: ","))}"),
      "more than 100000 tensors"
    ),
  ]
}
