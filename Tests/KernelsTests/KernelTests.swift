import Testing

/// Kernels against their plain twins in every instruction set; serialized, because the choice is global.
@Suite(.serialized) struct KernelTests {}
