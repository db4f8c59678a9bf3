/// Which values of a key are allowed; this may depend on the values of keys that are declared before it.
public struct SettingBounds<Root: Sendable, Value>: Sendable {
  /// What is allowed beside the other values, in words; nil if every value is.
  let words: @Sendable (Root) -> String?
  let contains: @Sendable (Value, Root) -> Bool

  /// - Parameters:
  ///   - words: what is allowed, as "allowed: …" ends.
  public init(
    _ words: @escaping @Sendable (Root) -> String,
    contains: @escaping @Sendable (Value, Root) -> Bool
  ) {
    self.words = words
    self.contains = contains
  }

  private init() {
    words = { _ in nil }
    contains = { _, _ in true }
  }

  /// Every value of the type.
  public static var any: Self { Self() }
}

extension SettingBounds where Value: Comparable & Sendable {
  public static func atLeast(_ least: Value, _ note: String = "") -> Self {
    Self({ _ in "at least \(least)\(note)" }) { value, _ in value >= least }
  }
}

extension SettingBounds where Value == Double {
  /// Finite numbers above a limit.
  public static func above(_ limit: Double) -> Self {
    Self({ _ in "above \(limit.fractionText)" }) { value, _ in value > limit && value.isFinite }
  }
  /// Numbers above one limit and at most another.
  public static func above(_ limit: Double, atMost most: Double, _ note: String = "") -> Self {
    Self({ _ in "above \(limit.fractionText) and at most \(most.fractionText)\(note)" }) {
      value, _ in
      value > limit && value <= most
    }
  }
  public static func atLeast(_ least: Double, below limit: Double) -> Self {
    Self({ _ in "at least \(least.fractionText) and below \(limit.fractionText)" }) { value, _ in
      value >= least && value < limit
    }
  }
  public static func atLeast(_ least: Double, _ note: String = "") -> Self {
    Self({ _ in "at least \(least.fractionText)\(note)" }) { value, _ in value >= least }
  }
  public static func from(_ least: Double, to most: Double, _ note: String = "") -> Self {
    Self({ _ in "\(least.fractionText) to \(most.fractionText)\(note)" }) { value, _ in
      value >= least && value <= most
    }
  }
}

/// The end of a range of integers: a number, or one that follows from other keys, with its formula in words.
public struct SettingLimit<Root: Sendable>: Sendable, ExpressibleByIntegerLiteral {
  private let formula: String?
  let value: @Sendable (Root) -> Int

  public init(_ value: Int) {
    formula = nil
    self.value = { _ in value }
  }

  public init(integerLiteral value: Int) { self.init(value) }

  /// Such as `.of("sequence_length / 4") { $0.sequenceLength / 4 }`.
  public static func of(_ formula: String, _ value: @escaping @Sendable (Root) -> Int) -> Self {
    Self(formula: formula, value: value)
  }

  private init(formula: String, value: @escaping @Sendable (Root) -> Int) {
    self.formula = formula
    self.value = value
  }

  /// "sequence_length / 4 = 16", or the number alone.
  func words(_ root: Root) -> String {
    (formula.map { "\($0) = " } ?? "") + "\(value(root))"
  }
}

extension SettingBounds where Value == Int {
  public static func from(_ least: SettingLimit<Root>, to most: SettingLimit<Root>) -> Self {
    Self({ "\(least.words($0)) to \(most.words($0))" }) { value, root in
      value >= least.value(root) && value <= most.value(root)
    }
  }

  public static func moreThan(_ limit: SettingLimit<Root>, atMost most: SettingLimit<Root>) -> Self
  {
    Self({ "more than \(limit.words($0)), at most \(most.words($0))" }) { value, root in
      value > limit.value(root) && value <= most.value(root)
    }
  }

  public static func even(from least: Int, to most: Int) -> Self {
    Self({ _ in "an even number, \(least) to \(most)" }) { value, _ in
      (least...most).contains(value) && value.isMultiple(of: 2)
    }
  }
}
