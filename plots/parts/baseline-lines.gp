# Dashed lines at accuracies without recall, across an accuracy axis.
#
# Variables: baseline_count, baseline_at_1 …, baseline_text_1 … (from BaselineLines.swift); in_front (from the script
# that loads this): 1 where bars would cover lines and texts, else 0.

layer = in_front ? "front" : "back"
box = in_front ? "front boxed" : ""
set style textbox opaque noborder margins 0.5, 0.5
do for [i = 1:baseline_count] {
  baseline_at = value(sprintf("baseline_at_%d", i))
  set arrow 100 + i from graph 0, first baseline_at to graph 1, first baseline_at nohead @layer \
    dashtype (6, 5) linewidth 1.5 linecolor rgb 0x909090
  set label 100 + i value(sprintf("baseline_text_%d", i)) at graph 0.995, first baseline_at right \
    offset 0, 0.6 @box noenhanced font sans(12) textcolor rgb 0x505050
}
