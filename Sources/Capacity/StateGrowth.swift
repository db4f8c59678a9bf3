import Autodiff
import Models

/// How the state of one layer grows: stretches of tokens of which each adds the same.
///
/// The first tokens are run. From then on a step is run from a state of the sizes that even growth leads to: at
/// the last token, and if that adds something else, at tokens in between, to find where the change is. States of
/// more than some million scalars are not made; there growth is taken to go on.
struct StateGrowth: Hashable, Sendable {
  private struct Stretch: Hashable {
    /// Tokens before it, and the sizes of the parts then.
    let start: Int
    let sizes: [Int]
    /// What each of its tokens adds to each part.
    let growth: [Int]

    func sizes(after tokens: Int) -> [Int] {
      zip(sizes, growth).map { $0 + (tokens - start) * $1 }
    }
  }

  private let parts: [StatePart]
  private let stretches: [Stretch]

  static let firstTokens = 6
  private static let largest = 1 << 21

  init(
    _ mixer: any RecurrentMixer, modelDimension: Int, weights: ReferenceWeights, longest: Int
  ) {
    let token = [Double](repeating: 0, count: modelDimension)
    var state = mixer.initialState()
    parts = state.parts.map(\.part)
    func step(from state: MixerState) -> MixerState {
      var state = state
      _ = mixer.step(token, state: &state, weights: weights)
      return state
    }
    func growth(_ before: MixerState, _ after: MixerState) -> [Int] {
      zip(after.parts, before.parts).map { $0.values.count - $1.values.count }
    }

    var stretches: [Stretch] = []
    for start in 0..<min(longest, Self.firstTokens) {
      let next = step(from: state)
      stretches.append(
        Stretch(start: start, sizes: state.partSizes, growth: growth(state, next)))
      state = next
    }
    let sample = state
    var (tokens, sizes) = (stretches.count, state.partSizes)
    while tokens < longest {
      let before = sample.resized(to: sizes)
      let stretch = Stretch(
        start: tokens, sizes: sizes, growth: growth(before, step(from: before)))
      stretches.append(stretch)
      tokens = Self.end(of: stretch, before: longest) { sizes in
        let before = sample.resized(to: sizes)
        return growth(before, step(from: before))
      }
      sizes = stretch.sizes(after: tokens)
    }
    // After the last token, for a model that is asked of no token at all.
    stretches.append(Stretch(start: tokens, sizes: sizes, growth: sizes.map { _ in 0 }))
    self.stretches = stretches
  }

  /// The first token that adds something else than the stretch's tokens do, or `longest`.
  private static func end(
    of stretch: Stretch, before longest: Int, growth: ([Int]) -> [Int]
  ) -> Int {
    func goesOn(at token: Int) -> Bool {
      let sizes = stretch.sizes(after: token)
      guard sizes.reduce(0, +) <= largest else { return true }
      return sizes.allSatisfy { $0 >= 0 } && growth(sizes) == stretch.growth
    }
    // A state that keeps its size takes the same step each time.
    if stretch.growth.allSatisfy({ $0 == 0 }) || goesOn(at: longest - 1) { return longest }
    var (last, other) = (stretch.start, longest - 1)
    while other - last > 1 {
      let middle = (last + other) / 2
      if goesOn(at: middle) { last = middle } else { other = middle }
    }
    return other
  }

  /// Scalars of each part after so many tokens.
  func sizes(after tokens: Int) -> [StatePart: Int] {
    let stretch = stretches.last { $0.start <= tokens }!
    return Dictionary(uniqueKeysWithValues: zip(parts, stretch.sizes(after: tokens)))
  }
}

extension MixerState {
  fileprivate var partSizes: [Int] { parts.map(\.values.count) }

  /// The same parts with other sizes: shortened, or with zeros at the end.
  fileprivate func resized(to sizes: [Int]) -> MixerState {
    var state = self
    for ((part, values), size) in zip(parts, sizes) {
      state[part] =
        Array(values.prefix(size))
        + [Double](repeating: 0, count: max(0, size - values.count))
    }
    return state
  }
}
