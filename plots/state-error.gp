# The error of a state that is kept in bfloat16, over the tokens of a sequence: one line for each model.
#
# Variables: those of parts/figure.gp. Tables (from StateErrorChart.swift):
#   $lines, $marks  panel, tokens, error in per cent, gnuplot's mark, colour; in lines an empty row between curves

load scripts . "/parts/figure.gp"

set multiplot
do for [p = 1:panel_count] {
  load scripts . "/parts/panel.gp"
  plot \
    $lines using (only($1 == p, $2)):3:5 with lines linewidth 2 linecolor rgb variable, \
    $marks using (only($1 == p, $2)):3:4:5 with points pointtype variable pointsize mark_scale \
      linecolor rgb variable title "marks"
}
unset multiplot
set output
