# The edges and axes of panel p.
#
# Variables: p (from the script that loads this); panel_left_1 …, panel_right_1, panel_bottom_1, panel_top_1 (shares of the
# picture), x_low_1, x_high_1, x_log_1 (1: logarithmic), x_tics_1 (gnuplot's list of tics), likewise y (from Figure.swift).

set lmargin at screen item("panel_left", p)
set rmargin at screen item("panel_right", p)
set bmargin at screen item("panel_bottom", p)
set tmargin at screen item("panel_top", p)
unset logscale
if (item("x_log", p) > 0) { set logscale x }
if (item("y_log", p) > 0) { set logscale y }
set xrange [item("x_low", p):item("x_high", p)]
set yrange [item("y_low", p):item("y_high", p)]
# gnuplot takes lists of tics and their font only from variables.
tic_font = sans(tic_size)
x_list = item("x_tics", p)
y_list = item("y_tics", p)
set xtics nomirror out @x_list font tic_font textcolor rgb 0x505050
set ytics nomirror out @y_list font tic_font textcolor rgb 0x505050
# In a multiplot every plot draws them again: patches come with the first panel, lines with their own, and texts and marks
# with the last, so that no other panel's grid covers them.
if (p > 1) { unset object }
unset arrow
do for [i = 1:stroke_count] {
  if (item("stroke_panel", i) != p) { continue }
  x = item("stroke_x", i)
  y = item("stroke_y", i)
  if (item("stroke_front", i) > 0) {
    set arrow i from screen x, y to screen item("stroke_x_to", i), item("stroke_y_to", i) nohead front \
      dashtype item("stroke_dash", i) linewidth item("stroke_width", i) linecolor rgb item("stroke_colour", i)
  } else {
    set arrow i from screen x, y to screen item("stroke_x_to", i), item("stroke_y_to", i) nohead back \
      dashtype item("stroke_dash", i) linewidth item("stroke_width", i) linecolor rgb item("stroke_colour", i)
  }
}
if (p == panel_count) {
  do for [i = 1:text_count] {
    x = item("text_x", i)
    y = item("text_y", i)
    size = sans(item("text_size", i))
    colour = item("text_colour", i)
    anchor = item("text_anchor", i)
    if (anchor eq "left") {
      set label i item("text", i) at screen x, y left front font size textcolor rgb colour
    }
    if (anchor eq "center") {
      set label i item("text", i) at screen x, y center front font size textcolor rgb colour
    }
    if (anchor eq "right") {
      set label i item("text", i) at screen x, y right front font size textcolor rgb colour
    }
    if (anchor eq "up") {
      set label i item("text", i) at screen x, y center rotate by 90 front font size textcolor rgb colour
    }
    if (item("text_bold", i) < 1) { set label i noenhanced }
  }
  do for [i = 1:dot_count] {
    set label text_count + i "" at screen item("dot_x", i), item("dot_y", i) front \
      point pointtype item("dot_mark", i) pointsize item("dot_size", i) * mark_scale \
      linewidth item("dot_width", i) linecolor rgb item("dot_colour", i)
  }
}
