/// The allowed values of a key. They may depend on the values of keys that are declared before it.
public struct SettingBounds<Root: Sendable, Value>: Sendable {
  /// Text of the allowed values, given the values of the other keys; nil if every value is allowed.
  let allowed: @Sendable (Root) -> String?
  let contains: @Sendable (Value, Root) -> Bool

  /// Bounds with any test. `allowed` returns a text of the allowed values; in an error message it follows "allowed: ".
  public init(
    allowed: @escaping @Sendable (Root) -> String,
    contains: @escaping @Sendable (Value, Root) -> Bool
  ) {
    self.allowed = allowed
    self.contains = contains
  }

  /// Bounds that do not depend on other keys.
  private init(_ text: String, _ contains: @escaping @Sendable (Value) -> Bool) {
    allowed = { _ in text }
    self.contains = { value, _ in contains(value) }
  }

  private init() {
    allowed = { _ in nil }
    contains = { _, _ in true }
  }

  /// Every value of the type.
  public static var any: Self { Self() }
}

extension SettingBounds where Value == Int {
  /// Integers from `least` on; `note` says what a special value means, such as "0 is off".
  public static func atLeast(_ least: Int, _ note: String? = nil) -> Self {
    Self("at least \(least)" + end(note)) { $0 >= least }
  }

  /// Integers of a range with both ends, which may follow from other keys; `note` says what a special value means.
  public static func from(
    _ least: SettingLimit<Root>, to most: SettingLimit<Root>, _ note: String? = nil
  ) -> Self {
    Self(
      allowed: { "\(least.text($0)) to \(most.text($0))" + end(note) },
      contains: { value, root in value >= least.value(root) && value <= most.value(root) })
  }

  /// Integers above a limit, up to `most`, which may follow from other keys.
  public static func moreThan(_ limit: SettingLimit<Root>, atMost most: SettingLimit<Root>) -> Self
  {
    Self(
      allowed: { "more than \(limit.text($0)), at most \(most.text($0))" },
      contains: { value, root in value > limit.value(root) && value <= most.value(root) })
  }

  /// Odd numbers of a range with both ends.
  public static func odd(from least: Int, to most: Int) -> Self {
    Self("an odd number, \(least) to \(most)") {
      (least...most).contains($0) && !$0.isMultiple(of: 2)
    }
  }

  /// Even numbers of a range with both ends.
  public static func even(from least: Int, to most: Int) -> Self {
    Self("an even number, \(least) to \(most)") {
      (least...most).contains($0) && $0.isMultiple(of: 2)
    }
  }
}

extension SettingBounds where Value == Double {
  /// Finite numbers above a limit.
  public static func above(_ limit: Double) -> Self {
    Self("above \(limit.fractionText)") { $0 > limit && $0.isFinite }
  }

  /// Numbers above a limit, up to `most`; `note` says what a special value means, such as "1 is never".
  public static func above(_ limit: Double, atMost most: Double, _ note: String? = nil) -> Self {
    Self("above \(limit.fractionText) and at most \(most.fractionText)" + end(note)) {
      $0 > limit && $0 <= most
    }
  }

  /// Numbers from `least` on; `note` says what a special value means.
  public static func atLeast(_ least: Double, _ note: String? = nil) -> Self {
    Self("at least \(least.fractionText)" + end(note)) { $0 >= least }
  }

  /// Numbers from `least` to below a limit.
  public static func atLeast(_ least: Double, below limit: Double) -> Self {
    Self("at least \(least.fractionText) and below \(limit.fractionText)") {
      $0 >= least && $0 < limit
    }
  }

  /// Numbers of a range with both ends; `note` says what a special value means.
  public static func from(_ least: Double, to most: Double, _ note: String? = nil) -> Self {
    Self("\(least.fractionText) to \(most.fractionText)" + end(note)) {
      $0 >= least && $0 <= most
    }
  }
}

private func end(_ note: String?) -> String { note.map { "; \($0)" } ?? "" }

/// An end of a range of integers: a number, or one computed from other keys, with its formula as text.
public struct SettingLimit<Root: Sendable>: Sendable, ExpressibleByIntegerLiteral {
  private let formula: String?
  let value: @Sendable (Root) -> Int

  private init(formula: String?, value: @escaping @Sendable (Root) -> Int) {
    self.formula = formula
    self.value = value
  }

  public init(_ value: Int) { self.init(formula: nil) { _ in value } }

  public init(integerLiteral value: Int) { self.init(value) }

  /// Such as `.of("sequence_length / 4") { $0.sequenceLength / 4 }`.
  public static func of(_ formula: String, _ value: @escaping @Sendable (Root) -> Int) -> Self {
    Self(formula: formula, value: value)
  }

  /// Formula and value, such as "sequence_length / 4 = 16"; without a formula the value.
  func text(_ root: Root) -> String {
    (formula.map { "\($0) = " } ?? "") + "\(value(root))"
  }
}
