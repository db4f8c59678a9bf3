# Test accuracy against state size relative to attention, one series for each mixer.
#
# Variables and tables: parts/accuracy-plane.gp; scripts is this folder (from Chart.swift).

load scripts . "/parts/accuracy-plane.gp"
