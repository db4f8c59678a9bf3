import Kernels

/// For each operand, whether the backward pass adds to its gradient or assigns it.
struct SSDAccumulation {
  let x: Bool, steps: Bool, b: Bool, c: Bool
}

extension SSDPass {
  /// The backward pass of one example, from the last chunk to the first. It carries the gradient of the state.
  func backward(_ example: Int, _ saved: SSDSaved, _ accumulation: SSDAccumulation) {
    tape.arena.withScratch {
      let stateGradient = tape.arena.allocate(shape.state)  // [group, state, widthStride]
      for chunk in (0..<shape.chunks).reversed() {
        for group in 0..<shape.groups {
          tape.arena.withScratch {
            SSDChunkBackward(
              pass: self, saved: saved, accumulation: accumulation, chunk: chunk, group: group,
              row: row(example, chunk),
              stateGradient: stateGradient + group * shape.groupState
            ).run()
          }
        }
      }
    }
  }
}

/// The backward pass of one chunk of one group. Step numbers are those of the forward pass.
private struct SSDChunkBackward {
  let pass: SSDPass
  let saved: SSDSaved
  let accumulation: SSDAccumulation
  let chunk: Int, group: Int, row: Int
  /// The gradient of the state after the chunk [state, widthStride]; at the end, of the state before it.
  let stateGradient: UnsafeMutablePointer<Float>

  var shape: SSDShape { pass.shape }
  var arena: Arena { pass.tape.arena }
  var length: Int { shape.length(ofChunk: chunk) }
  var n: Int { shape.stateDimension }
  var p: Int { shape.headDimension }
  var width: Int { shape.groupWidth }
  var widthStride: Int { shape.widthStride }
  var padded: Int { shape.padded }
  var isFirst: Bool { chunk == 0 }
  var isLast: Bool { chunk + 1 == shape.chunks }

  private func table(_ index: Int) -> DecayTable {
    saved.table(chunk, head: group * shape.headsPerGroup + index)
  }

  private func offset(_ tensor: Tensor, _ column: Int) -> Int { row * tensor.rowStride + column }

  func run() {
    let scoresGradient = arena.allocate(shape.square)  // [length, padded]
    headGradients(scoresGradient)
    let b = pass.b
    let c = pass.c
    let bOffset = offset(b, group * n)
    let cOffset = offset(c, group * n)
    // step 1, S = C Bᵀ  →  dC = dS B, dB = dSᵀ C
    Triangular.multiply(
      length, n, lower: scoresGradient, padded, b.values + bOffset, b.rowStride,
      into: c.gradient + cOffset, c.rowStride, beta: accumulation.c ? 1 : 0)
    Triangular.multiplyTransposed(
      length, n, lower: scoresGradient, padded, c.values + cOffset, c.rowStride,
      into: b.gradient + bOffset, b.rowStride, beta: accumulation.b ? 1 : 0)
    let stateStride = SSDShape.spread(n)
    let transposed = arena.allocate(width * stateStride)  // [groupWidth, stateStride]
    let scaled = arena.allocate(length * widthStride)  // [length, widthStride]
    if !isLast {
      // steps 2 and 3, h' = exp(a_last) h + Bᵀ (w x)  →  dB += (w x) dh'ᵀ
      scale(pass.x.values, pass.x, into: scaled) { $0.stateWeight }
      Kernels.transpose(
        n, width, stateGradient, stride: widthStride, into: transposed, stride: stateStride)
      blockProduct(
        length, width, n, MatrixOperand(scaled, stride: widthStride),
        MatrixOperand(transposed, stride: stateStride), into: b.gradient + bOffset,
        stride: b.rowStride, beta: 1)
    }
    if !isFirst {
      // step 4, y += exp(a) C h  →  dC += (exp(a) dy) hᵀ, dh += Cᵀ (exp(a) dy)
      scale(pass.y.gradient, pass.y, into: scaled) { $0.fromStart }
      let state = saved.state(chunk, group: group)
      Kernels.transpose(n, width, state, stride: widthStride, into: transposed, stride: stateStride)
      blockProduct(
        length, width, n, MatrixOperand(scaled, stride: widthStride),
        MatrixOperand(transposed, stride: stateStride), into: c.gradient + cOffset,
        stride: c.rowStride, beta: 1)
      if !isLast { decayStateGradient() }
      blockProduct(
        n, length, width, MatrixOperand(c.values + cOffset, stride: c.rowStride, transposed: true),
        MatrixOperand(scaled, stride: widthStride), into: stateGradient, stride: widthStride,
        beta: isLast ? 0 : 1)
    }
  }

  /// Copies the group's columns of `source`; each row of a head is multiplied by the head's factor for that step.
  private func scale(
    _ source: UnsafePointer<Float>, _ tensor: Tensor, into scaled: UnsafeMutablePointer<Float>,
    by factors: (DecayTable) -> UnsafeMutablePointer<Float>
  ) {
    for index in 0..<shape.headsPerGroup {
      Kernels.scaleRows(
        length, p, factors(table(index)), source + offset(tensor, group * width + index * p),
        tensor.rowStride, into: scaled + index * p, widthStride)
    }
  }

  /// step 3, h' = exp(a_last) h + …  →  dh = exp(a_last) dh' + …
  private func decayStateGradient() {
    for index in 0..<shape.headsPerGroup {
      let columns = stateGradient + index * p
      Kernels.scaleRows(
        n, p, table(index).chunkDecay, factorStride: 0, columns, widthStride, into: columns,
        widthStride)
    }
  }

  /// Gradients of x, D and the steps' operands for every head, and of the scores, which the heads of a group share.
  private func headGradients(_ scoresGradient: UnsafeMutablePointer<Float>) {
    let fromState = arena.allocate(length * widthStride)  // [length, widthStride]
    if !isLast {
      // steps 2 and 3, h' = exp(a_last) h + Bᵀ (exp(a_last − a) dt x)  →  d(dt x) = exp(a_last − a) B dh' + …
      blockProduct(
        length, n, width,
        MatrixOperand(pass.b.values + offset(pass.b, group * n), stride: pass.b.rowStride),
        MatrixOperand(stateGradient, stride: widthStride), into: fromState, stride: widthStride,
        beta: 0)
    }
    for index in 0..<shape.headsPerGroup {
      arena.withScratch {
        headGradient(index, isLast ? nil : fromState + index * p, scoresGradient)
      }
    }
  }

  private func headGradient(
    _ index: Int, _ fromState: UnsafePointer<Float>?,
    _ scoresGradient: UnsafeMutablePointer<Float>
  ) {
    let table = table(index)
    let head = group * shape.headsPerGroup + index
    let tape = pass.tape
    let (x, y) = (pass.x, pass.y)
    let xOffset = offset(x, head * p)
    let yOffset = offset(y, head * p)
    let rows = HeadRows(
      x: x.values + xOffset, xGradient: x.gradient + xOffset, xStride: x.rowStride,
      y: y.values + yOffset, yGradient: y.gradient + yOffset, yStride: y.rowStride, columns: p)

    // step 1, y = M x + …  →  dM = dy xᵀ
    let xTransposed = arena.allocate(p * padded)  // [P, padded]
    let maskGradient = arena.allocate(shape.square)  // [length, padded]
    Kernels.transpose(length, p, rows.x, stride: x.rowStride, into: xTransposed, stride: padded)
    Triangular.lowerHalf(
      length, p, rows.yGradient, y.rowStride, xTransposed, padded, into: maskGradient, padded)
    let decayed = arena.allocate(shape.square)  // [length, padded]
    Kernels.ssdMaskBackward(
      table, scores: saved.scores(chunk, group: group), maskGradient: maskGradient,
      decayed: decayed, scoresGradient: scoresGradient, accumulates: index > 0)

    // step 1, y = (S ∘ decay) (dt x) + …  →  d(dt x) = (S ∘ decay)ᵀ dy + …
    let direct = arena.allocate(length * widthStride)  // [length, P], rows widthStride apart
    Triangular.multiplyTransposed(
      length, p, lower: decayed, padded, rows.yGradient, y.rowStride, into: direct, widthStride,
      beta: 0)
    let dtGradient = arena.allocate(length)  // [length]: of dt, through dt x alone
    let aGradient = arena.allocate(length)  // [length]
    let dGradient = Kernels.ssdRowsBackward(
      table, rows, d: pass.directWeight(head), direct: direct, fromState: fromState,
      scratchStride: widthStride, accumulates: accumulation.x, dtGradient: dtGradient,
      aGradient: aGradient)
    if let d = pass.d { tape.gradient(of: d)[head] += Float(dGradient) }

    // Every term of the next state h' has the factor exp(a_last), so a_last gets the gradient ⟨h', dh'⟩.
    let lastGradient =
      isLast
      ? 0
      : Kernels.dot(
        n, p, saved.state(chunk + 1, group: group) + index * p, widthStride,
        stateGradient + index * p, widthStride)
    pass.steps.backward(
      table, row: row, head: head, dtGradient: dtGradient, aGradient: aGradient,
      lastGradient: lastGradient, accumulates: accumulation.steps, on: tape)
  }
}
