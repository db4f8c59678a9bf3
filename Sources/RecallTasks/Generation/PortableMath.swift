// Logarithm and exponential made of +, −, · and /, which IEEE 754 rounds alike everywhere. Those of the C library differ
// in the last bit between versions, and even between processors, so examples drawn with them could differ too. The
// errors are about two units in the last place.

/// ln x of a normal x > 0: 2 artanh s = 2 (s + s³/3 + s⁵/5 + …), s = (m − 1) / (m + 1), where x = 2^e m and
/// m is between √½ and √2, so that s² < 0.03.
package func portableLog(_ x: Double) -> Double {
  var exponent = Double(x.exponent)
  var significand = x.significand
  if significand > 1.4142135623730951 {
    significand /= 2
    exponent += 1
  }
  let s = (significand - 1) / (significand + 1)
  let square = s * s
  // Written out, so that the compiler computes the quotients.
  var sum = (1.0 / 23) * square
  sum = (sum + 1.0 / 21) * square
  sum = (sum + 1.0 / 19) * square
  sum = (sum + 1.0 / 17) * square
  sum = (sum + 1.0 / 15) * square
  sum = (sum + 1.0 / 13) * square
  sum = (sum + 1.0 / 11) * square
  sum = (sum + 1.0 / 9) * square
  sum = (sum + 1.0 / 7) * square
  sum = (sum + 1.0 / 5) * square
  sum = (sum + 1.0 / 3) * square
  return exponent * log2High + (exponent * log2Low + 2 * s * sum + 2 * s)
}

/// e^x of |x| < 700: 2^k e^r, k whole and |r| ≤ ½ ln 2, by the power series of e^r.
package func portableExp(_ x: Double) -> Double {
  let k = (x / (log2High + log2Low)).rounded()
  let r = (x - k * log2High) - k * log2Low
  var sum = 1 + r * (1.0 / 15)
  sum = 1 + sum * (r * (1.0 / 14))
  sum = 1 + sum * (r * (1.0 / 13))
  sum = 1 + sum * (r * (1.0 / 12))
  sum = 1 + sum * (r * (1.0 / 11))
  sum = 1 + sum * (r * (1.0 / 10))
  sum = 1 + sum * (r * (1.0 / 9))
  sum = 1 + sum * (r * (1.0 / 8))
  sum = 1 + sum * (r * (1.0 / 7))
  sum = 1 + sum * (r * (1.0 / 6))
  sum = 1 + sum * (r * (1.0 / 5))
  sum = 1 + sum * (r * (1.0 / 4))
  sum = 1 + sum * (r * (1.0 / 3))
  sum = 1 + sum * (r * (1.0 / 2))
  sum = 1 + sum * (r * (1.0 / 1))
  return Double(sign: .plus, exponent: Int(k), significand: sum)
}

/// ln 2 in two parts; the first has few bits, so that small multiples of it are exact.
private let log2High = 0x1.62E42FEE00000p-1
private let log2Low = 0x1.A39EF35793C76p-33
