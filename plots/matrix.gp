# The size of every element of a mixing matrix, relative to the largest, on a logarithmic scale.
#
# Variables: those of parts/figure.gp; tokens, of a side; cut, before which token a line is drawn (-1: none). Table (from
# MatrixChart.swift):
#   $cells  column: from, to; row: from, to; log10 of size / largest; blank cells are left out

load scripts . "/parts/figure.gp"
p = 1
load scripts . "/parts/panel.gp"
unset grid
set yrange [tokens:0]

# viridis, dark where elements are large.
set palette defined (0 '#FDE725', 25 '#5EC962', 50 '#21918C', 75 '#3B528B', 100 '#440154')
set cbrange [-4:0]
set colorbox user origin screen panel_right_1 + 0.015, panel_bottom_1 \
  size screen 0.022, panel_top_1 - panel_bottom_1
set cbtics ("1" 0, "0.1" -1, "0.01" -2, "0.001" -3, "0.0001" -4) scale 0.5 font tic_font
set style fill solid 1 noborder
middle(a, b) = (a + b) / 2.
if (cut > 0) {
  set arrow 9001 from cut, 0 to cut, tokens nohead front linewidth 1.5 linecolor rgb 0xD55E00
  set arrow 9002 from 0, cut to tokens, cut nohead front linewidth 1.5 linecolor rgb 0xD55E00
}

plot $cells using (middle($1, $2)):(middle($3, $4)):1:2:3:4:5 with boxxyerror \
  fillcolor palette title "cells"
set output
