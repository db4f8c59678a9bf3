import Support
import Testing

private enum Order: String, SettingChoice { case rising, falling }

private struct Sizes: Settings {
  var pairs = 4
  var power = 1.0
  var noisy = false
  var name = "plain"
  var lengths = [1, 2]
  var order = Order.rising
  enum CodingKeys: String, CodingKey {
    case pairs = "n_pairs"
    case power = "power_a"
    case noisy, name, lengths, order
  }
  func validate() throws(SettingsError) {}
}

@Suite struct SettingsDecodingTests {
  @Test func missingKeysTakeDefaults() throws {
    let sizes = try Sizes.decode(["n_pairs": .int(8)])
    var expected = Sizes()
    expected.pairs = 8
    #expect(sizes == expected)
    #expect(try Sizes.decode([:]) == Sizes())
    #expect(try Sizes.decode(["order": "falling"]).order == .falling)
  }

  @Test func integerIsANumber() throws {
    #expect(try Sizes.decode(["power_a": .int(2)]).power == 2)
    #expect(try Sizes.decode(["n_pairs": .double(3)]).pairs == 3)
  }

  @Test func unknownKeyNamesTheNearest() {
    let error = #expect(throws: SettingsError.self) { try Sizes.decode(["n_pair": .int(8)]) }
    #expect(error?.key == "n_pair")
    #expect(error?.value == "8")
    #expect(error?.allowed.contains("the nearest is n_pairs") == true)
  }

  @Test(arguments: [
    ("n_pairs", SettingValue.string("many"), "\"many\"", "an integer"),
    ("n_pairs", .double(0.5), "0.5", "an integer"),
    ("n_pairs", .bool(true), "true", "an integer"),
    ("n_pairs", .null, "null", "an integer"),
    ("power_a", .string("1"), "\"1\"", "a number"),
    ("power_a", .double(.infinity), "inf", "a finite number"),
    ("noisy", .int(1), "1", "true or false"),
    ("name", .int(1), "1", "text"),
    ("lengths", .int(1), "1", "a list"),
    ("order", "up", "\"up\"", "rising, falling"), ("order", .int(1), "1", "text"),
  ])
  func illTypedValuesNameWhatIsExpected(
    key: String, value: SettingValue, shown: String, expected: String
  ) {
    let error = #expect(throws: SettingsError.self) { try Sizes.decode([key: value]) }
    #expect(error?.key == key)
    #expect(error?.value == shown)
    #expect(error?.allowed == expected)
  }

  @Test(arguments: [
    ("kitten", "sitting", 3), ("abcd", "abd", 1), ("abd", "abcd", 1), ("", "abc", 3),
    ("abc", "", 3),
    ("abc", "abc", 0),
  ])
  func editsAreCounted(first: String, second: String, edits: Int) {
    #expect(editDistance(first, second) == edits)
  }

  @Test func nearestNameCountsEdits() {
    #expect(nearestName(to: "vocab", in: ["n_pairs", "vocab_size", "power_a"]) == "vocab_size")
    #expect(nearestName(to: "paris", in: ["parts", "pairs"]) == "parts")
    #expect(nearestName(to: "x", in: []) == nil)
  }
}
