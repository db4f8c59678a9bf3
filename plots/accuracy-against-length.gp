# Test accuracy against sequence length: one panel for each mixer, one curve for each depth and
# relative state.
#
# Variables and tables: parts/curve-panels.gp.

load scripts . "/parts/curve-panels.gp"
