# Test accuracy against a size on a logarithmic axis, in panels of curves; loaded by the scripts of the charts that
# are so.
#
# Variables: terminal, output, text_scale, mark_scale (from Chart.swift); title_text, title_size,
# subtitle_text, subtitle_size, panel_count, panel_name_1 … and panel_legend_1 … (the legend's position), curve_count,
# curve_name_1 … and curve_panel_1 …, has_theory, baseline_name, has_fit, has_seeds, has_published, trained_to (0: not
# told), x_title, x_low, x_high, x_tics (from CurvePanels.swift). Tables:
#   $points  curve, size, mean accuracy, low, high, interval of the mean over seeds
#   $seeds   curve, size, accuracy: every seed
#   $fits    curve, size, accuracy, low, high: the fit and its interval, or the means; a blank line after each curve
#   $theory  curve, size, accuracy; likewise
#   $published curve, size, accuracy; may be off the canvas, as may $seeds and
#   $baselines size, accuracy: the accuracy without recall
#   $halves  curve, size: where the fit has accuracy 1/2, if that lies in the plot

set encoding utf8
set terminal @terminal
set output output
set datafile separator tab

# Light to dark with growing state, blue to red: an order that grey printers keep.
array colours[8] = [0x56B4E9, 0x0072B2, 0x009E73, 0xE69F00, 0xD55E00, 0xAA4499, 0x000000, 0x707070]
array marks[6] = [7, 5, 9, 13, 11, 15]
# A curve's place within its panel decides how it looks.
array place[curve_count]
array seen[panel_count]
do for [p = 1:panel_count] { seen[p] = 0 }
do for [i = 1:curve_count] {
  p = int(value(sprintf("curve_panel_%d", i)))
  seen[p] = seen[p] + 1
  place[i] = seen[p]
}
colour(i) = colours[(place[int(i)] - 1) % 8 + 1]
mark(i) = marks[(place[int(i)] - 1) % 6 + 1]
name(i) = value(sprintf("curve_name_%d", i))
inPanel(i, p) = value(sprintf("curve_panel_%d", i)) == p
only(condition, value) = condition ? value : NaN

sans(size) = sprintf("sans-serif,%.1f", size * text_scale)

set label 1 title_text at screen 0.07, 0.956 left font sans(title_size)
set label 2 subtitle_text at screen 0.07, 0.913 left noenhanced font sans(subtitle_size) \
  textcolor rgb 0x505050
set label 3 x_title at screen 0.52, 0.045 center noenhanced \
  font sans(15)
set label 4 "test accuracy (share of answers that are right, 0 to 1)" at screen 0.02, 0.47 center \
  rotate by 90 noenhanced font sans(15)
note_text = has_seeds > 0 ? "Marks: mean over seeds, 95 % interval; dots: seeds." : "Marks: one seed."
if (has_published > 0) { note_text = note_text . " Hollow: published." }
if (has_fit > 0) { note_text = note_text . " Line and band: logistic fit in log K, bootstrap 95 %." }
if (has_theory > 0) { note_text = note_text . " Dotted: theory, random keys of dimension N." }
if (has_fit > 0) { note_text = note_text . " Tick on the axis: K₅₀." }
if (trained_to > 0) {
  note_text = note_text . sprintf(" Grey line: strings in training have at most %d symbols.", trained_to)
}
set label 5 note_text at screen 0.07, 0.014 left noenhanced \
  font sans(11) textcolor rgb 0x505050

set logscale x 2
set xrange [x_low:x_high]
set yrange [-0.03:1.05]
# Tics take a font only from a variable.
tic_font = sans(13)
set xtics nomirror out @x_tics font tic_font
set ytics nomirror out 0, 0.2, 1 font tic_font
set format y "%.1f"
set tics scale 0.8
set border 3 linecolor rgb 0x707070 linewidth 1.2
set grid xtics ytics linetype 1 linecolor rgb 0xE2E2E2 linewidth 1
set errorbars small
if (trained_to > 0) {
  set arrow 1 from trained_to, graph 0 to trained_to, graph 1 nohead back linewidth 1.5 linecolor rgb 0x909090
}
set style fill transparent solid 0.16 noborder
set key Left reverse samplen 2.4 spacing 1.25 font tic_font noenhanced opaque

left(p) = 0.07 + (p - 1) * 0.925 / panel_count
set bmargin at screen 0.125
set tmargin at screen 0.835

set multiplot
do for [p = 1:panel_count] {
  set lmargin at screen left(p) + (p > 1 ? 0.03 : 0)
  set rmargin at screen left(p + 1) - 0.015
  if (p > 1) {
    unset label
    set format y ""
  }
  # Macros are expanded before the loop runs.
  legend_position = value(sprintf("panel_legend_%d", p))
  if (legend_position eq "bottom left") { set key at graph 0.02, 0.03 bottom left }
  if (legend_position eq "top right") { set key at graph 0.98, 0.97 top right }
  if (legend_position eq "bottom right") { set key at graph 0.98, 0.03 bottom right }
  if (legend_position eq "top left") { set key at graph 0.02, 0.97 top left }
  if (legend_position eq "center left") { set key at graph 0.02, 0.5 center left }
  if (legend_position eq "center right") { set key at graph 0.98, 0.5 center right }
  set label 20 value(sprintf("panel_name_%d", p)) at graph 0, 1.035 left font sans(17)
  plot \
    $baselines using 1:2 with lines dashtype (6, 5) linewidth 1.5 linecolor rgb 0x909090 \
      title (p == 1 ? baseline_name : ""), \
    for [i = 1:curve_count] $fits using (only($1 == i && inPanel(i, p), $2)):4:5 \
      with filledcurves linecolor rgb colour(i) notitle, \
    for [i = 1:curve_count] $theory using (only($1 == i && inPanel(i, p), $2)):3 with lines \
      dashtype (2, 4) linewidth 2 linecolor rgb colour(i) notitle, \
    for [i = 1:curve_count] $fits using (only($1 == i && inPanel(i, p), $2)):3 with lines \
      linewidth 2 linecolor rgb colour(i) notitle, \
    for [i = 1:curve_count] $halves using (only($1 == i && inPanel(i, p), $2)):(-0.03):(0):(0.05) \
      with vectors nohead linewidth 3 linecolor rgb colour(i) notitle, \
    for [i = 1:curve_count] $seeds using (only($1 == i && inPanel(i, p), $2)):3 with points \
      pointtype 6 pointsize 0.8 * mark_scale linewidth 1.2 linecolor rgb colour(i) notitle, \
    for [i = 1:curve_count] $points using (only($1 == i && inPanel(i, p), $2)):3:4:5 \
      with yerrorbars pointtype 0 linewidth 2 linecolor rgb colour(i) notitle, \
    for [i = 1:curve_count] $points using (only($1 == i && inPanel(i, p), $2)):3 with points \
      pointtype mark(i) pointsize 1.5 * mark_scale linecolor rgb colour(i) notitle, \
    for [i = 1:curve_count] $published using (only($1 == i && inPanel(i, p), $2)):3 with points \
      pointtype mark(i) - 1 pointsize 2.1 * mark_scale linewidth 2.2 linecolor rgb colour(i) notitle, \
    for [i = 1:curve_count] (inPanel(i, p) ? -9 : NaN) with linespoints linewidth 2 \
      pointtype mark(i) pointsize 1.5 * mark_scale linecolor rgb colour(i) \
      title (inPanel(i, p) ? name(i) : "")
}
unset multiplot
set output
