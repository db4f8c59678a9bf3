# Test accuracy against the number of pairs or the length of a string: one panel for each mixer, one curve for
# each state size, with fit and interval.
#
# Variables and tables: parts/curve-panels.gp.

load scripts . "/parts/curve-panels.gp"
