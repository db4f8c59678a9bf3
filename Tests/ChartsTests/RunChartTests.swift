import Charts
import Foundation
import FoundationXML
import PlotFiles
import Testing

/// The charts of single runs, learning rates and training, and charts inside a page.
@Suite struct RunChartTests {
  private let scripts = try! ProjectFolder.find(
    environment: [:], startingAt: [URL(filePath: #filePath)]
  ).appending(path: "plots")

  static let rateCurves = [
    LearningRateCurve(
      name: "attention, 2 layers",
      rates: [
        .init(learningRate: 1e-3, accuracies: [0.2, 0.4], failures: 0, isChosen: false),
        .init(learningRate: 1e-2, accuracies: [0.9, 1], failures: 0, isChosen: true),
        .init(learningRate: 1e-1, accuracies: [], failures: 2, isChosen: false),
      ]),
    LearningRateCurve(
      name: "SSD <N=16> & \"4\" layers",
      rates: [
        .init(learningRate: 1e-3, accuracies: [0.3], failures: 1, isChosen: false),
        .init(learningRate: 1e-2, accuracies: [0.7, 0.8], failures: 0, isChosen: true),
      ]),
  ]

  static let trainingCurves = [
    TrainingCurve(
      learningRate: 0.01, points: points(10, rise: 1), ending: .finished, isChosen: true),
    TrainingCurve(
      learningRate: 0.02, points: points(6, rise: 0.5), ending: .unfinished, isChosen: false),
    TrainingCurve(
      learningRate: 0.03,
      points: points(3, rise: 0.3) + [
        .init(step: 400, trainingLoss: .nan, validationLoss: .infinity, accuracy: 0)
      ], ending: .failed, isChosen: false),
    TrainingCurve(learningRate: 0.1, points: [], ending: .failed, isChosen: false),
  ]

  private static func points(_ count: Int, rise: Double) -> [TrainingCurve.Point] {
    (1...count).map { index in
      let share = rise * Double(index) / 10
      return .init(
        step: 100 * index, trainingLoss: 4 * exp(-3 * share), validationLoss: 4 * exp(-2 * share),
        accuracy: share)
    }
  }

  private func svg(_ chart: Chart?) throws -> String {
    let folder = try TemporaryFolder()
    let pictures = try #require(chart).draw(
      to: folder.url.appending(path: "chart"), formats: [.svg, .png], scripts: scripts)
    return try String(contentsOf: pictures[0], encoding: .utf8)
  }

  /// How many marks of one kind are drawn in a colour; gnuplot's `gpPt1` is the cross, 5 the ring, 6 the dot.
  private func marks(_ kind: Int, _ colour: String, in svg: String) -> Int {
    svg.split(separator: "\n").count {
      $0.contains("#gpPt\(kind)'") && $0.contains("color='rgb(\(colour))'")
    }
  }

  @Test func learningRatesShowEverySeedTheChoiceAndFailures() throws {
    let text = try svg(
      Chart.learningRates(Self.rateCurves, title: "Rates {a}_b", subtitle: "mqar"))
    for words in ["Rates {a}_b", "attention, 2 layers", "SSD &lt;N=16> &amp; ", ">0.01<", ">0.1<"] {
      #expect(text.contains(words), "\(words)")
    }
    let (blue, vermilion) = ("  0, 114, 178", "213,  94,   0")
    // Four seeds, two means, one in the legend; one ring; one cross for the rate that always failed.
    #expect(marks(6, blue, in: text) == 7)
    #expect(marks(5, blue, in: text) == 1)
    #expect(marks(1, blue, in: text) == 1)
    #expect(marks(5, vermilion, in: text) == 1)
    #expect(marks(1, vermilion, in: text) == 1)
    #expect(Chart.learningRates([], title: "", subtitle: "") == nil)
  }

  @Test func trainingShowsHowRunsEnd() throws {
    let text = try svg(Chart.training(Self.trainingCurves, title: "attention", subtitle: "mqar"))
    for words in ["lr 0.01 (chosen)", "lr 0.02", "lr 0.03", "loss (nats per answer, log scale)"] {
      #expect(text.contains(words), "\(words)")
    }
    #expect(!text.contains("lr 0.1<"))
    // Loss and accuracy have axes of their own.
    #expect(text.contains(">0.8<") && text.contains(">validation accuracy (0 to 1)<"))
    // In both panels: the unfinished run ends in a ring, the failed one in a cross.
    let colours = (0..<3).map { SeriesStyle(mixer: 0, rank: $0, of: 3).colour }.map { colour in
      [16, 8, 0].map { String(format: "%3d", colour.rgb >> $0 & 255) }.joined(separator: ", ")
    }
    #expect(marks(5, colours[1], in: text) == 2)
    #expect(marks(1, colours[2], in: text) == 2)
    #expect(Chart.training([], title: "", subtitle: "") == nil)
    #expect(text.contains(">validation<") && !text.contains(">next stage<"))
    // A vertical line in both panels, and one in the legend, where there are stages.
    let staged = try svg(
      Chart.training(Self.trainingCurves, stageEnds: [0, 150, 9999], title: "", subtitle: ""))
    #expect(staged.contains(">next stage<"))
    #expect(staged.contains("'1.8,4.2'") && !text.contains("'1.8,4.2'"))
    // A reader can point at each evaluation.
    #expect(text.contains("<title>lr ") && text.contains("seed 0, step 100\naccuracy "))
  }

  @Test func stepsShowEveryRunBesideWhatIsPublished() throws {
    let steps = (1...4).map { StepCurve.Point(step: 100 * $0, accuracy: 0.2 * Double($0)) }
    let curves = [
      StepCurve(
        name: "SSD N=4", style: SeriesStyle(mixer: 2),
        runs: [0, 1].map { .init(seed: $0, points: steps, isFinished: $0 == 0) }, published: 0.9),
      StepCurve(
        name: "SSD N=8", style: SeriesStyle(mixer: 2),
        runs: [
          .init(seed: 0, points: steps, isFinished: true),
          // It waits: nothing of it is in the picture.
          .init(seed: 1, points: [], isFinished: false),
        ]),
      StepCurve(name: "no evaluation", style: SeriesStyle(mixer: 1), runs: []),
    ]
    let chart = try #require(
      Chart.accuracyAgainstSteps(curves, baselines: [0.1], title: "Recall", subtitle: ""))
    let lines = try #require(chart.blocks.first { $0.name == "lines" }).rows
    #expect(lines.split(separator: []).map(\.count) == [4, 4, 4])
    let shades = (0..<2).map { "\(SeriesStyle(mixer: 2, rank: $0, of: 2).colour.rgb)" }
    #expect(
      lines.split(separator: []).map { $0.first!.last! } == [shades[0], shades[0], shades[1]])
    let ends = try #require(chart.blocks.first { $0.name == "ends" }).rows
    #expect(ends == [["400", "0.8", "6", shades[0]]])
    let text = try svg(chart)
    for words in [">SSD N=4<", ">published<", ">not finished<", ">baseline without recall 0.1<"] {
      #expect(text.contains(words), "\(words)")
    }
    #expect(text.contains("<title>SSD N=4, seed 1\nstep 400: accuracy 0.800</title>"))
    #expect(!text.contains("no evaluation"))
    let plain = try svg(
      Chart.accuracyAgainstSteps([curves[1]], title: "Recall", subtitle: ""))
    #expect(!plain.contains(">published<") && !plain.contains(">not finished<"))
    #expect(Chart.accuracyAgainstSteps([curves[2]], title: "", subtitle: "") == nil)
  }

  @Test func allRunsFailingStillDraws() throws {
    let curve = LearningRateCurve(
      name: "a", rates: [.init(learningRate: 1, accuracies: [], failures: 1, isChosen: false)])
    #expect(try svg(Chart.learningRates([curve], title: "t", subtitle: "")).contains(">1<"))
    let point = TrainingCurve.Point(
      step: 0, trainingLoss: .nan, validationLoss: .nan, accuracy: 0)
    let run = TrainingCurve(learningRate: 1, points: [point], ending: .failed, isChosen: false)
    #expect(try svg(Chart.training([run], title: "t", subtitle: "")).contains("lr 1"))
  }

  @Test func inlineChartsFollowThePage() throws {
    let chart = try #require(
      Chart.learningRates(Self.rateCurves, title: "a & b ]]>", subtitle: "<c>\u{1}"))
    let text = try chart.inlineSVG(id: "x1", scripts: scripts)
    let parser = XMLParser(data: Data(text.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    // The palette is the page's, nothing has another page's name, and no background covers the page.
    #expect(text.contains("var(--c0072b2, #0072b2)"))
    #expect(!text.contains("rgb("), "a colour that the page cannot change")
    #expect(text.contains("id='x1-gpPt6'") && !text.contains("'gpPt") && !text.contains("#gpPt"))
    #expect(
      text.contains(
        "<title>attention, 2 layers, lr 0.01 (chosen)\nvalidation accuracy 0.900, 1.000"))
    for words in ["xlink", "<title>$", "<filter", "#ffffff\"", "\"black\"", "\"gnuplot_"] {
      #expect(!text.contains(words), "\(words)")
    }
  }
}
