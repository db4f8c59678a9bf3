import Foundation
import Kernels

/// How a mixing matrix M [length, length] of each head is made. q, k [batch, length, heads · m]; tensors with one example
/// are shared by all examples, and so is their matrix.
public enum MixingRule {
  /// M_ts = softmax_s(q_t · k_s / √m)
  case attention(q: Tensor, k: Tensor)
  /// M_ts = Σ_i 1 / (exp q_ti + exp k_si + 2 bias + 1e-8), bias 0 without a parameter.
  case cauchy(q: Tensor, k: Tensor, bias: Parameter?)
  /// M_ts = Σ_i cos(2π ε q_ti s) − cos(2π ε k_si t), ε = 1e-3.
  case vandermonde(q: Tensor, k: Tensor)
  /// M_ts = weight[head, t, s], the weight [heads, longest, longest].
  case dense(Parameter)
  /// M_ts = cos(2π t s / period), the same for all heads.
  case cosines(period: Int)
}

extension Tape {
  /// y = scale · M v + v per head: v, y [batch, length, heads · P], M by the rule.
  ///
  /// M is made some rows at a time. Multiply-adds of the products: length² for each channel forward, twice that
  /// backward.
  public func matrixMix(_ v: Tensor, by rule: MixingRule, heads: Int, scale: Float) -> Tensor {
    precondition(
      heads > 0 && v.channels % heads == 0, "\(v.channels) channels in \(heads) heads")
    func check(_ x: Tensor, _ other: Tensor) {
      precondition(
        x.length == v.length && (x.batch == v.batch || x.batch == 1) && other.rows == x.rows
          && other.channels == x.channels && x.channels % heads == 0,
        "[\(v.rows), \(v.channels)] by [\(x.rows), \(x.channels)] and \(other.channels) channels")
    }
    switch rule {
    case .attention(let q, let k):
      check(q, k)
      return mix(v, AttentionRows(q: q, k: k, heads: heads), heads, scale)
    case .cauchy(let q, let k, let bias):
      check(q, k)
      return mix(v, CauchyMatrix(q: q, k: k, bias: bias, heads: heads), heads, scale)
    case .vandermonde(let q, let k):
      check(q, k)
      return mix(v, VandermondeMatrix(q: q, k: k, heads: heads), heads, scale)
    case .dense(let weight):
      precondition(
        weight.shape[0] == heads && weight.shape[1] >= v.length
          && weight.shape[2] == weight.shape[1],
        "\(v.length) tokens in \(heads) heads by weights \(weight.shape)")
      return mix(v, DenseMatrix(weight: weight), heads, scale)
    case .cosines(let period):
      // All channels are one head.
      return mix(v, CosineMatrix(period: period), 1, scale)
    }
  }

  private func mix<Rule: MatrixRule>(_ v: Tensor, _ rule: Rule, _ heads: Int, _ scale: Float)
    -> Tensor
  {
    let y = tensor(batch: v.batch, length: v.length, channels: v.channels)
    let groups = rule.isPerExample ? v.batch : 1
    let floats = groups * heads * v.length * Kernels.wholeVectors(v.length)
    // Saving rows is faster than making them again as long as they stay in cache.
    let saves = differentiates && rule.isWorthSaving && floats <= v.batch * 5 << 18
    let mix = MatrixMix(
      v: v, rule: rule, heads: heads, scale: scale, saved: saves ? arena.allocate(floats) : nil,
      result: y)
    mix.forward(on: self)
    record(mix)
    return y
  }
}

private struct MatrixMix<Rule: MatrixRule>: RecordedOperation {
  /// Rows of M that are made at a time, and columns of a product with them: these stay in cache.
  static var blockRows: Int { 64 }
  static var blockColumns: Int { 128 }

  let v: Tensor
  let rule: Rule
  let heads: Int
  let scale: Float
  /// M of every example, or the one for all, and head [length, whole vectors]; if nil, the backward pass makes it again.
  let saved: UnsafeMutablePointer<Float>?
  let result: Tensor

  private var length: Int { v.length }
  private var width: Int { v.channels / heads }
  private var padded: Int { Kernels.wholeVectors(length) }

  /// The examples that share a matrix.
  private func forEachMatrix(_ body: (_ examples: Range<Int>, _ head: Int) -> Void) {
    for head in 0..<heads {
      if rule.isPerExample {
        for example in 0..<v.batch { body(example..<example + 1, head) }
      } else {
        body(0..<v.batch, head)
      }
    }
  }

  private func forEachBlock(_ body: (_ rows: Range<Int>) -> Void) {
    for first in stride(from: 0, to: length, by: Self.blockRows) {
      body(first..<min(first + Self.blockRows, length))
    }
  }

  /// Memory for rows of a matrix.
  private func memory(
    _ examples: Range<Int>, _ head: Int, _ rows: Range<Int>, _ block: Rows
  ) -> Rows {
    guard let saved else { return block }
    let matrix = (rule.isPerExample ? examples.lowerBound : 0) * heads + head
    return Rows(saved + (matrix * length + rows.lowerBound) * padded, stride: padded)
  }

  private func block(_ rows: Rows, _ example: Int, _ head: Int, from row: Int = 0) -> Rows {
    rows.block(example * length + row, column: head * width)
  }

  func forward(on tape: Tape) {
    tape.copyRows(v.valueRows, to: GradientRows(result.valueRows, accumulates: false), of: v)
    forEachMatrix { examples, head in
      tape.arena.withScratch {
        let scratch = rule.prepare(
          examples.lowerBound, head, length, forGradient: false, on: tape)
        let block = Rows(tape.arena.allocate(min(Self.blockRows, length) * padded), stride: padded)
        forEachBlock { rows in
          let m = memory(examples, head, rows, block)
          rule.make(rows, scratch, into: m)
          for example in examples { addProduct(m, rows, example, head) }
        }
      }
    }
  }

  /// y += scale M v, for some rows.
  private func addProduct(_ m: Rows, _ rows: Range<Int>, _ example: Int, _ head: Int) {
    let y = block(result.valueRows, example, head, from: rows.lowerBound)
    forEachTile { first, count in
      multiply(
        rows.count, count, width, m.block(0, column: first).operand,
        block(v.valueRows, example, head, from: first).operand, into: y.values, stride: y.stride,
        alpha: scale, beta: 1)
    }
  }

  /// y = scale M v + v  →  dv = scale Mᵀ dy + dy, dM = scale dy vᵀ
  func backward(on tape: Tape) {
    let dv = tape.gradientRows(of: v)
    tape.copyRows(result.gradientRows, to: dv, of: v)
    rule.clearGradients(on: tape)
    forEachMatrix { examples, head in
      tape.arena.withScratch {
        let scratch = rule.prepare(examples.lowerBound, head, length, forGradient: true, on: tape)
        let rowCount = min(Self.blockRows, length)
        let own = Rows(tape.arena.allocate(rowCount * padded), stride: padded)
        let dm = Rows(tape.arena.allocate(rowCount * padded), stride: padded)
        let values = rule.isTrained ? transposedValues(examples, head, tape) : nil
        forEachBlock { rows in
          let m = memory(examples, head, rows, own)
          if saved == nil { rule.make(rows, scratch, into: m) }
          for (index, example) in examples.enumerated() {
            let dy = block(result.gradientRows, example, head, from: rows.lowerBound)
            addTransposedProduct(m, rows, dy, into: block(dv.rows, example, head))
            guard let values else { continue }
            forEachTile { first, count in
              multiply(
                rows.count, width, count, dy.operand,
                MatrixOperand(values + index * width * padded + first, stride: padded),
                into: dm.values + first, stride: padded, alpha: scale, beta: index == 0 ? 0 : 1)
            }
          }
          if rule.isTrained { rule.addGradients(rows, scratch, m: m, dm: dm, on: tape) }
        }
        if rule.isTrained { rule.finish(scratch, examples.lowerBound, head, length, on: tape) }
      }
    }
  }

  /// vᵀ [example, P, whole vectors]
  private func transposedValues(_ examples: Range<Int>, _ head: Int, _ tape: Tape)
    -> UnsafeMutablePointer<Float>
  {
    let values = tape.arena.allocate(examples.count * width * padded)
    for (index, example) in examples.enumerated() {
      let x = block(v.valueRows, example, head)
      Kernels.transpose(
        length, width, x.values, stride: x.stride, into: values + index * width * padded,
        stride: padded)
    }
    return values
  }

  /// dv += scale Mᵀ dy, of some rows of M.
  private func addTransposedProduct(_ m: Rows, _ rows: Range<Int>, _ dy: Rows, into dv: Rows) {
    forEachTile { first, count in
      multiply(
        count, rows.count, width, m.block(0, column: first).transposedOperand, dy.operand,
        into: dv.from(first).values, stride: dv.stride, alpha: scale, beta: 1)
    }
  }

  private func forEachTile(_ body: (_ first: Int, _ count: Int) -> Void) {
    for first in stride(from: 0, to: length, by: Self.blockColumns) {
      body(first, min(Self.blockColumns, length - first))
    }
  }
}
