# Test accuracy against the bits of state, one series for each mixer.
#
# Variables and tables: parts/accuracy-plane.gp.

load scripts . "/parts/accuracy-plane.gp"
