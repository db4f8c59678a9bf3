extension Double {
  /// The nearest bfloat16 (a float with 8 significant bits) to the nearest float; ties to even.
  package var roundedToBFloat16: Double {
    let bits = Float(self).bitPattern
    // An infinity or no number stays so.
    guard bits & 0x7F80_0000 != 0x7F80_0000 else { return self }
    return Double(Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000))
  }
}
