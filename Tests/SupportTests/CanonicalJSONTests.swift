import Foundation
import Support
import Testing

@Suite struct CanonicalJSONTests {
  @Test func oneSpellingForEachValue() {
    let value = SettingValue.object([
      "b": .array([.int(1), .double(1), .double(3e-3), .double(1e-8), .bool(true), .null]),
      "a": .string("\"\\\n\u{1}é"), "B": .double(-0.1),
    ])
    #expect(
      value.canonicalJSON
        == #"{"B":-0.1,"a":"\"\\\n\u0001é","b":[1,1,0.003,1e-08,true,null]}"#)
  }

  /// The least whole number of Int has no magnitude in Int.
  @Test func theLeastNumberIsANumber() {
    let least = Double(Int.min)
    #expect(SettingValue.double(least).canonicalJSON == "\(least)")
    #expect(SettingValue.object(["x": .double(-.nan)]).json == #"{"x":null,"x_is":"nan"}"#)
  }

  /// JSON for other programs has null where there is no number; the text for hashes stays as it was.
  @Test func numbersThatAreNotFiniteAreNull() throws {
    let value = SettingValue.object([
      "a": .array([.double(.nan), .double(.infinity), 1.5]), "b": .double(-.infinity),
    ])
    #expect(value.json == #"{"a":[null,null,1.5],"b":null,"b_is":"-inf"}"#)
    #expect(value.canonicalJSON == #"{"a":[nan,inf,1.5],"b":-inf}"#)
    #expect(try JSONDecoder().decode(SettingValue.self, from: Data(value.json.utf8)) != value)
  }

  @Test func encodedNumbersMayBeAny() throws {
    struct Sample: Encodable {
      let a = Double.infinity
      let b = [1.5, -.infinity]
      let c = "inf"
    }
    let value = try SettingValue(encoding: Sample())
    #expect(value == ["a": .double(.infinity), "b": [1.5, .double(-.infinity)], "c": "inf"])
    #expect(value.json == #"{"a":null,"a_is":"inf","b":[1.5,null],"c":"inf"}"#)
  }

  /// The same as Foundation's decoder, many times faster.
  @Test(arguments: [
    #" {"a": [1, -0, 0.5, 1.0, 1e3, -2.5E-3, 1e300, 9007199254740993, 12345678901234567890]} "#,
    #"[true,false,null,"",[],{},[[ ]],{"a":{"b":[1]}}]"#,
    ##"["é🙂漢", "\"\\\/\b\f\n\r\t", "\u00e9\ud83d\ude42\u0000", "a\u0041b"]"##, "3", #""x""#, "null",
  ])
  func jsonIsRead(text: String) throws {
    let value = try SettingValue(json: Data(text.utf8))
    #expect(try value == JSONDecoder().decode(SettingValue.self, from: Data(text.utf8)))
  }

  @Test(arguments: [
    "", " ", "{", "[1", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "01", "-",
    "1.", ".5",
    "+1", "1e", "tru", "truex", "nan", "inf", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
    "\"\\ud800\\u0041\"",
    "\"\n\"", "1 2", "[1] x", "1e999", "{\"a\":1,\"a\":2}", "\"\\", "[\"a\":1]",
    String(repeating: "[", count: 100_000),
  ])
  func whatIsNotJSONIsRefused(text: String) {
    #expect(throws: JSONError.self) { try SettingValue(json: Data(text.utf8)) }
  }

  @Test func textMustBeUTF8() {
    for bytes: [UInt8] in [
      [0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0],
    ] {
      #expect(throws: JSONError.self) { try SettingValue(json: Data(bytes)) }
    }
  }

  @Test func readsBackToTheSameValue() throws {
    for number in [0.1, 1.0 / 3, 2.2e-16, 1e300, 12345678.9, -2.5e-308] {
      let value = SettingValue.array([.double(number), .string("a/b\t")])
      let data = Data(value.canonicalJSON.utf8)
      #expect(try JSONDecoder().decode(SettingValue.self, from: data) == value)
    }
  }

  /// FNV-1a's published test vectors, and a fixed value: with another hash no record would be found.
  @Test func fingerprintIsStable() {
    // FNV-1a 64 of the text `null`, `"foobar"` with its quotation marks, and `{"lr":0.003}`.
    #expect(SettingValue.object(["lr": .double(0.003)]).fingerprint == reference(#"{"lr":0.003}"#))
    #expect(SettingValue.double(2).fingerprint == SettingValue.int(2).fingerprint)
    #expect(SettingValue.int(2).fingerprint != SettingValue.int(3).fingerprint)
    #expect(reference("foobar") == "85944171f73967e8")
  }

  private func reference(_ text: String) -> String {
    var hash: UInt64 = 14_695_981_039_346_656_037
    for byte in text.utf8 {
      hash ^= UInt64(byte)
      hash = hash &* 1_099_511_628_211
    }
    return String(format: "%016llx", hash)
  }
}
