import CYaml
import Support

/// Refuses texts in which a key is a collection, before the text is made into nodes.
///
/// Yams compares the keys of a group. Aliases could make a key that is a collection so large that this takes for ever:
/// `? [*a, *a]`, where `a` is again made of aliases. No key of ours is a collection. So the events of libyaml's parser, which
/// Yams is made of, are looked through before.
enum KeyCheck {
  static let mistake = "a key must be a single word"

  /// Throws `ConfigurationError` at the first such key. What else is wrong with the text is not said here.
  static func check(_ yaml: String, file: String) throws {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else { return }
    defer { yaml_parser_delete(&parser) }
    let key = Array(yaml.utf8).withUnsafeBufferPointer { bytes in
      yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
      yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
      return firstCollectionAsKey(&parser)
    }
    guard let key else { return }
    throw ConfigurationError(
      SourceMark(file: file, line: key.line + 1, column: key.column + 1), mistake)
  }

  /// The position of the first key that is a collection, from 0; nil for none and for text that is not YAML.
  private static func firstCollectionAsKey(
    _ parser: inout yaml_parser_t
  ) -> (line: Int, column: Int)? {
    /// For each open collection, whether its next node is a key; nil for a list.
    var isKeyNext: [Bool?] = []
    /// Anchors whose node is a collection.
    var collections: Set<String> = []
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(&parser, &event) == 1 else { return nil }
      defer { yaml_event_delete(&event) }
      var isCollection = false
      switch event.type {
      case YAML_STREAM_END_EVENT: return nil
      case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
        isKeyNext.removeLast()
        continue
      case YAML_ALIAS_EVENT:
        isCollection = name(event.data.alias.anchor).map(collections.contains) ?? false
      case YAML_SCALAR_EVENT:
        if let name = name(event.data.scalar.anchor) { collections.remove(name) }
      case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
        isCollection = true
        let anchor =
          event.type == YAML_SEQUENCE_START_EVENT
          ? event.data.sequence_start.anchor : event.data.mapping_start.anchor
        if let name = name(anchor) { collections.insert(name) }
      default: continue
      }
      if let isKey = isKeyNext.last ?? nil {
        if isKey, isCollection { return (event.start_mark.line, event.start_mark.column) }
        isKeyNext[isKeyNext.count - 1] = !isKey
      }
      if event.type == YAML_SEQUENCE_START_EVENT { isKeyNext.append(nil) }
      if event.type == YAML_MAPPING_START_EVENT { isKeyNext.append(true) }
    }
  }

  private static func name(_ anchor: UnsafeMutablePointer<UInt8>?) -> String? {
    anchor.map { String(cString: $0) }
  }
}
