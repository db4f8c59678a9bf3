# Validation accuracy against learning rate, one series for each model.
#
# Variables: those of parts/figure.gp. Tables (from LearningRateChart.swift; panel 0 is nowhere):
#   $lines    panel, rate, mean accuracy, colour; an empty row between series
#   $marks, $edges  panel, rate, mean accuracy, two unused columns, gnuplot's mark, colour; edges: of hybrid models
#   $rings    panel, rate, mean accuracy, colour: the chosen rate
#   $seeds    panel, rate, accuracy of one seed, colour
#   $failures panel, rate, y of its mark, colour, number of seeds that diverged or failed

load scripts . "/parts/figure.gp"
p = 1
load scripts . "/parts/panel.gp"

plot \
  $lines using (only($1 == p, $2)):3:4 with lines linewidth 2 linecolor rgb variable, \
  $seeds using (only($1 == p, $2)):3:4 with points pointtype 7 pointsize 0.7 * mark_scale \
    linecolor rgb variable, \
  $marks using (only($1 == p, $2)):3:6:7 with points pointtype variable \
    pointsize 1.8 * mark_scale linecolor rgb variable title "marks", \
  $edges using (only($1 == p, $2)):3:6:7 with points pointtype variable \
    pointsize 1.9 * mark_scale linewidth 1.6 linecolor rgb variable, \
  $rings using (only($1 == p, $2)):3:4 with points pointtype 6 pointsize 3.4 * mark_scale \
    linewidth 2.5 linecolor rgb variable, \
  $failures using (only($1 == p, $2)):3:4 with points pointtype 2 pointsize 1.5 * mark_scale \
    linewidth 2.5 linecolor rgb variable, \
  $failures using (only($1 == p, $2)):3:(sprintf(" %d", $5)):4 with labels left offset 0.6, 0 \
    font sans(label_size) textcolor rgb variable
set output
