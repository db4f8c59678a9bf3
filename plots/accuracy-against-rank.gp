# Test accuracy against the effective rank of the mixing matrices, one series for each mixer.
#
# Variables and tables: parts/accuracy-plane.gp.

load scripts . "/parts/accuracy-plane.gp"
