# Test accuracy against sequence length: a panel a mixer, a curve for each depth and state relative to attention's.
#
# Variables and tables: parts/curve-panels.gp; scripts is this folder (from Chart.swift).

load scripts . "/parts/curve-panels.gp"
