# Test accuracy of mixers at equal capacity: one group of bars for each ratio, one bar for each mixer.
#
# Variables: terminal, output, text_scale, mark_scale, scripts (from Chart.swift); title_text, title_size,
# subtitle_text, subtitle_size, x_text, note_text, x_high, x_tics, y_high, bar_width (in groups), is_upright
# (1 if the texts on bars are upright), legend_… (from Legend.swift), baseline_… (from BaselineLines.swift),
# and the plot's edges plot_left … as shares of the canvas (from IsoCapacityChart.swift). Tables:
#   $bars    series, x, accuracy, low, high, setting, ratio obtained (- if it is the requested one)
#   $seeds   series, x, accuracy: each seed
#   $missing x, text: series without a model at this ratio

set encoding utf8
set terminal @terminal
set output output
set datafile separator tab

array colours[7] = [0x0072B2, 0xD55E00, 0x009E73, 0xAA4499, 0x56B4E9, 0xE69F00, 0x000000]
colour(i) = colours[(int(i) - 1) % 7 + 1]

sans(size) = sprintf("sans-serif,%.1f", size * text_scale)

set lmargin at screen plot_left
set rmargin at screen plot_right
set bmargin at screen plot_bottom
set tmargin at screen plot_top

set label 1 title_text at screen plot_left, 0.956 left font sans(title_size)
set label 2 subtitle_text at screen plot_left, 0.913 left noenhanced \
  font sans(subtitle_size) textcolor rgb 0x505050
set label 3 x_text at screen (plot_left + plot_right) / 2, 0.052 center noenhanced font sans(15)
set label 4 "test accuracy (share of answers that are right, 0 to 1)" \
  at screen 0.017, (plot_bottom + plot_top) / 2 center rotate by 90 noenhanced font sans(15)
set label 5 note_text at screen plot_left, 0.016 left noenhanced font sans(12) \
  textcolor rgb 0x505050

unset key
legend(part, i) = value(sprintf("legend_%s_%d", part, i))
do for [i = 1:legend_count] {
  x = legend("x", i)
  y = legend("y", i)
  set object i rectangle from screen x, y - 0.01 to screen x + 0.014, y + 0.012 \
    fillcolor rgb colour(legend("colour", i)) fillstyle solid noborder
  set label 10 + i legend("text", i) at screen x + 0.02, y noenhanced font sans(14)
}

set xrange [0.4:x_high]
set yrange [0:y_high]
# Tics take a font only from a variable.
tic_font = sans(14)
set xtics nomirror out scale 0 @x_tics font tic_font
set ytics nomirror out 0, 0.2, 1
set format y "%.1f"
set border 3 linecolor rgb 0x707070 linewidth 1.2
set grid ytics linetype 1 linecolor rgb 0xE2E2E2 linewidth 1
in_front = 1
load scripts . "/parts/baseline-lines.gp"
set errorbars small
set style fill solid 1 noborder

had(column) = strcol(column) ne "-"
text(setting, ratio, between) = ratio eq "-" ? setting : setting . between . ratio
text_place = is_upright > 0 ? "left rotate by 90" : "center"

plot \
  $bars using 2:3:(bar_width * 0.92):(colour($1)) with boxes linecolor rgb variable, \
  $bars using 2:4:(0):($5 - $4) with vectors nohead linewidth 2 linecolor rgb 0x000000, \
  $seeds using 2:3 with points pointtype 7 pointsize 0.9 * mark_scale linecolor rgb 0xFFFFFF, \
  $seeds using 2:3 with points pointtype 6 pointsize 0.9 * mark_scale linewidth 1.3 \
    linecolor rgb 0x000000, \
  $bars using 2:($5 + (is_upright > 0 ? 0.015 : had(7) ? 0.045 : 0.03)):\
    (text(strcol(6), strcol(7), is_upright > 0 ? " " : "\n")) \
    with labels @text_place noenhanced font sans(11.5) textcolor rgb 0x505050, \
  $missing using 1:(0.02):2 with labels rotate by 90 left noenhanced font sans(11.5) \
    textcolor rgb 0x707070
set output
