# Test accuracy of mixers at equal capacity: one bar for each ratio and mixer, in groups by either.
#
# Variables: those of parts/figure.gp; bar_width (in groups), is_upright (1 if the texts on bars are upright), note_size
# (from IsoCapacityChart.swift). Tables (panel 0 is nowhere):
#   $bars    panel, x, accuracy, low, high, colour, setting, ratio obtained (- if it is the requested one)
#   $seeds   panel, x, accuracy: each seed
#   $missing panel, x, text: series without a model at this ratio

load scripts . "/parts/figure.gp"
p = 1
load scripts . "/parts/panel.gp"
set xtics scale 0
set grid noxtics ytics
set style fill solid 1 noborder

text(setting, ratio, between) = ratio eq "-" ? setting : setting . between . ratio
text_place = is_upright > 0 ? "left rotate by 90" : "center"

plot \
  $bars using 2:3:(bar_width * 0.92):6 with boxes linecolor rgb variable title "bars", \
  $bars using (only($5 > $4, $2)):4:(0):($5 - $4) with vectors nohead linewidth 2 linecolor rgb 0x000000, \
  $seeds using (only($1 == p, $2)):3 with points pointtype 7 pointsize 0.9 * mark_scale linecolor rgb 0xFFFFFF, \
  $seeds using (only($1 == p, $2)):3 with points pointtype 6 pointsize 0.9 * mark_scale linewidth 1.3 \
    linecolor rgb 0x000000, \
  $bars using 2:($9 + (is_upright > 0 ? 0.035 : strcol(8) ne "-" ? 0.045 : 0.03)):\
    (text(strcol(7), strcol(8), is_upright > 0 ? " " : "\n")) \
    with labels @text_place noenhanced font sans(note_size) textcolor rgb 0x505050, \
  $missing using (only($1 == p, $2)):(0.02):3 with labels rotate by 90 left noenhanced font sans(note_size) \
    textcolor rgb 0x505050
set output
