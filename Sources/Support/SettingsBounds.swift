extension Settings {
  /// What `validate` allows for a key beside the other values, in the words of its error; nil where no value
  /// of the key alone is wrong.
  public func bounds(of key: String) -> String? {
    guard let values = try? settingValues, let value = values[key] else { return nil }
    if case .bool = value { return "true or false" }
    let wrong: [SettingValue] =
      switch value {
      case .int: [-1, 0, .int(.max)]
      case .double: [-1, 0, 1e300]
      default: []
      }
    for value in wrong {
      do {
        try Self.decode(values.merging([key: value]) { $1 }).validate()
      } catch let error as SettingsError where error.key == key {
        return error.allowed
      } catch {}
    }
    return nil
  }
}
