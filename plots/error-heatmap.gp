# Share of wrong answers by the position of the pair and the gap between pair and query.
#
# Variables: terminal, output, text_scale, mark_scale (from Chart.swift); title_text, title_size,
# subtitle_text, subtitle_size, the ranges x_low … y_high, and the plot's edges plot_left … as shares of
# the canvas (from ErrorHeatmap.swift). Table:
#   $cells  position: from, to; gap: from, to; percent wrong; cells without answers are left out

set encoding utf8
set terminal @terminal
set output output
set datafile separator tab

sans(size) = sprintf("sans-serif,%.1f", size * text_scale)

set lmargin at screen plot_left
set rmargin at screen plot_right
set bmargin at screen plot_bottom
set tmargin at screen plot_top

set label 1 title_text at screen plot_left, 0.956 left font sans(title_size)
set label 2 subtitle_text at screen plot_left, 0.913 left noenhanced \
  font sans(subtitle_size) textcolor rgb 0x505050
set label 3 "position of the pair (tokens from the start of the example)" \
  at screen (plot_left + plot_right) / 2, 0.052 center noenhanced font sans(15)
set label 4 "gap between pair and query (tokens)" at screen 0.017, (plot_bottom + plot_top) / 2 center rotate by 90 \
  noenhanced font sans(15)
set label 5 "Number: percent of the cell's answers that are wrong. Blank: no answers." \
  at screen plot_left, 0.016 left noenhanced font sans(12) textcolor rgb 0x505050
set label 6 "wrong answers (%)" at screen 0.981, (plot_bottom + plot_top) / 2 center rotate by 90 \
  noenhanced font sans(15)

unset key
set xrange [x_low:x_high]
set yrange [y_low:y_high]
set xtics nomirror out
set ytics nomirror out
# Tokens are whole.
if (x_high - x_low <= 8) { set xtics 1 }
if (y_high - y_low <= 8) { set ytics 1 }
set tics scale 0.8
set border 3 linecolor rgb 0x707070 linewidth 1.2

# viridis, dark where errors are; colour-blind readers and grey printers can order it.
set palette defined (0 '#FDE725', 25 '#5EC962', 50 '#21918C', 75 '#3B528B', 100 '#440154')
set cbrange [0:100]
set colorbox user origin screen plot_right + 0.015, plot_bottom \
  size screen 0.022, plot_top - plot_bottom
set cbtics 0, 20, 100 scale 0.5
set style fill solid 1 border rgb 0xFFFFFF

middle(a, b) = (a + b) / 2.
ink(percent) = percent > 40 ? 0xFFFFFF : 0x000000

plot \
  $cells using (middle($1, $2)):(middle($3, $4)):1:2:3:4:5 with boxxyerror \
    linewidth 1 fillcolor palette, \
  $cells using (middle($1, $2)):(middle($3, $4)):(sprintf("%.0f", $5)):(ink($5)) with labels \
    center noenhanced font sans(12) textcolor rgb variable
set output
