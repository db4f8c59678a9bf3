# Test accuracy against a size on a logarithmic axis, one series for each mixer. The scripts of several
# charts load it.
#
# Variables: terminal, output, text_scale, mark_scale (from Chart.swift); title_text, title_size,
# subtitle_text, subtitle_size, x_text, y_text, note_text, key_text, series_count, the ranges x_low … y_high,
# x_tics (gnuplot's list of marks), baseline_… (from BaselineLines.swift), legend_… (from Legend.swift),
# reference_x (the x of a dashed line, or 0), has_published, and the plot's edges plot_left … as shares of the
# canvas (from AccuracyChart.swift). Tables:
#   $points  series, capacity, accuracy, low, high, published (0 or 1); an empty row between lines
#   $seeds   series, capacity, accuracy: each seed
#   $labels  series (0: several), capacity, accuracy, text: its centre; $names likewise, for names of series
#   $frontier size, accuracy: corners of the frontier; may be off the canvas
#   $leaders series, from (capacity, accuracy), to (capacity, accuracy): the line from a far label to its mark

set encoding utf8
set terminal @terminal
set output output
set datafile separator tab

# Okabe and Ito's palette, which colour-blind readers can tell apart; without yellow, which is too pale.
array colours[7] = [0x0072B2, 0xD55E00, 0x009E73, 0xAA4499, 0x56B4E9, 0xE69F00, 0x000000]
colour(i) = i < 1 ? 0x303030 : colours[(int(i) - 1) % 7 + 1]
# Circle, square, triangle, diamond, inverted triangle, pentagon: filled is 1 above hollow.
array marks[6] = [7, 5, 9, 13, 11, 15]
mark(i) = marks[(int(i) - 1) % 6 + 1]

sans(size) = sprintf("sans-serif,%.1f", size * text_scale)

set lmargin at screen plot_left
set rmargin at screen plot_right
set bmargin at screen plot_bottom
set tmargin at screen plot_top

set label 1 title_text at screen plot_left, 0.956 left font sans(title_size)
set label 2 subtitle_text at screen plot_left, 0.913 left noenhanced \
  font sans(subtitle_size) textcolor rgb 0x505050
set label 3 x_text at screen (plot_left + plot_right) / 2, 0.052 center noenhanced font sans(15)
set label 4 y_text at screen 0.017, (plot_bottom + plot_top) / 2 center rotate by 90 \
  noenhanced font sans(15)
set label 5 note_text at screen plot_left, 0.016 left noenhanced font sans(12) \
  textcolor rgb 0x505050

# The key, by hand: gnuplot's own comes out differently wide in the two terminals.
unset key
set label 6 key_text at screen plot_left + 0.022, 0.872 \
  font sans(14)
set label 7 "" at screen plot_left + 0.01, 0.872 \
  point pointtype 7 pointsize 1.8 * mark_scale linecolor rgb 0x505050
if (has_published > 0) {
  set label 8 "published" at screen plot_left + 0.352, 0.872 font sans(14)
  set label 9 "" at screen plot_left + 0.34, 0.872 \
    point pointtype 6 pointsize 1.8 * mark_scale linewidth 2 linecolor rgb 0x505050
}

legend(part, i) = value(sprintf("legend_%s_%d", part, i))
do for [i = 1:legend_count] {
  set label 20 + i legend("text", i) at screen legend("x", i) + 0.022, legend("y", i) noenhanced \
    font sans(14)
  set label 60 + i "" at screen legend("x", i) + 0.01, legend("y", i) \
    point pointtype mark(i) pointsize 1.8 * mark_scale linecolor rgb colour(i)
}

set logscale x 2
set xrange [x_low:x_high]
set yrange [y_low:y_high]
set xtics nomirror out @x_tics
set ytics nomirror out 0, 0.2, 1
set tics scale 0.8
set format y "%.1f"
set border 3 linecolor rgb 0x707070 linewidth 1.2
set grid xtics ytics linetype 1 linecolor rgb 0xE2E2E2 linewidth 1
if (reference_x > 0) {
  set arrow 1 from reference_x, y_low to reference_x, 1 nohead back dashtype 2 linewidth 1.5 \
    linecolor rgb 0x909090
}
in_front = 0
load scripts . "/parts/baseline-lines.gp"
set errorbars small

only(condition, value) = condition ? value : NaN
measured(i) = $1 == i && $6 == 0
published(i) = $1 == i && $6 == 1

plot \
  $frontier using 1:2 with lines linewidth 7 linecolor rgb 0xE2E2E2, \
  $leaders using 2:3:($4 - $2):($5 - $3) with vectors nohead linewidth 1 \
    linecolor rgb 0x8A8A8A, \
  for [i = 1:series_count] $points using (only(published(i), $2)):3 with lines \
    dashtype (8, 6) linewidth 1.5 linecolor rgb colour(i), \
  for [i = 1:series_count] $points using (only(measured(i), $2)):3 with lines \
    linewidth 2.5 linecolor rgb colour(i), \
  for [i = 1:series_count] $points using (only(measured(i) && $5 > $4, $2)):3:4:5 \
    with yerrorbars pointtype 0 linewidth 2 linecolor rgb colour(i), \
  for [i = 1:series_count] $points using (only(measured(i), $2)):3 with points \
    pointtype mark(i) pointsize 2 * mark_scale linecolor rgb colour(i), \
  for [i = 1:series_count] $points using (only(published(i), $2)):3 with points \
    pointtype mark(i) pointsize 2.1 * mark_scale linecolor rgb 0xFFFFFF, \
  for [i = 1:series_count] $points using (only(published(i), $2)):3 with points \
    pointtype mark(i) - 1 pointsize 2.1 * mark_scale linewidth 2.2 linecolor rgb colour(i), \
  $seeds using 2:3 with points pointtype 7 pointsize 0.9 * mark_scale linecolor rgb 0xFFFFFF, \
  $seeds using 2:3:(colour($1)) with points pointtype 6 pointsize 0.9 * mark_scale \
    linewidth 1.5 linecolor rgb variable, \
  $labels using 2:3:4:(colour($1)) with labels center noenhanced font sans(13) \
    textcolor rgb variable, \
  $names using 2:3:4:(colour($1)) with labels center font sans(17) \
    textcolor rgb variable
set output
