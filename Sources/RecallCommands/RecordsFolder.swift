import ArgumentParser

/// Reads the value of `--runs`, the folder of records. An empty one, such as that of a shell variable that is not set,
/// would be the folder in which the command runs.
func recordsFolder(_ path: String) throws -> String {
  guard !path.isEmpty else { throw ValidationError("--runs must name a folder.") }
  return path
}
