# Validation accuracy over training steps, one line for each run.
#
# Variables: those of parts/figure.gp. Tables (from StepsChart.swift):
#   $lines, $marks  step, accuracy, gnuplot's mark, colour: evaluations; in lines an empty row between runs
#   $ends    the same: the last evaluation of runs that are not finished (outside the panel if there is none)

load scripts . "/parts/figure.gp"
p = 1
load scripts . "/parts/panel.gp"

plot \
  $lines using 1:2:4 with lines linewidth 2 linecolor rgb variable, \
  $marks using 1:2:3:4 with points pointtype variable pointsize 0.35 * mark_scale \
    linecolor rgb variable title "marks", \
  $ends using 1:2:3:4 with points pointtype variable pointsize 1.8 * mark_scale linewidth 2.2 \
    linecolor rgb variable
set output
