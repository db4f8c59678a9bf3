import Charts
import Testing

struct DrawingForPageTests {
  private func page(_ drawing: String) -> String {
    var drawing = DrawingForPage(drawing[...], id: "c")
    return drawing.text()
  }

  @Test(arguments: [
    // Colours in both forms, and what only looks like one.
    ("<path stroke='rgb(  0, 114, 178)'/>", "<path stroke='var(--c0072b2, #0072b2)'/>"),
    ("rgb(256, 0, 0) rgb(1, 2) rgb(1,2,3", "rgb(256, 0, 0) rgb(1, 2) rgb(1,2,3"),
    (
      "<path stroke=\"black\" fill='white'/>",
      "<path stroke=\"\(Colour.ink.variable)\" fill='\(Colour.paper.variable)'/>"
    ),
    ("color='blackish' fill=\"black'", "color='blackish' fill=\"black'"),
    // Ids.
    ("<use xlink:href='#gpPt6'/>", "<use href='#c-gpPt6'/>"),
    ("<circle id='gpDot'/>", "<circle id='c-gpDot'/>"),
    ("<g id=\"gnuplot_plot_1\">x</g>", "<g>x</g>"),
    // Groups of nothing, with white space in them, and one within another.
    ("a<g fill=\"none\"></g>b", "ab"), ("a<g>\n <g x=\"1\">\n\t</g>\n</g>b", "ab"),
    ("<g><path/></g>", "<g><path/></g>"), ("<g>a</g></g>", "<g>a</g></g>"),
    ("<glyph></g>", "<glyph></g>"),
    ("<g x='1'>kept ></g>", "<g x='1'>kept ></g>"),
    // What the page says once.
    ("<filter id='x'>\n<b/></filter>c", "c"),
    ("<rect x=\"0\" y=\"0\" width=\"9\" fill=\"#ffffff\"/>d", "d"),
    ("<rect x=\"0\" y=\"0\" fill=\"#fffffe\"/>", "<rect x=\"0\" y=\"0\" fill=\"#fffffe\"/>"),
    (
      "<text><tspan font-family=\"sans-serif\" >0</tspan></text>",
      "<text><tspan>0</tspan></text>"
    ),
    ("a  \n\n\t b\n", "a\nb\n"), ("", ""), ("<filter ", ""), ("rgb(", "rgb("), ("fill=", "fill="),
  ])
  func keepsWhatAPageNeeds(drawing: String, expected: String) { #expect(page(drawing) == expected) }
}
