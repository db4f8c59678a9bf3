import Support
import Testing

@Suite struct TextTests {
  @Test func columnsAreAsWideAsTheirWidestCell() {
    let rows = [["name", "n", ""], ["a", "16", "x"], ["longer", "7"]]
    #expect(alignedColumns(rows) == ["name     n", "a       16  x", "longer   7"])
    #expect(alignedColumns(rows, left: [0, 1]) == ["name    n", "a       16  x", "longer  7"])
    #expect(alignedColumns([["a", "b"]], widths: [3, 4]) == ["a       b"])
    #expect(alignedColumns([["wide", "b"]], widths: [3, 1]) == ["wide  b"])
    #expect(alignedColumns([]) == [])
  }

  @Test func tablesFitTheirTerminal() {
    let table = TextTable([["model", "state / attention", "lr"], ["SSD N=4", "1/4", "0.01"]])
    #expect(table.fitted(to: 35, leavingOut: ["lr"]).lines == table.aligned)
    let narrow = table.fitted(to: 30, leavingOut: ["none", "lr"])
    #expect(
      narrow.lines == [
        "           state /", "model    attention    lr", "-------  ---------  ----",
        "SSD N=4        1/4  0.01",
      ])
    #expect(narrow.leftOut == [])
    let narrower = table.fitted(to: 20, leavingOut: ["none", "lr"])
    #expect(
      narrower.lines == [
        "           state /", "model    attention", "-------  ---------", "SSD N=4        1/4",
      ])
    #expect(narrower.leftOut == ["lr"])
    // Nothing more can be left out.
    #expect(table.fitted(to: 5, leavingOut: ["lr"]).lines == narrower.lines)
  }

  @Test func textsAreBrokenBetweenWords() {
    #expect("one two three".lines(to: 7, indent: "  ") == ["one two", "  three"])
    #expect("a word/that/is/longer b".lines(to: 6) == ["a", "word/that/is/longer", "b"])
    #expect("short".lines(to: 7, indent: "  ") == ["short"])
    #expect("one two six".lines(to: 7, indent: "  ") == ["one two", "  six"])
  }

  @Test func longLinesFitTheirTerminal() {
    #expect("short\n\n  a b".fitted(to: 8) == "short\n\n  a b")
    #expect("  one two three".fitted(to: 10) == "  one\n    two\n    three")
    #expect("  lr  the rate of it".fitted(to: 14) == "  lr  the rate\n      of it")
    #expect("then: recall run x".fitted(to: 8) == "then: recall run x")
    #expect("./recall run x".fitted(to: 8) == "./recall run x")
    #expect(
      "a_recall  are bindings recalled".fitted(to: 24)
        == "a_recall  are bindings\n          recalled")
  }

  @Test func numbersForPeople() {
    #expect(fixed(0.12345, 3) == "0.123" && fixed(2, 1) == "2.0" && fixed(-0.5, 0) == "-0")
    #expect(signed(0.25, 2) == "+0.25" && signed(-0.25, 2) == "-0.25")
    #expect(significant(0.00012345, 3) == "0.000123" && significant(1e-7, 2) == "1e-07")
    #expect(percent(0.125) == "12 %" && percent(0.125, 1) == "12.5 %")
    #expect(
      [0, 999, 1000, -16_384, 1_234_567].map(grouped) == [
        "0", "999", "1 000", "-16 384", "1 234 567",
      ])
    #expect(
      [12, 1230, 4_560_000, 7_890_000_000].map(byteText) == [
        "12 B", "1.23 kB", "4.56 MB", "7.89 GB",
      ])
    #expect(fixed(.infinity, 1) == "inf" && fixed(-.nan, 1) == "nan" && fixed(1e300, 2) == "1e+300")
    #expect(fixed(1e14, 900).count == 916 && significant(-1.5e300, 2) == "-1.5e+300")
    #expect([7, 754, 3723.4, -1, .infinity].map(clock) == ["0:07", "12:34", "1:02:03", "?", "?"])
  }

  @Test func textsAreMadePlain() {
    #expect("  a\n b\t\u{1b}[2Jc\u{202e} ".oneLine == "a b [2Jc")
    #expect("".oneLine == "" && " \r\n".oneLine == "" && "a b".oneLine == "a b")
    #expect("a\u{1b}[31m\nb\u{7f}\u{85}\t".harmless == "a\u{FFFD}[31m\nb\u{FFFD}\u{FFFD}\t")
    #expect("x\u{1b}y".hiddenCharacter == "U+001B" && "x\n\té漢🙂".hiddenCharacter == nil)
    #expect("漢字 a".columns == 6 && "ﾊﾝ".columns == 2 && "é🙂".columns == 3)
    #expect("a\r\nb".columns == 3 && "ab\u{301}".columns == 2 && "".columns == 0)
    #expect(
      ["", "  ", "a  ", " a", "é ", "a \u{301}"].map(\.withoutSpacesAtEnd) == [
        "", "", "a", " a", "é", "a \u{301}",
      ])
    #expect(alignedColumns([["漢字", "1"], ["abcd", "22"]]) == ["漢字   1", "abcd  22"])
  }

  @Test func controlCharactersAreThoseOfUnicode() {
    let scalars = (0...0x10FFFF).compactMap { Unicode.Scalar($0 as UInt32) }
    #expect(
      scalars.filter {
        $0.isControl
          != ($0.properties.generalCategory == .control || $0.properties.isNoncharacterCodePoint)
      } == [])
  }

  @Test func wordsOfAShellCanBePasted() {
    #expect(shellWord("a-b_1.yaml") == "a-b_1.yaml" && shellWord("") == "''")
    #expect(shellWord("it's $HOME") == "'it'\\''s $HOME'" && shellPath("-x") == "./-x")
    #expect(shellWord("é漢 x") == "'é漢 x'")
    #expect(shellWord("a\u{1b}'\n\\é\u{202e}") == "$'a\\x1b\\'\\x0a\\\\é\\xe2\\x80\\xae'")
  }

  /// What a spreadsheet would compute is text; numbers stay numbers.
  @Test func formulasInCSVAreText() {
    let cells = ["=1+1", "+a", "-b", "@SUM(A1)", "\tx", "-0.5", "+1e-3", "-inf", "a=b", "−1"]
    #expect(
      CSV.lines([cells]) == [
        "'=1+1,'+a,'-b,'@SUM(A1),'\tx,-0.5,+1e-3,-inf,a=b,−1"
      ])
  }

  /// The values that hashes, files and random streams were made with.
  @Test func checksumsKeepTheirValues() {
    #expect(Checksum().hexadecimal == "cbf29ce484222325")
    #expect(Checksum(of: "a").hexadecimal == "af63dc4c8601ec8c")
    #expect(Checksum(of: "foobar").hexadecimal == "85944171f73967e8")
    #expect(RandomStream.number(of: "foobar") == 0x8594_4171_f739_67e8)
    var words = Checksum()
    words.add(0x1_0000_0061)
    let once: UInt64 = (0xcbf2_9ce4_8422_2325 ^ 0x1_0000_0061) &* 0x100_0000_01b3
    #expect(words.value == once)
  }

  @Test func whatIsWrittenAsCSVIsRead() {
    let rows = [["a", "b,c", "say \"so\""], ["", "two\nlines", " x "], ["1", "", ""]]
    let lines = CSV.lines(rows)
    #expect(lines[0] == #"a,"b,c","say ""so""""#)
    #expect(CSV.rows(lines.joined(separator: "\n")) == rows)
    #expect(CSV.rows(lines.joined(separator: "\r\n") + "\r\n") == rows)
    #expect(CSV.rows("a,b\n\n1,2\n") == [["a", "b"], ["1", "2"]])
    #expect(CSV.rows("") == [] && CSV.rows("a,\"b\n") == nil)
  }
}
