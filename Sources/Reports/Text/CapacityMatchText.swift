import Capacity
import Support

extension CapacityMatch {
  /// The solution and the nearest allowed value, for a person.
  package func text(by quantity: MatchQuantity) -> String {
    let exactly = significant(solution, 6)
    return
      "SOLUTION\n  \(parameter.rawValue) = \(exactly) has \(requested.fractionText) "
      + "of attention's (\(quantity.rawValue))"
      + (setting.plainText == exactly
        ? "" : "; the nearest allowed value is \(setting), which has \(obtained.fractionText)")
  }

  /// The same as a JSON object.
  package func values(by quantity: MatchQuantity) -> SettingValue {
    .object([
      "solve": .string(parameter.rawValue), "by": .string(quantity.recordName),
      "requested": .double(requested), "exact": .double(solution), "value": setting,
      "obtained": .double(obtained),
    ])
  }
}
