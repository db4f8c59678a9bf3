# Loss (left) and validation accuracy (right) over training steps: one line for each run, one colour
# for each learning rate.
#
# Variables: terminal, output, text_scale, mark_scale and scripts (from Chart.swift); baseline_… (from
# BaselineLines.swift); title_text, title_size, subtitle_text, subtitle_size, x_high, loss_low, loss_high,
# loss_tics, plain_width (of lines of rates that are not chosen; from TrainingChart.swift), legend_… (from
# Legend.swift), and the plot's edges plot_left … as shares of the canvas. Tables:
#   $curves  colour, chosen (0 or 1), step, training loss, validation loss, accuracy; an empty line
#            between runs
#   $ends    colour, step, validation loss, accuracy, 1 if the run failed, 0 if it is not finished

set encoding utf8
set terminal @terminal
set output output
set datafile separator tab

# Okabe and Ito's palette, which colour-blind readers can tell apart; without yellow, which is too pale.
array colours[7] = [0x0072B2, 0xD55E00, 0x009E73, 0xAA4499, 0x56B4E9, 0xE69F00, 0x000000]
colour(i) = colours[(int(i) - 1) % 7 + 1]

sans(size) = sprintf("sans-serif,%.1f", size * text_scale)

set label 1 title_text at screen plot_left, 0.956 left font sans(title_size)
set label 2 subtitle_text at screen plot_left, 0.913 left noenhanced \
  font sans(subtitle_size) textcolor rgb 0x505050
set label 3 "training steps" at screen (plot_left + plot_right) / 2, 0.052 center noenhanced \
  font sans(15)
set label 4 "Thick: the chosen learning rate. Dashed: training loss. Cross: diverged or failed. Ring: not finished." \
  at screen plot_left, 0.016 left noenhanced font sans(12) textcolor rgb 0x505050

unset key
legend(part, i) = value(sprintf("legend_%s_%d", part, i))
do for [i = 1:legend_count] {
  set label 10 + 2 * i legend("text", i) noenhanced \
    at screen legend("x", i) + 0.017, legend("y", i) left font sans(14)
  set label 11 + 2 * i "" at screen legend("x", i) + 0.006, legend("y", i) \
    point pointtype 7 pointsize 1.5 * mark_scale linecolor rgb colour(legend("colour", i))
}

set bmargin at screen plot_bottom
set tmargin at screen plot_top
middle = (plot_left + plot_right) / 2
set xrange [0:x_high]
set xtics nomirror out
set ytics nomirror out
set tics scale 0.8
set border 3 linecolor rgb 0x707070 linewidth 1.2
set grid xtics ytics linetype 1 linecolor rgb 0xE2E2E2 linewidth 1

only(condition, value) = condition ? value : NaN
width(chosen) = chosen ? 3 : plain_width

set multiplot
set lmargin at screen plot_left
set rmargin at screen middle - 0.025
set label 5 "loss (nats per answer, log scale)" at screen plot_left, plot_top + 0.02 left \
  noenhanced font sans(15)
set label 6 "validation accuracy (0 to 1)" at screen middle + 0.035, plot_top + 0.02 left \
  noenhanced font sans(15)
set logscale y 10
set yrange [loss_low:loss_high]
set ytics @loss_tics
plot \
  for [chosen = 0:1] $curves using 3:(only($2 == chosen, $4)):(colour($1)) with lines \
    dashtype (6, 5) linewidth 0.7 * width(chosen) linecolor rgb variable, \
  for [chosen = 0:1] $curves using 3:(only($2 == chosen, $5)):(colour($1)) with lines \
    linewidth width(chosen) linecolor rgb variable, \
  $ends using 2:(only($5 == 1, $3)):(colour($1)) with points pointtype 2 \
    pointsize 1.8 * mark_scale linewidth 2.5 linecolor rgb variable, \
  $ends using 2:(only($5 == 0, $3)):(colour($1)) with points pointtype 6 \
    pointsize 1.8 * mark_scale linewidth 2 linecolor rgb variable

# In a multiplot every plot would draw them again.
unset label
unset logscale y
set lmargin at screen middle + 0.035
set rmargin at screen plot_right
set yrange [-0.03:1.06]
set ytics nomirror out 0, 0.2, 1
set format y "%.1f"
in_front = 0
load scripts . "/parts/baseline-lines.gp"
plot \
  for [chosen = 0:1] $curves using 3:(only($2 == chosen, $6)):(colour($1)) with lines \
    linewidth width(chosen) linecolor rgb variable, \
  $ends using 2:(only($5 == 1, $4)):(colour($1)) with points pointtype 2 \
    pointsize 1.8 * mark_scale linewidth 2.5 linecolor rgb variable, \
  $ends using 2:(only($5 == 0, $4)):(colour($1)) with points pointtype 6 \
    pointsize 1.8 * mark_scale linewidth 2 linecolor rgb variable
unset multiplot
set output
