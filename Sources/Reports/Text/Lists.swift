/// The first of many names, and how many more there are.
package func listed(_ names: [String], most: Int = 12) -> String {
  let rest = names.count - most
  return names.prefix(most).joined(separator: "; ") + (rest > 0 ? "; and \(rest) more" : "")
}
