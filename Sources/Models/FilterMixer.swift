import Autodiff

/// A mixer with filters over time that follow from its weights alone, so that all sequences of a batch can share them.
protocol FilterMixer: SequenceMixer {
  /// Makes the filters for sequences of `length` tokens, each [1, length, channels], and gives `take` each
  /// of them with the parameter by which `Tape.shared` finds it.
  func makeFilters(_ length: Int, on tape: Tape, _ take: (Parameter, Tensor) -> Void)
  /// Multiply-adds of making them once.
  func filterMultiplyAdds(length: Int) -> Int
}

extension LanguageModel {
  /// The numbers of the layers whose mixers have filters that sequences share.
  package var layersWithFilters: [Int] { layers.indices.filter { layers[$0].filterMixer != nil } }

  /// Makes the filters of a layer, as `FilterMixer.makeFilters`.
  package func makeFilters(
    ofLayer layer: Int, length: Int, on tape: Tape, _ take: (Parameter, Tensor) -> Void
  ) {
    layers[layer].filterMixer?.makeFilters(length, on: tape, take)
  }

  /// Multiply-adds of making all filters in a training step, which `trainingMultiplyAdds` counts for every sequence.
  package func filterMultiplyAdds(length: Int) -> Int {
    let once = layers.reduce(0) { $0 + ($1.filterMixer?.filterMultiplyAdds(length: length) ?? 0) }
    return 3 * once
  }
}
