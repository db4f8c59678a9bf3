# Share of wrong answers by the position of the pair and the gap between pair and query.
#
# Variables: those of parts/figure.gp; number_size, of the numbers in cells (0: none). Table (from ErrorHeatmap.swift):
#   $cells  position: from, to; gap: from, to; percent wrong; cells without answers are left out

load scripts . "/parts/figure.gp"
p = 1
load scripts . "/parts/panel.gp"
unset grid

# viridis, dark where errors are; colour-blind readers and grey printers can order it.
set palette defined (0 '#FDE725', 25 '#5EC962', 50 '#21918C', 75 '#3B528B', 100 '#440154')
set cbrange [0:100]
set colorbox user origin screen panel_right_1 + 0.015, panel_bottom_1 \
  size screen 0.022, panel_top_1 - panel_bottom_1
set cbtics 0, 20, 100 scale 0.5 font tic_font
set style fill solid 1 border rgb 0xFFFFFF

middle(a, b) = (a + b) / 2.
# The one of white and black that has the greater contrast, above 4.5:1.
ink(percent) = percent > 56 ? 0xFFFFFF : 0x000000
number(percent) = number_size > 0 ? sprintf("%.0f", percent) : ""

plot \
  $cells using (middle($1, $2)):(middle($3, $4)):1:2:3:4:5 with boxxyerror \
    linewidth 1 fillcolor palette title "cells", \
  $cells using (middle($1, $2)):(middle($3, $4)):(number($5)):(ink($5)) with labels \
    center noenhanced font sans(number_size > 0 ? number_size : 10) textcolor rgb variable
set output
