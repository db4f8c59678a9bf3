# Loss (left) and validation accuracy (right) over training steps: one line for each run, one shade for each learning
# rate.
#
# Variables: those of parts/figure.gp; plain_width, of lines of rates that are not chosen. Tables (from
# TrainingChart.swift; panel 0 is nowhere):
#   $plain, $chosen, $plain_training, $chosen_training  panel, step, loss or accuracy, colour; an empty row between
#            runs: of rates that are not chosen and of the chosen one, on validation data and on training data
#   $marks   panel, step, accuracy, two unused columns, mark, colour: evaluations, which tell their values on hovering
#   $ends    panel, step, loss or accuracy, two unused columns, mark, colour: runs that failed or are not finished

load scripts . "/parts/figure.gp"

set multiplot
do for [p = 1:panel_count] {
  load scripts . "/parts/panel.gp"
  plot \
    $plain_training using (only($1 == p, $2)):3:4 with lines dashtype 14 linewidth 0.7 * plain_width \
      linecolor rgb variable, \
    $chosen_training using (only($1 == p, $2)):3:4 with lines dashtype 14 linewidth 2.1 \
      linecolor rgb variable, \
    $plain using (only($1 == p, $2)):3:4 with lines linewidth plain_width linecolor rgb variable, \
    $chosen using (only($1 == p, $2)):3:4 with lines linewidth 3 linecolor rgb variable, \
    $marks using (only($1 == p, $2)):3:6:7 with points pointtype variable \
      pointsize 0.35 * mark_scale linecolor rgb variable title "marks", \
    $ends using (only($1 == p, $2)):3:6:7 with points pointtype variable \
      pointsize 1.8 * mark_scale linewidth 2.2 linecolor rgb variable
}
unset multiplot
set output
