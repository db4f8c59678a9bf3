import Testing

/// Kernels against their plain twins in every instruction set; serialized, to be easy on memory.
@Suite(.serialized) struct KernelTests {}
