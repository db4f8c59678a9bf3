# Test accuracy against a size on a logarithmic axis, one series for each mixer, in one panel or several. The scripts of
# several charts load it.
#
# Variables: those of figure.gp. Tables (from AccuracyTables.swift; panel 0 is nowhere):
#   $lines, $published_lines  panel, size, accuracy, colour; an empty row between lines
#   $marks, $published, $edges  panel, size, accuracy, low, high, gnuplot's mark, colour; edges: of hybrid models
#   $seeds     panel, size, accuracy, colour: each seed
#   $frontier  panel, size, accuracy: corners of the frontier

load scripts . "/parts/figure.gp"

set multiplot
do for [p = 1:panel_count] {
  load scripts . "/parts/panel.gp"
  plot \
    $frontier using (only($1 == p, $2)):3 with lines linewidth 7 linecolor rgb 0xE2E2E2, \
    $published_lines using (only($1 == p, $2)):3:4 with lines dashtype 11 linewidth 1.6 \
      linecolor rgb variable, \
    $lines using (only($1 == p, $2)):3:4 with lines linewidth 2.5 linecolor rgb variable, \
    $marks using (only($1 == p && $5 > $4, $2)):4:(0):($5 - $4):7 with vectors nohead linewidth 2 \
      linecolor rgb variable, \
    $marks using (only($1 == p, $2)):3:6:7 with points pointtype variable \
      pointsize 2 * mark_scale linecolor rgb variable title "marks", \
    $published using (only($1 == p, $2)):3:($6 + 1) with points pointtype variable \
      pointsize 2.1 * mark_scale linecolor rgb 0xFFFFFF, \
    $published using (only($1 == p, $2)):3:6:7 with points pointtype variable \
      pointsize 2.1 * mark_scale linewidth 2.2 linecolor rgb variable title "published", \
    $edges using (only($1 == p, $2)):3:6:7 with points pointtype variable \
      pointsize 2.1 * mark_scale linewidth 1.8 linecolor rgb variable, \
    $seeds using (only($1 == p, $2)):3 with points pointtype 7 pointsize 0.9 * mark_scale \
      linecolor rgb 0xFFFFFF, \
    $seeds using (only($1 == p, $2)):3:4 with points pointtype 6 pointsize 0.9 * mark_scale \
      linewidth 1.5 linecolor rgb variable
}
unset multiplot
set output
