# Test accuracy against state size relative to attention, one series for each mixer.
#
# Variables and tables: parts/accuracy-plane.gp.

load scripts . "/parts/accuracy-plane.gp"
