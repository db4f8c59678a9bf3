# Test accuracy against state size relative to attention, one series a mixer.
#
# Given by AccuracyChart.swift as variables: terminal, output, title_text, subtitle_text, x_text, y_text,
# series_count, the ranges x_low … y_high, and the plot's edges as shares of the canvas.
#   $points  series, capacity, accuracy, low, high, published (0 or 1); sorted for the lines
#   $labels  series, capacity, accuracy, text: centred there; $names likewise, for the series

set encoding utf8
set terminal @terminal
set output output
set datafile separator tab

# Okabe and Ito's palette, which colour-blind readers can tell apart; yellow is left out (too pale).
array colours[7] = [0x0072B2, 0xD55E00, 0x009E73, 0xAA4499, 0x56B4E9, 0xE69F00, 0x000000]
colour(i) = colours[(int(i) - 1) % 7 + 1]
# Circle, square, triangle, diamond, inverted triangle, pentagon: filled is 1 above hollow.
array marks[6] = [7, 5, 9, 13, 11, 15]
mark(i) = marks[(int(i) - 1) % 6 + 1]

set lmargin at screen plot_left
set rmargin at screen plot_right
set bmargin at screen plot_bottom
set tmargin at screen plot_top

set label 1 title_text at screen plot_left, 0.956 left font "sans-serif,22"
set label 2 subtitle_text at screen plot_left, 0.916 left noenhanced font "sans-serif,15" \
  textcolor rgb 0x505050

set logscale x 2
set xrange [x_low:x_high]
set yrange [y_low:y_high]
set xtics nomirror out ("1/1024" 1./1024, "1/512" 1./512, "1/256" 1./256, "1/128" 1./128, \
  "1/64" 1./64, "1/32" 1./32, "1/16" 1./16, "1/8" 1./8, "1/4" 1./4, "1/2" 1./2, "1" 1, "2" 2, \
  "4" 4, "8" 8, "16" 16, "32" 32, "64" 64)
set ytics nomirror out 0, 0.2, 1
set format y "%.1f"
set xlabel x_text noenhanced offset 0, -0.6
set ylabel y_text noenhanced offset -1.2, 0
set border 3 linecolor rgb 0x707070 linewidth 1.2
set grid xtics ytics linecolor rgb 0xE4E4E4 linewidth 1, linecolor rgb 0xE4E4E4 linewidth 1
set arrow 1 from 1, y_low to 1, y_high nohead back dashtype 2 linewidth 1.5 linecolor rgb 0x909090
set errorbars small
set key at screen plot_right, 0.875 right top horizontal reverse Left samplen 1 width 1

only(condition, value) = condition ? value : NaN
measured(i) = $1 == i && $6 == 0
published(i) = $1 == i && $6 == 1

plot \
  for [i = 1:series_count] $points using (only(published(i), $2)):3 with lines \
    dashtype 3 linewidth 1.5 linecolor rgb colour(i) notitle, \
  for [i = 1:series_count] $points using (only(measured(i), $2)):3 with lines \
    linewidth 2.5 linecolor rgb colour(i) notitle, \
  for [i = 1:series_count] $points using (only(measured(i) && $5 > $4, $2)):3:4:5 \
    with yerrorbars pointtype 0 linewidth 2 linecolor rgb colour(i) notitle, \
  for [i = 1:series_count] $points using (only(measured(i), $2)):3 with points \
    pointtype mark(i) pointsize 2 linecolor rgb colour(i) notitle, \
  for [i = 1:series_count] $points using (only(published(i), $2)):3 with points \
    pointtype mark(i) pointsize 2.1 linecolor rgb 0xFFFFFF notitle, \
  for [i = 1:series_count] $points using (only(published(i), $2)):3 with points \
    pointtype mark(i) - 1 pointsize 2.1 linewidth 2.2 linecolor rgb colour(i) notitle, \
  $labels using 2:3:4:(colour($1)) with labels center noenhanced font "sans-serif,13" \
    textcolor rgb variable notitle, \
  $names using 2:3:4:(colour($1)) with labels center font "sans-serif,17" \
    textcolor rgb variable notitle, \
  keyentry with points pointtype 7 pointsize 1.8 linecolor rgb 0x505050 \
    title "measured (bar: lowest to highest seed)", \
  keyentry with points pointtype 6 pointsize 1.8 linewidth 2 linecolor rgb 0x505050 \
    title "published"
set output
