# Test accuracy against the number of pairs or the length of a string: a panel a mixer, a curve a state size, with fit
# and interval.
#
# Variables and tables: parts/curve-panels.gp; scripts is this folder (from Chart.swift).

load scripts . "/parts/curve-panels.gp"
