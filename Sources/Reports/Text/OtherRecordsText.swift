import Results
import Support

extension OtherRecords {
  /// One line for a person.
  package var text: String {
    let what = differences.map {
      "\($0.key) \(shortened($0.there.plainText)) (here \(shortened($0.here.plainText)))"
    }
    return "\(folder) has \(count) \(count == 1 ? "record" : "records") of other configurations, "
      + "which the table leaves out"
      + (what.isEmpty ? "" : "; they differ in \(listed(what, most: 4))")
  }

  /// A list of stages has hundreds of characters.
  private func shortened(_ value: String) -> String {
    value.count <= 60 ? value : "\(value.prefix(40)) … \(value.suffix(15))"
  }
}
