# Test accuracy against a size on a logarithmic axis, in panels of curves. The scripts of several charts load it.
#
# Variables: those of figure.gp; band_count, band_colour_1 …, trained_to (0 if it is not
# known; from CurvePanels.swift). Tables (from
# CurveTables.swift; panel 0 is nowhere):
#   $lines, $bands, $theory  panel, size, accuracy, low, high, colour, curve; an empty row after each curve. A line is the
#             fit or joins the means; a band is the fit's interval
#   $bars, $marks, $edges, $published  panel, size, accuracy, low, high, gnuplot's mark, colour; edges: of hybrid models
#   $seeds    panel, size, accuracy, colour: each seed
#   $baselines panel, size, accuracy: the accuracy without recall

load scripts . "/parts/figure.gp"

set style fill transparent solid 0.18 noborder

set multiplot
do for [p = 1:panel_count] {
  load scripts . "/parts/panel.gp"
  unset arrow 9999
  if (trained_to > 0) {
    set arrow 9999 from trained_to, graph 0 to trained_to, graph 1 nohead back linewidth 1.5 linecolor rgb 0x6A6A6A
  }
  plot \
    $baselines using (only($1 == p, $2)):3 with lines dashtype 13 linewidth 1.6 \
      linecolor rgb 0x6A6A6A, \
    for [i = 1:band_count] $bands using (only($1 == p && $7 == i, $2)):4:5 with filledcurves \
      linecolor rgb item("band_colour", i), \
    $theory using (only($1 == p, $2)):3:6 with lines dashtype 12 linewidth 2.2 \
      linecolor rgb variable, \
    $lines using (only($1 == p, $2)):3:6 with lines linewidth 2 linecolor rgb variable, \
    $bars using (only($1 == p, $2)):4:(0):($5 - $4):7 with vectors nohead linewidth 2 \
      linecolor rgb variable, \
    $marks using (only($1 == p, $2)):3:6:7 with points pointtype variable \
      pointsize 1.5 * mark_scale linecolor rgb variable title "marks", \
    $edges using (only($1 == p, $2)):3:6:7 with points pointtype variable \
      pointsize 1.6 * mark_scale linewidth 1.6 linecolor rgb variable, \
    $seeds using (only($1 == p, $2)):3 with points pointtype 7 pointsize 0.8 * mark_scale \
      linecolor rgb 0xFFFFFF, \
    $seeds using (only($1 == p, $2)):3:4 with points pointtype 6 pointsize 0.8 * mark_scale \
      linewidth 1.2 linecolor rgb variable, \
    $published using (only($1 == p, $2)):3:6:7 with points pointtype variable \
      pointsize 2.1 * mark_scale linewidth 2.2 linecolor rgb variable title "published"
}
unset multiplot
set output
