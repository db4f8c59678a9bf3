extension LanguageModel {
  /// Multiply-adds of a training step per sequence. The backward pass costs twice the forward pass. The last layer's
  /// outputs and the head are counted for `labelled` positions only.
  public func trainingMultiplyAdds(length: Int, labelled: OutputPositions) -> Int {
    let all = OutputPositions(length: length)
    let forward = layers.indices.reduce(0) { sum, index in
      let outputs = index == layers.count - 1 ? labelled : all
      return sum + layers[index].multiplyAdds(length: length, outputs: outputs)
    }
    return 3 * (forward + labelled.count * headWeights)
  }

  /// The least bytes that a thread needs for training passes of `batch` sequences at a time: activations, and the
  /// logits of 64 positions. `labelled`: positions with a label in each sequence.
  public func trainingBytes(batch: Int, length: Int, labelled: Int) -> Double {
    let shape = configuration.shape
    let inLayers = layers.indices.reduce(0) { sum, index in
      let outputs = index == layers.count - 1 ? labelled : length
      return sum + layers[index].trainingFloats(length: length, outputs: outputs)
    }
    let around = Double(length) * Double(shape.modelDimension) * Double(4 * layers.count)
    let inHead = Double(labelled) * Double(maskedTokenHead?.trainingFloatsPerOutput ?? 0)
    return 4 * (Double(batch) * (inLayers + around + inHead) + 64 * Double(shape.vocabularySize))
  }

  /// Weights that an output is multiplied by.
  var headWeights: Int { tokenEmbedding.count + (maskedTokenHead?.dense.count ?? 0) }
}
