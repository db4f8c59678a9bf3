import Kernels
import Support

/// One parameter tensor: its name, its shape, its range in the flat buffers and its initial values.
public struct Parameter: Sendable, Hashable {
  /// Its name in checkpoints, for example `backbone.layers.0.mixer.A_log`.
  public let name: String
  /// Its elements are stored in row-major order.
  public let shape: [Int]
  /// The index of its first element in the flat buffers of values, gradients and optimizer moments.
  public let offset: Int
  public let initializer: Initializer

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// Whether it is a weight matrix or the token embedding, to which `weight_decay_on: matrices` applies. Biases, scales
  /// of norms, decay rates and position embeddings are not: weight decay would shrink the embedding of a position until
  /// a sequence reaches it.
  public let isMatrix: Bool
  /// Whether training changes it; checkpoints hold it in both cases.
  public let isTrained: Bool
  /// Further names under which checkpoints hold the same tensor.
  public let otherNames: [String]

  /// Every name, `name` first.
  public var names: [String] { [name] + otherNames }

  /// Some rows of a matrix, or some elements of a vector, as a parameter.
  public func rows(_ range: Range<Int>) -> Parameter {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[0], "rows \(range) of \(name) \(shape)")
    return Parameter(
      name: name, shape: [range.count] + shape.dropFirst(),
      offset: offset + range.lowerBound * (count / shape[0]), initializer: initializer,
      isMatrix: isMatrix, isTrained: isTrained, otherNames: otherNames)
  }
}

/// The initial values of a parameter. Random numbers come from a stream named by (seed, parameter name).
public enum Initializer: Sendable, Hashable {
  case zeros
  case ones
  /// Normal with mean 0 and this standard deviation.
  case normal(std: Double)
  /// Uniform in ±bound.
  case uniform(bound: Double)
  /// Each row of the last axis is log 1, log 2, …: Mamba's A_log.
  case logarithmsOfRange
  /// The logarithm of a uniform number: SSD's A_log.
  case logarithmOfUniform(low: Double, high: Double)
  /// Uniform between two numbers.
  case uniformBetween(Double, Double)
  /// These numbers, row major.
  case numbers([Float])
  /// Element i of n is i / (n − 1).
  case fractions
  /// Features of positions t below n [n, 1 + 2 · bands]: t / (n − 1), then cos w of each band, then −sin w, with
  /// w = f · 2π t / n and f in even steps from 1e-4 to bands − 1; 1e-4 for one band. Hyena's positions (zoology).
  case filterPositions
  /// A matrix with orthonormal columns, or rows where those are fewer, times `gain`.
  case orthogonal(gain: Double)
  /// softplus⁻¹(dt) with dt log-uniform in [low, high] and at least `floor`: the bias of dt in Mamba and SSD.
  case inverseSoftplusOfDt(low: Double, high: Double, floor: Double)
}

/// Collects the parameters of a model and lays them out in one flat buffer.
public final class ParameterLayout {
  /// In the order of the flat buffer.
  public private(set) var parameters: [Parameter] = []
  private var names: Set<String> = []
  /// Names in public checkpoints of tensors that the model does not use, by their start.
  public private(set) var ignoredNames: [String] = []
  /// Size of the flat buffer in floats. Each parameter starts on a 64-byte boundary.
  public private(set) var count = 0

  public init() {}

  /// Adds a parameter. Traps if a name is already taken.
  public func add(
    _ name: String, _ shape: [Int], _ initializer: Initializer, isMatrix: Bool = false,
    isTrained: Bool = true, otherNames: [String] = []
  ) -> Parameter {
    for name in [name] + otherNames {
      precondition(names.insert(name).inserted, "parameter \(name) is declared twice")
    }
    let parameter = Parameter(
      name: name, shape: shape, offset: count, initializer: initializer, isMatrix: isMatrix,
      isTrained: isTrained, otherNames: otherNames)
    parameters.append(parameter)
    count += Kernels.wholeVectors(parameter.count)
    return parameter
  }

  /// Tensors of a public checkpoint whose names start with `name` are not read.
  public func ignore(_ name: String) { ignoredNames.append(name) }
}

/// A flat buffer with one float for every parameter element: values, gradients or an optimizer's moment.
///
/// Floats between parameters are always zero.
public final class ParameterBuffer: @unchecked Sendable {
  /// Size in floats.
  public let count: Int
  public let values: UnsafeMutablePointer<Float>

  /// A buffer of zeros.
  public init(count: Int) {
    self.count = count
    let bytes = max(64, count * MemoryLayout<Float>.stride)
    values = UnsafeMutableRawBufferPointer.allocateLarge(byteCount: bytes).baseAddress!
      .bindMemory(to: Float.self, capacity: count)
    clear()
  }

  deinit { values.deallocate() }

  /// Sets every element to 0.
  public func clear() { values.initialize(repeating: 0, count: count) }

  /// Copies every element of a buffer of the same size.
  public func copy(from other: ParameterBuffer) {
    precondition(count == other.count, "a buffer of \(other.count) floats into one of \(count)")
    values.update(from: other.values, count: count)
  }

  /// The parameter's elements, row major.
  public func elements(of parameter: Parameter) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: values + parameter.offset, count: parameter.count)
  }
}
