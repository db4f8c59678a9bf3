/// Every differentiable operation with its checks; a test compares this list with the folder Operations/.
enum OperationChecks {
  static let all: [(file: String, checks: [OperationCheck])] = [
    ("Attention", attentionChecks),
    ("BlockDiagonalLinear", blockDiagonalLinearChecks),
    ("Convolution", convolutionChecks),
    ("CrossEntropy", crossEntropyChecks),
    ("Dropout", dropoutChecks),
    ("Embedding", embeddingChecks),
    ("GatedActivation", gatedActivationChecks),
    ("GatedNorm", gatedNormChecks),
    ("Gather", gatherChecks),
    ("Linear", linearChecks),
    ("ResidualNorm", residualNormChecks),
    ("SSD", ssdChecks),
    ("SelectiveScan", selectiveScanChecks),
  ]
}
