import Kernels

/// The taps for later tokens in a transform of n points. What such a transform convolves beyond point n comes back at
/// point 0, times −i, and the real part is the result. So tap j stands at point n − 1 − j, times i.
struct WrappedTaps {
  let fourier: Fourier
  let reversed: UnsafeMutablePointer<Float>  // [n, 16]
  /// The transform that is i at every point.
  let i: UnsafeMutablePointer<Float>

  init(_ fourier: Fourier, in arena: Arena) {
    self.fourier = fourier
    reversed = arena.allocate(fourier.size * Fourier.channels)
    i = arena.allocate(fourier.transformSize)
    for point in 0..<fourier.size {
      let parts = i + 2 * Fourier.channels * point
      parts.update(repeating: 0, count: Fourier.channels)
      (parts + Fourier.channels).update(repeating: 1, count: Fourier.channels)
    }
  }

  private func row(_ tap: Int) -> UnsafeMutablePointer<Float> {
    reversed + (fourier.size - 1 - tap) * Fourier.channels
  }

  func add(
    _ taps: Rows, _ count: Int, _ channels: Int, to response: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    reversed.update(repeating: 0, count: fourier.size * Fourier.channels)
    for tap in 0..<count { row(tap).update(from: taps.from(tap).values, count: channels) }
    fourier.transform(
      fourier.size, channels, Rows(reversed, stride: Fourier.channels), into: scratch)
    fourier.multiply(scratch, i, accumulate: true, into: response)
  }

  /// The imaginary part of the response's gradient is that of the taps.
  func gradient(
    of response: UnsafePointer<Float>, _ count: Int, _ channels: Int, into taps: GradientRows,
    scratch: UnsafeMutablePointer<Float>
  ) {
    fourier.multiply(response, i, conjugated: true, into: scratch)
    fourier.transformBack(
      fourier.size, channels, scratch,
      into: GradientRows(Rows(reversed, stride: Fourier.channels), accumulates: false))
    for tap in 0..<count {
      let target = taps.rows.from(tap).values
      if taps.accumulates {
        Kernels.add(channels, row(tap), to: target)
      } else {
        target.update(from: row(tap), count: channels)
      }
    }
  }
}

/// Gives each channel the transform of its head's kernel, and adds up the gradients of a head's channels.
struct HeadSpread {
  let fourier: Fourier
  /// Channels of a head.
  let perHead: Int
  private let response: UnsafeMutablePointer<Float>
  /// That of the channels' transforms, which `sum` adds up.
  let gradient: UnsafeMutablePointer<Float>

  init(_ fourier: Fourier, _ perHead: Int, in arena: Arena) {
    (self.fourier, self.perHead) = (fourier, perHead)
    response = arena.allocate(fourier.transformSize)
    gradient = arena.allocate(fourier.transformSize)
  }

  /// The transforms for channels from `first` on, made of those of 16 heads, the first of which has a multiple of 16 as
  /// its number.
  func spread(
    _ heads: UnsafePointer<Float>, from first: Int, _ channels: Int
  ) -> UnsafePointer<Float> {
    forEachHead(first, channels) { head, columns in
      for row in 0..<2 * fourier.size {
        (response + row * Fourier.channels + columns.lowerBound).update(
          repeating: heads[row * Fourier.channels + head], count: columns.count)
      }
    }
    return UnsafePointer(response)
  }

  /// Adds the gradients of the channels from `first` on to those of their heads.
  func sum(
    from first: Int, _ channels: Int, addedTo heads: UnsafeMutablePointer<Float>
  ) {
    forEachHead(first, channels) { head, columns in
      for row in 0..<2 * fourier.size {
        let values = gradient + row * Fourier.channels
        var sum: Float = 0
        for column in columns { sum += values[column] }
        heads[row * Fourier.channels + head] += sum
      }
    }
  }

  /// The heads of a block of channels, numbered within their group of 16, and the columns of each.
  private func forEachHead(
    _ first: Int, _ channels: Int, _ body: (_ head: Int, _ columns: Range<Int>) -> Void
  ) {
    var column = 0
    while column < channels {
      let channel = first + column
      let end = min(channels, column + perHead - channel % perHead)
      body(channel / perHead % Fourier.channels, column..<end)
      column = end
    }
  }
}
