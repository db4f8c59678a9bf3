/// Every differentiable operation with its checks; a test compares this list with the folder Operations/.
package enum OperationCatalog {
  package static let checks: [(file: String, checks: [OperationCheck])] = [
    ("Attention", attentionChecks),
    ("Convolution", convolutionChecks),
    ("CrossEntropy", crossEntropyChecks),
    ("DeltaRule", deltaRuleChecks),
    ("Dropout", dropoutChecks),
    ("Embedding", embeddingChecks),
    ("GatedNorm", gatedNormChecks),
    ("Gather", gatherChecks),
    ("Linear", linearChecks),
    ("LinearAttention", linearAttentionChecks),
    ("ResidualNorm", residualNormChecks),
    ("SSD", ssdChecks),
    ("SelectiveScan", selectiveScanChecks),
  ]
}
