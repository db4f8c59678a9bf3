import Experiments
import Support
import Testing

@Suite struct SettingSectionsTests {
  private static let sections = ["task", "model", "training", "match", "table"]

  @Test(arguments: sections) func everyKeyHasAMeaning(section: String) {
    let types = SettingSections.types(of: section)
    #expect(!types.isEmpty)
    for (_, type) in types {
      for key in type.init().help {
        #expect(key.meaning.count > 3, "\(type).\(key.name)")
        #expect(SettingSections.meaning(of: "\(section).\(key.name)") != nil)
      }
    }
  }

  /// A key's name has one meaning within a section, whichever task or mixer has it.
  @Test(arguments: sections) func keysOfOneNameAgree(section: String) {
    var seen: [String: SettingHelp] = [:]
    for key in SettingSections.types(of: section).flatMap({ $0.type.init().help }) {
      let first = seen[key.name, default: key]
      #expect(first.meaning == key.meaning && first.kind == key.kind, "\(section).\(key.name)")
      seen[key.name] = first
    }
  }

  /// No key has two declarations, and every default is allowed.
  @Test(arguments: sections) func declarationsAreSound(section: String) throws {
    for (_, type) in SettingSections.types(of: section) {
      #expect(Set(type.names).count == type.names.count, "\(type)")
      #expect(Set(type.oldNames.keys).isDisjoint(with: type.names), "\(type)")
      try type.init().validate()
    }
  }
}
