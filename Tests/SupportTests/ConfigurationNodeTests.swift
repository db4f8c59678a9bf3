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
        "i": .string("1e999"), "j": .string("0x10"),
      ])
  }

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
