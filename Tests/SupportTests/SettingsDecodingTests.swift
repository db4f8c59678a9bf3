import Foundation
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
  static let keys: [SettingKey<Sizes>] = [
    .integer("n_pairs", \.pairs, .any, "pairs"), .number("power_a", \.power, .atLeast(0), "power"),
    .flag("noisy", \.noisy, "noise"), .text("name", \.name, "a name"),
    .list("lengths", \.lengths, "lengths"), .choice("order", \.order, "the order"),
  ]
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

  @Test(arguments: [
    ("seq_len", "sequence_length"), ("learning_rate", "lr"), ("train", "training"),
    ("vocab", "vocab_size"), ("Learning-Rate", "lr"), ("num_layers", "n_layers"),
    ("hidden_size", "d_model"), ("sds", "ssd"), ("traning", "training"),
    ("max_grad", "max_grad_norm"),
    ("colour", nil), ("optimizer", nil), ("zz", nil),
  ])
  func nearestNameKnowsSynonymsAndAbbreviations(word: String, name: String?) {
    let names = [
      "sequence_length", "lr", "training", "vocab_size", "n_layers", "d_model", "ssd", "n_pairs",
      "max_grad_norm",
    ]
    #expect(nearestName(to: word, in: names) == name)
  }

  @Test func noNameIsSuggestedWhereNoneIsNear() {
    let error = SettingsError.unknown("optimizer", value: "adam", known: ["lr", "epochs"])
    #expect(error.allowed == "a known key (known: lr, epochs)")
  }
}

/// Settings with keys that were added after the first records, and with a renamed key.
private struct Grown: Settings {
  var size = 4
  var isFast = true
  var order = Turn.upward
  enum Turn: String, SettingChoice {
    case upward, downward
    var recordName: String { self == .upward ? "rising" : "falling" }
  }
  static let keys: [SettingKey<Grown>] = [
    .integer("size", \.size, .from(1, to: 8), "size").recorded(as: "width").alias("length"),
    .flag("fast", \.isFast, "a better way").addedLater(before: false),
    .choice("order", \.order, "the order"),
  ]
}

@Suite struct SettingsRecordTests {
  private func decoded(_ json: String) throws -> Grown {
    try JSONDecoder().decode(Grown.self, from: Data(json.utf8))
  }

  /// A record from before a key was added means the value that runs had then, whatever the default is today.
  @Test func absentKeysMeanWhatHeldBefore() throws {
    let fresh = try Grown.decode([:])
    #expect(fresh.isFast && fresh == Grown())
    let old = try decoded(#"{"width": 2, "order": "falling"}"#)
    #expect(!old.isFast && old.size == 2 && old.order == .downward)
    #expect(try decoded(#"{"fast": true}"#).isFast)
  }

  @Test func hashesKeepTheirFirstForm() throws {
    var settings = Grown()
    settings.isFast = false
    #expect(settings.hashedValues == ["width": 4, "order": "rising"])
    #expect(settings.recordValues == ["width": 4, "order": "rising", "fast": false])
    #expect(settings.settingValues == ["size": 4, "order": "upward", "fast": false])
    settings.isFast = true
    #expect(settings.hashedValues == ["width": 4, "order": "rising", "fast": true])
    #expect(
      try decoded(String(decoding: JSONEncoder().encode(settings), as: UTF8.self)) == settings)
  }

  @Test func everyNameIsRead() throws {
    for name in ["size", "width", "length"] {
      #expect(try Grown.decode([name: 7]).size == 7)
      #expect(Grown().help(of: name)?.name == "size")
    }
    for name in ["downward", "falling"] {
      #expect(try Grown.decode(["order": .string(name)]).order == .downward)
    }
    let both = #expect(throws: SettingsError.self) { try Grown.decode(["size": 1, "length": 2]) }
    #expect(both?.key == "length" && both?.allowed == "only one of size, length")
    let unknown = #expect(throws: SettingsError.self) { try Grown.decode(["lenght": 2]) }
    #expect(unknown?.allowed == "a known key, the nearest is size (known: fast, order, size)")
    let wrong = #expect(throws: SettingsError.self) { try Grown.decode(["width": "wide"]) }
    #expect(wrong?.key == "width")
  }

  @Test func boundsAreCheckedAndSaid() throws {
    let error = #expect(throws: SettingsError.self) { try Grown.decode(["size": 9]).validate() }
    #expect(error == SettingsError("size", 9, allowed: "1 to 8"))
    #expect(Grown().help.map(\.allowed) == ["true or false", "upward, downward", "1 to 8"])
    #expect(Grown().help(of: "size")?.text == "size (1 to 8)")
  }
}
