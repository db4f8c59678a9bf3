# Validation accuracy against learning rate, one series for each model.
#
# Variables: terminal, output, text_scale, mark_scale and scripts (from Chart.swift); baseline_… (from
# BaselineLines.swift); title_text, title_size, subtitle_text, subtitle_size, x_low, x_high, y_low, rate_tics
# (from LearningRateChart.swift), legend_… (from Legend.swift), and the plot's edges plot_left … as shares of
# the canvas. Tables:
#   $means    series, rate, mean accuracy, chosen (0 or 1); an empty line between series
#   $seeds    series, rate, accuracy of one seed
#   $failures series, rate, number of seeds that diverged or failed, y of its mark

set encoding utf8
set terminal @terminal
set output output
set datafile separator tab

# Okabe and Ito's palette, which colour-blind readers can tell apart; without yellow, which is too pale.
array colours[7] = [0x0072B2, 0xD55E00, 0x009E73, 0xAA4499, 0x56B4E9, 0xE69F00, 0x000000]
colour(i) = colours[(int(i) - 1) % 7 + 1]
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
set label 3 "learning rate (peak, log scale)" at screen (plot_left + plot_right) / 2, 0.052 \
  center noenhanced font sans(15)
set label 4 "validation accuracy (end of training, 0 to 1)" \
  at screen 0.017, (plot_bottom + plot_top) / 2 center rotate by 90 noenhanced font sans(15)
set label 5 "Line: mean over seeds. Small dots: seeds. Ring: chosen rate. Cross below 0: seeds that diverged or failed, and how many." \
  at screen plot_left, 0.016 left noenhanced font sans(12) textcolor rgb 0x505050

unset key
legend(part, i) = value(sprintf("legend_%s_%d", part, i))
do for [i = 1:legend_count] {
  set label 10 + 2 * i legend("text", i) noenhanced \
    at screen legend("x", i) + 0.017, legend("y", i) left font sans(14)
  set label 11 + 2 * i "" at screen legend("x", i) + 0.006, legend("y", i) \
    point pointtype mark(legend("colour", i)) pointsize 1.8 * mark_scale \
    linecolor rgb colour(legend("colour", i))
}

set logscale x 10
set xrange [x_low:x_high]
set yrange [y_low:1.06]
set xtics nomirror out @rate_tics
set ytics nomirror out 0, 0.2, 1
set tics scale 0.8
set format y "%.1f"
set border 3 linecolor rgb 0x707070 linewidth 1.2
set grid xtics ytics linetype 1 linecolor rgb 0xE2E2E2 linewidth 1

in_front = 0
load scripts . "/parts/baseline-lines.gp"

only(condition, value) = condition ? value : NaN

plot \
  $means using 2:3:(colour($1)) with lines linewidth 2 linecolor rgb variable, \
  $seeds using 2:3:(colour($1)) with points pointtype 7 pointsize 0.7 * mark_scale \
    linecolor rgb variable, \
  for [i = 1:legend_count] $means using (only($1 == i, $2)):3 with points pointtype mark(i) \
    pointsize 1.8 * mark_scale linecolor rgb colour(i), \
  $means using (only($4 == 1, $2)):3:(colour($1)) with points pointtype 6 \
    pointsize 3.4 * mark_scale linewidth 2.5 linecolor rgb variable, \
  $failures using 2:4:(colour($1)) with points pointtype 2 pointsize 1.5 * mark_scale \
    linewidth 2.5 linecolor rgb variable, \
  $failures using 2:4:(sprintf(" %d", $3)):(colour($1)) with labels left offset 0.6, 0 \
    font sans(12) textcolor rgb variable
set output
