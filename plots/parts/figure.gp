# What all charts have in common: the terminal, texts, lines and marks at places of the picture. Scripts load it first,
# and then, for each panel, panel.gp.
#
# Variables: terminal, output, text_scale, mark_scale, scripts (from Format.swift and Chart.swift); tic_size; text_count
# and text_1, text_x_1, text_y_1 (shares of the picture), text_size_1 (points), text_colour_1 (0xRRGGBB), text_anchor_1
# (left, center, right; up: upright), text_bold_1 (1: with gnuplot's markup) …; stroke_count, stroke_x_1, stroke_y_1, stroke_x_to_1, stroke_y_to_1,
# stroke_colour_1, stroke_width_1, stroke_dash_1, stroke_front_1, stroke_panel_1 (the panel that it
# belongs to) …; dot_count, dot_x_1, dot_y_1, dot_mark_1, dot_size_1,
# dot_colour_1, dot_width_1 …; patch_count, patch_x_1, patch_y_1, patch_x_to_1, patch_y_to_1, patch_colour_1 …
# (from Overlay.swift); panel_… (from Figure.swift).

set encoding utf8
set terminal @terminal
set output output
set datafile separator tab

sans(size) = sprintf("sans-serif,%.1f", size * text_scale)
item(name, i) = value(sprintf("%s_%d", name, i))

# One stroke for each meaning: a published line, theory, the baseline without recall, loss on training data,
# the best of a causal model.
set dashtype 11 (18, 10)
set dashtype 12 (3, 7)
set dashtype 13 (22, 8, 3, 8)
set dashtype 14 (10, 7)
set dashtype 15 (14, 6)

do for [i = 1:patch_count] {
  set object i rectangle from screen item("patch_x", i), item("patch_y", i) \
    to screen item("patch_x_to", i), item("patch_y_to", i) back \
    fillcolor rgb item("patch_colour", i) fillstyle solid noborder
}

unset key
set border 3 linecolor rgb 0x707070 linewidth 1.2
set tics scale 0.8
set grid xtics ytics linetype 1 linecolor rgb 0xE2E2E2 linewidth 1

# A value of the panel that is drawn now; NaN is no point.
only(condition, value) = condition ? value : NaN
