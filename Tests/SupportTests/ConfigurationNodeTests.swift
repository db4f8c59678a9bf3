import Support
import Testing
import YAML

@Suite struct ConfigurationNodeTests {
  private func node(_ yaml: String) throws -> ConfigurationNode {
    try ConfigurationNode(yaml: yaml, file: "x.yaml")
  }

  @Test func scalarsAreReadAsWritten() throws {
    let values = try node(
      "{a: 3e-3, b: 16, c: true, d: no, e: '16', f: null, g: -0.5, h: nan, i: 1e999, j: 0x10}"
    ).values
    #expect(
      values == [
        "a": .double(3e-3), "b": .int(16), "c": .bool(true), "d": .string("no"),
        "e": .string("16"), "f": .null, "g": .double(-0.5), "h": .string("nan"),
        "i": .string("1e999"), "j": .int(16),
      ])
  }

  /// YAML 1.2's core schema; what only 1.1 reads as a number or a boolean is text.
  @Test func scalarsAreThoseOfTheCoreSchema() throws {
    let values = try node(
      """
      {a: True, b: FALSE, c: Null, d: NULL, e: ~, f: 0o17, g: 0xfF, h: +7, i: .inf, j: -.INF, k: 0x, l: 0o8,
      m: 0x1p3, n: "True", o: 017, p: 1_000, q: yes, r: 0x-1, s: 1., t: .5, u: 9223372036854775808, v: infinity}
      """
    ).values
    #expect(
      values == [
        "a": true, "b": false, "c": .null, "d": .null, "e": .null, "f": 15, "g": 255, "h": 7,
        "i": .double(.infinity), "j": .double(-.infinity), "k": "0x", "l": "0o8", "m": "0x1p3",
        "n": "True", "o": 17, "p": "1_000", "q": "yes", "r": "0x-1", "s": 1.0, "t": 0.5,
        "u": 9223372036854775808.0, "v": "infinity",
      ])
    guard case .double(let number)? = try node("a: .NaN")["a"]?.value, number.isNaN else {
      Issue.record(".NaN")
      return
    }
  }

  @Test func groupsAreMerged() throws {
    let root = try node(
      """
      base: &base {lr: 1, steps: 2}
      other: &other {steps: 3, batch: 4}
      one: {first: 0, <<: *base, lr: 9, last: 1}
      two: {<<: [*base, *other]}
      text: {"<<": 5}
      """)
    #expect(root["one"]?.entries.map(\.key) == ["first", "steps", "lr", "last"])
    #expect(root["one"]?["lr"]?.value == 9)
    #expect(root["two"]?.value == ["lr": 1, "steps": 2, "batch": 4])
    #expect(root["two"]?["batch"]?.mark.line == 2)
    #expect(root["text"]?.value == ["<<": 5])
  }

  @Test func tagsSayWhatAValueIs() throws {
    let root = try node(
      "a: !!str 16\nb: !!int \"16\"\nc: !!float 3\nd: !!str ~\ne: !other 5\nf: !!bool \"true\"")
    let values: SettingValue = [
      "a": "16", "b": 16, "c": .double(3), "d": "~", "e": 5, "f": true,
    ]
    #expect(root.value == values)
    for text in ["a: !!int x", "a: !!int 1.5", "a: !!bool 1", "a: !!null 0"] {
      let error = #expect(throws: ConfigurationError.self, "\(text)") { try node(text) }
      #expect(error?.message.contains("allowed: a value for !!") == true, "\(text)")
    }
  }

  /// A chain of merged groups, each of which holds those before.
  @Test func mergedGroupsAreCounted() throws {
    var text = "a0: &a0 {k0: 1}\n"
    for level in 1..<600 { text += "a\(level): &a\(level)\n  <<: *a\(level - 1)\n  k\(level): 1\n" }
    let time = try ContinuousClock().measure {
      let error = try #require(throws: ConfigurationError.self) { try node(text) }
      #expect(error.message.contains("more than 200000 values"), "\(error)")
    }
    #expect(time < .seconds(2))
  }

  /// Lines that double or multiply what the line before stands for.
  private func bomb(
    _ levels: Int, width: Int, _ line: (_ name: String, _ aliases: String) -> String
  )
    -> String
  {
    var text = line("a0", Array(repeating: "1", count: width).joined(separator: ", "))
    for level in 1...levels {
      let aliases = Array(repeating: "*a\(level - 1)", count: width).joined(separator: ", ")
      text += line("a\(level)", aliases)
    }
    return text
  }

  @Test(arguments: [(7, 10), (12, 10), (8, 9), (60, 2)])
  func aliasesOfAliasesAreCounted(levels: Int, width: Int) throws {
    let most = "more than 200000 values"
    let texts = [
      bomb(levels, width: width) { "\($0): &\($0) [\($1)]\n" },
      bomb(levels, width: width) { name, aliases in
        let entries = aliases.split(separator: ",").enumerated().map { "k\($0): \($1)" }
        return "\(name): &\(name) {\(entries.joined(separator: ", "))}\n"
      },
    ]
    for text in texts {
      let time = try ContinuousClock().measure {
        let error = try #require(throws: ConfigurationError.self) { try node(text) }
        #expect(error.message.contains(most), "\(error)")
      }
      #expect(time < .seconds(4))
    }
    // As a key, which the YAML parser compares before anything is counted.
    let keys = [": 1", "\n: 1"].map { end in
      bomb(levels, width: width) { "- &\($0) [\($1)]\n" } + "- ? [*a\(levels), *a\(levels)]\(end)\n"
    }
    let others = ["- [*a\(levels)]: 1\n", "- {[*a\(levels)]: 1}\n", "- *a\(levels) : 1\n"].map {
      bomb(levels, width: width) { "- &\($0) [\($1)]\n" } + $0
    }
    let same =
      bomb(levels, width: width) { _, aliases in
        "- &a [\(aliases.replacing(/a[0-9]+/, with: "a"))]\n"
      } + "- *a : 1\n"
    for text in [keys[0]] + others + [same] {
      let time = try ContinuousClock().measure {
        let error = try #require(throws: ConfigurationError.self) { try node(text) }
        #expect(error.message.contains("a key must be a single word"), "\(error)")
      }
      #expect(time < .seconds(1))
    }
  }

  /// Nothing grows here, however often the aliases are used.
  @Test func usualAliasesAreRead() throws {
    let rows = (0..<3000).map { "- {<<: *base, \"a}\": \($0), ? b : *list}\n" }.joined()
    let text = "- &base {x: 1, y: 2}\n- &list [1, 2, 3]\n" + rows
    #expect(try node(text).list("rows").count == 3002)
  }

  /// Question marks, ampersands and stars in text, comments and quotes, and names given twice.
  @Test(arguments: [
    "question: Does Q&A data help? 2 * 3 seeds, Q&A tasks.\n",
    "# see R&D notes, d_state * d_model\nquestion: Does R&D matter?\n",
    "question: What?\nrows:\n- a: &n 4\n- a: *n\n- a: &n 8\n- a: *n\n",
    "question: Why? \nx-sizes:\n" + (0..<40).map { "- &s\($0) \($0)\n" }.joined() + "rows:\n"
      + (0..<40).map { "- *s\($0)\n" }.joined(),
    "question: Why? \n" + (0..<40).map { "x-\($0): &s\($0)\n- {a: 1}\n" }.joined() + "rows:\n"
      + (0..<40).map { "- *s\($0)\n" }.joined(),
    "question: >\n  & is this ? a : *b\n  [*c]: text\n'*d': \"*e : \\\" ? \"\nlist: &l [1, 2]\nsame: *l\n",
  ])
  func textIsNoAlias(_ yaml: String) throws {
    // Aliases that would be refused beside a collection as key.
    let many =
      "x: &x [\(Array(repeating: "1", count: 1000).joined(separator: ","))]\n"
      + "y: [\(Array(repeating: "*x", count: 150).joined(separator: ","))]\n"
    for text in [yaml, yaml + many, many + yaml] { _ = try node(text) }
  }

  /// The estimate is never below what the aliases stand for.
  @Test func nodesThatEndWithoutASignAreCounted() throws {
    let blocks = (1...40).map { "a\($0): &a\($0)\n- *a\($0 - 1)\n- *a\($0 - 1)\n" }.joined()
    let nested = (1...40).map { "a\($0): &a\($0)\n  x: *a\($0 - 1)\n  y: *a\($0 - 1)\n" }.joined()
    let twice = String(repeating: "- &a\n  - *a\n  - *a\n", count: 40)
    for text in [
      "a0: &a0 1\n" + blocks + "? *a40\n: 1\n", "a0: &a0 1\n" + nested + "*a40 : 1\n",
      "- &a 1\n" + twice + "- {*a : 1}\n",
    ] {
      let error = try #require(throws: ConfigurationError.self) { try node(text) }
      #expect(error.message.contains("a key must be a single word"), "\(error)")
      #expect(
        error.mark.line == text.split(separator: "\n").count - (text.hasSuffix("\n: 1\n") ? 1 : 0))
    }
  }

  /// However it is written. Comparing such keys took minutes.
  @Test(arguments: [
    ("x0: &a [1]\n", "x\u{0}: &a {\"1\":*a,\"2\":*a}\n", "? *a\n: 1\n"),
    ("rows:\n- k: |\n    text\n  x-a: &a [1]\n", "  x\u{0}: &a [*a,*a]\n", "  ? *a\n  : 1\n"),
    ("q: hello\n  it\n  'tis\nx: &a [1]\n", "x\u{0}: &a [*a, *a]\n", "*a : 1\n"),
    ("x: &a [1]\n", "x\u{0}: &a [!t,*a,*a ]\n", "q: {?*a : 1}\n"),
    ("# c\rx: &a [1]\n", "x\u{0}: &a [*a, *a]\r", "? *a\r: 1\n"),
    (
      "x: 1\n", "",
      "q: " + String(repeating: "{? ", count: 300) + "1" + String(repeating: "}", count: 300)
    ),
  ])
  func collectionsAreNoKeys(_ start: String, _ line: String, _ end: String) throws {
    let lines = (1...40).map { line.replacing("\u{0}", with: "\($0)") }.joined()
    let time = try ContinuousClock().measure {
      let error = try #require(throws: ConfigurationError.self) { try node(start + lines + end) }
      #expect(error.message.contains("a key must be a single word"), "\(error)")
    }
    #expect(time < .seconds(1))
  }

  @Test(arguments: [
    "x-n: &n\nx-l: [*n, *n]\n? x-q\n: 1\n", "- &n\n- b\n- [*n, *n]\n", "x: &k word\n*k : 1\n",
    "x-n: &n\n# comment\n? x-q\n: [*n, *n]\n", "x: &k [1]\ny: &k word\n*k : 1\n",
  ])
  func unusualKeysAreRead(_ yaml: String) throws { _ = try node(yaml) }

  @Test func nodesKnowTheirPositions() throws {
    let root = try node("model:\n  d_model: 64\n  list: [1,\n    22]\n")
    #expect(root["model"]?.entry("d_model")?.mark.description == "x.yaml:2:3")
    #expect(root["model"]?["d_model"]?.mark.description == "x.yaml:2:12")
    let list = try #require(try root["model"]?["list"]?.list("list"))
    #expect(list[1].mark.description == "x.yaml:4:5")
  }

  @Test func mergingKeepsOrderAndPositions() throws {
    let base = try node("a: 1\ngroup: {x: 1, y: [1, 2]}\n")
    let over = try ConfigurationNode(yaml: "group: {y: [3], z: 4}\nb: 2\n", file: "y.yaml")
    let merged = base.merged(with: over)
    #expect(merged.value.description == "{a: 1, b: 2, group: {x: 1, y: [3], z: 4}}")
    #expect(merged.entries.map(\.key) == ["a", "group", "b"])
    #expect(merged["group"]?["x"]?.mark.file == "x.yaml")
    #expect(merged["group"]?["y"]?.mark.file == "y.yaml")
  }

  @Test(arguments: [
    ("a: 1\nb: [1, 2\nc: 3\n", "x.yaml:3:2: not YAML: "),
    ("a: 1\n\tb: 2\n", "x.yaml:2:1: not YAML: found a tab character that violates indentation"),
    ("a:\n  x: 1\n  y: 2\n  x: 3\n", "x.yaml:4:3: x: this key is given twice"),
    ("a: {x: 1, x: 2}\n", "x.yaml:1:5: x: this key is given twice"),
    ("a: 1\n---\nb: 2\n", "x.yaml:2:1: not YAML: "),
    ("", "x.yaml:1:1: the file is empty"),
    ("a: &n 1\nb: *n\n", nil),
    ("[1, 2]: 3\n", "x.yaml:1:1: a key must be a single word"),
    (
      "a: {<<: 3}\n",
      "x.yaml:1:9: <<: 3 is not allowed; allowed: a group of keys or a list of groups"
    ),
    ("a:\n  !x lr: 1\n  !x lr: 2\n", "x.yaml:3:3: lr: this key is given twice"),
    ("a: *b\n", "x.yaml:1:4: not YAML: found undefined alias"),
  ])
  func syntaxErrorsHavePositions(yaml: String, message: String?) throws {
    guard let message else {
      #expect(try node(yaml)["b"]?.value == .int(1))
      return
    }
    let error = #expect(throws: ConfigurationError.self) { try node(yaml) }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    #expect(error?.description.split(separator: "\n").count ?? 9 <= 2)
  }

  @Test func settingsErrorsGetTheirKeysPositions() throws {
    let root = try node("n_pairs: 4\nlist:\n  - {lr: 1}\n  - {lr: 2}\n")
    func position(_ error: SettingsError) -> String { root.located(error).mark.description }
    #expect(position(SettingsError("n_pairs", 4, allowed: "at most 2")) == "x.yaml:1:10")
    #expect(position(.unknown("n_pairs", value: 4, known: ["pairs"])) == "x.yaml:1:1")
    #expect(position(SettingsError("list[1].lr", 2, allowed: "at most 1")) == "x.yaml:4:10")
    // A value that the user did not write belongs to the group.
    #expect(position(SettingsError("power_a", 0, allowed: "above 0")) == "x.yaml:1:1")
  }
}
