import Kernels

/// The operands of a recurrence with one decay per head, h_t = exp(g_t) h_{t−1} + dt_t x_t B_tᵀ, y_t = h_t C_t + D x_t:
/// state-space duality, or linear attention with values x, keys B and queries C. `forward` and `backward` compute one
/// example each.
struct SSDPass {
  let shape: SSDShape
  let tape: Tape
  let x: Tensor  // [batch, length, head · P]
  let steps: SSDSteps
  let b: Tensor  // [batch, length, group · N]
  let c: Tensor  // [batch, length, group · N]
  let y: Tensor  // [batch, length, head · P]
  let d: Parameter?  // [head]

  /// The first row of a chunk in the tensors.
  func row(_ example: Int, _ chunk: Int) -> Int {
    example * shape.length + chunk * shape.chunkLength
  }

  /// D of a head; 0 without one.
  func directWeight(_ head: Int) -> Float { d.map { tape.values(of: $0)[head] } ?? 0 }

  func forward(_ example: Int, saving saved: SSDSaved) {
    for chunk in 0..<shape.chunks {
      let row = row(example, chunk)
      for head in 0..<shape.heads {
        steps.fill(saved.table(chunk, head: head), row: row, head: head, on: tape)
      }
      for group in 0..<shape.groups { forward(chunk, group, row, saved) }
    }
  }

  /// One chunk of one group, in the four steps of the paper's Listing 1:
  ///
  /// 1. within the chunk: y = (C Bᵀ ∘ decay ∘ dt + D) x;
  /// 2. the chunk's own state: Bᵀ (exp(a_last − a) dt x);
  /// 3. the recurrence across chunks: h ← exp(a_last) h + the chunk's own state, h [state, P];
  /// 4. from the state to the output: y += exp(a) C h.
  ///
  /// Step 4 comes first, because it assigns y and step 1 adds to it.
  private func forward(_ chunk: Int, _ group: Int, _ row: Int, _ saved: SSDSaved) {
    let (n, length, padded) = (shape.stateDimension, shape.length(ofChunk: chunk), shape.padded)
    let (p, width) = (shape.headDimension, shape.groupWidth)
    let bRows = b.values + row * b.rowStride + group * n  // [length, N]
    let cRows = c.values + row * c.rowStride + group * n  // [length, N]
    let xRows = x.values + row * x.rowStride + group * width  // [length, groupWidth]
    let yRows = y.values + row * y.rowStride + group * width  // [length, groupWidth]
    let scores = saved.scores(chunk, group: group)  // [length, padded]

    tape.arena.withScratch {
      // 1. within the chunk: C Bᵀ, which the group's heads share
      let bTransposed = tape.arena.allocate(n * padded)  // [N, padded]
      Kernels.transpose(length, n, bRows, stride: b.rowStride, into: bTransposed, stride: padded)
      Triangular.lowerHalf(
        length, n, cRows, c.rowStride, bTransposed, padded, into: scores, padded)
      if chunk > 0 {
        // 4. from the state to the output: C h
        blockProduct(
          length, n, width, MatrixOperand(cRows, stride: c.rowStride),
          MatrixOperand(saved.state(chunk, group: group), stride: shape.widthStride), into: yRows,
          stride: y.rowStride, beta: 0)
      }
      let mask = tape.arena.allocate(shape.square)  // [length, padded]
      for index in 0..<shape.headsPerGroup {
        let head = group * shape.headsPerGroup + index
        let table = saved.table(chunk, head: head)
        let yHead = yRows + index * p  // [length, P]
        if chunk > 0 {
          // 4., for one head: exp(a) (C h)
          Kernels.scaleRows(
            length, p, table.fromStart, yHead, y.rowStride, into: yHead, y.rowStride)
        }
        // 1., for one head: (C Bᵀ ∘ decay ∘ dt + D) x
        Kernels.ssdMask(table, scores: scores, d: directWeight(head), into: mask)
        Triangular.multiply(
          length, p, lower: mask, padded, xRows + index * p, x.rowStride, into: yHead,
          y.rowStride, beta: chunk > 0 ? 1 : 0)
      }
      if chunk + 1 < shape.chunks { advance(chunk, group, bRows, xRows, saved) }
    }
  }

  /// Steps 2 and 3: the state at the start of the next chunk.
  private func advance(
    _ chunk: Int, _ group: Int, _ bRows: UnsafePointer<Float>, _ xRows: UnsafePointer<Float>,
    _ saved: SSDSaved
  ) {
    let (n, length) = (shape.stateDimension, shape.length(ofChunk: chunk))
    let (p, width, widthStride) = (shape.headDimension, shape.groupWidth, shape.widthStride)
    let weighted = tape.arena.allocate(length * widthStride)  // [length, widthStride]
    let next = saved.state(chunk + 1, group: group)  // [state, widthStride]
    for index in 0..<shape.headsPerGroup {
      let table = saved.table(chunk, head: group * shape.headsPerGroup + index)
      // 2. the chunk's own state: exp(a_last − a) dt x
      Kernels.scaleRows(
        length, p, table.stateWeight, xRows + index * p, x.rowStride, into: weighted + index * p,
        widthStride)
      if chunk > 0 {
        // 3. the recurrence across chunks: exp(a_last) h
        Kernels.scaleRows(
          n, p, table.chunkDecay, factorStride: 0, saved.state(chunk, group: group) + index * p,
          widthStride, into: next + index * p, widthStride)
      }
    }
    // 2. and 3.: exp(a_last) h + Bᵀ (exp(a_last − a) dt x)
    blockProduct(
      n, length, width, MatrixOperand(bRows, stride: b.rowStride, transposed: true),
      MatrixOperand(weighted, stride: widthStride), into: next, stride: widthStride,
      beta: chunk > 0 ? 1 : 0)
    Kernels.roundState(n, width, Rows(next, stride: widthStride))
  }
}
