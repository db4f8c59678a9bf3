# Test accuracy against the cost of a decoding step, and the frontier: the best accuracy at each cost or less.
#
# Variables and tables: parts/accuracy-plane.gp.

load scripts . "/parts/accuracy-plane.gp"
