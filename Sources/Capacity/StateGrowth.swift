import Autodiff
import Models

/// How the state of one layer grows: as stretches of tokens in which each token adds the same number of scalars.
///
/// The first tokens are run one by one, until one adds nothing. After that, constant growth is assumed and checked: `step`
/// is run once from a zero state of the size expected before the last token. If it adds something else, `step` is run at
/// tokens in between to find the end of the stretch. States of more than 8 million scalars are not made: growth that goes on up to
/// there is taken to continue.
struct StateGrowth: Hashable, Sendable {
  private struct Stretch: Hashable {
    /// The tokens before the stretch, and the sizes of the parts at its start.
    let start: Int
    let sizes: [Int]
    /// The scalars that each of its tokens adds to each part.
    let growth: [Int]

    /// If a token adds nothing, the next step is the same again.
    var isConstant: Bool { growth.allSatisfy { $0 == 0 } }

    func sizes(after tokens: Int) -> [Int] {
      zip(sizes, growth).map { $0 + (tokens - start) * $1 }
    }
  }

  private let parts: [StatePart]
  private let stretches: [Stretch]

  static let firstTokens = 6
  private static let largest = 1 << 23

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
      let stretch = Stretch(start: start, sizes: state.partSizes, growth: growth(state, next))
      stretches.append(stretch)
      state = next
      if stretch.isConstant { break }
    }
    let sample = state
    let isConstant = stretches.last?.isConstant ?? false
    var (tokens, sizes) = (isConstant ? longest : stretches.count, state.partSizes)
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
    // Ensures that there is a stretch even if `longest` is 0.
    stretches.append(Stretch(start: tokens, sizes: sizes, growth: sizes.map { _ in 0 }))
    self.stretches = stretches
  }

  /// The first token that adds another number of scalars than the stretch's tokens, or `longest`.
  private static func end(
    of stretch: Stretch, before longest: Int, growth: ([Int]) -> [Int]
  ) -> Int {
    func goesOn(at token: Int) -> Bool {
      let sizes = stretch.sizes(after: token)
      return sizes.allSatisfy { $0 >= 0 } && growth(sizes) == stretch.growth
    }
    if stretch.isConstant { return longest }
    let perToken = stretch.growth.reduce(0, +)
    let room = max(0, largest - stretch.sizes.reduce(0, +))
    let most = perToken > 0 ? stretch.start + room / perToken : longest
    let checked = min(longest - 1, most)
    if goesOn(at: checked) { return longest }
    var (last, other) = (stretch.start, checked)
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

  /// The same parts with other sizes: shortened, or extended with zeros.
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
