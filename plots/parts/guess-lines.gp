# Dashed lines at what a model reaches that recalls nothing, across an accuracy axis.
#
# Variables: guess_count, guess_at_1 …, guess_text_1 … (from GuessLines.swift); in_front (from the script
# that loads this): 1 where bars would cover lines and texts, else 0.

layer = in_front ? "front" : "back"
box = in_front ? "front boxed" : ""
set style textbox opaque noborder margins 0.5, 0.5
do for [i = 1:guess_count] {
  guess_at = value(sprintf("guess_at_%d", i))
  set arrow 100 + i from graph 0, first guess_at to graph 1, first guess_at nohead @layer \
    dashtype (6, 5) linewidth 1.5 linecolor rgb 0x909090
  set label 100 + i value(sprintf("guess_text_%d", i)) at graph 0.995, first guess_at right \
    offset 0, 0.6 @box noenhanced font sans(12) textcolor rgb 0x505050
}
