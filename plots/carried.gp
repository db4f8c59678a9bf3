# Scalars that must cross each cut of a sequence, one curve for each definition of rank.
#
# Variables: those of parts/figure.gp. Tables (from CarriedChart.swift):
#   $lines, $marks  cut, scalars, gnuplot's mark, colour; in lines an empty row between curves

load scripts . "/parts/figure.gp"
p = 1
load scripts . "/parts/panel.gp"

plot \
  $lines using 1:2:4 with lines linewidth 2 linecolor rgb variable, \
  $marks using 1:2:3:4 with points pointtype variable pointsize 0.8 * mark_scale \
    linecolor rgb variable title "marks"
set output
