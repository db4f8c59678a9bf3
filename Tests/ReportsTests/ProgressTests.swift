import ExperimentSamples
import Experiments
import ProgressReports
import RecallTasks
import Records
import Reports
import Results
import Scheduling
import Support
import Testing
import Training

@Suite struct ProgressTests {
  /// The baseline: any of 64 distinct values, each asked for once.
  private var baseline: NoRecallBaseline? {
    var task = MQAR()
    (task.sequenceLength, task.pairCount, task.power) = (256, 64, 1)
    return NoRecallBaseline([TaskConfiguration(task)])
  }

  @Test func plainLineNamesEverything() {
    let line = PlainProgress.line(
      sampleEvaluation(step: 400, accuracy: 0.8125, loss: 0.5117),
      sampleProgress(step: 400, of: 1200, secondsLeft: 70), label: "SSD N=4",
      beside: baseline)
    #expect(
      line
        == "SSD N=4: step 400/1200  loss 0.512  accuracy 0.812 (baseline 0.016)  exact match 0.406  "
        + "812 sequences/s  1:10 left")
  }

  @Test func stagesAreNamed() throws {
    let line = PlainProgress.line(
      sampleEvaluation(step: 400, accuracy: 0.8),
      sampleProgress(step: 400, of: 1200, secondsLeft: 7, stage: 2),
      label: "SSD", beside: nil)
    #expect(line.hasPrefix("SSD: step 400/1200 (stage 2 of 5)  loss"))
  }

  @Test func clockReadsLikeAClock() {
    #expect([7, 754, 3723].map { clock($0) } == ["0:07", "12:34", "1:02:03"])
    #expect(clock(.nan) == "?" && clock(-1) == "?")
  }

  @Test func boardHasALineForEachRunAndOneForAll() {
    var board = ProgressBoard(runs: 4, jobs: 2)
    board.apply(
      .started(multiplyAdds: 1e9), label: "attention", hash: "a", baseline: baseline, now: 0)
    board.apply(.started(multiplyAdds: 1e9), label: "SSD N=16", hash: "b", now: 0)
    var overview = SweepOverview(runs: 4)
    (overview.done, overview.waitingMultiplyAdds) = (1, 1e9)
    board.update(overview)
    // A run takes 60 s; 30 s of this one and one that waits are left to two jobs.
    board.apply(
      .progress(sampleProgress(step: 50, of: 100, secondsLeft: 30)), label: "", hash: "a", now: 30)
    #expect(
      board.lines(width: 114, colours: false) == [
        "attention [###############---------------] 50/100  loss 0.500  acc 0.250 (baseline 0.016)  "
          + "812 seq/s  0:30",
        "SSD N=16   setting up", "1 of 4 runs done, 2 in training, about 0:45 left; Ctrl-C pauses",
      ])
    board.apply(.ended(.paused), label: "attention", hash: "a", now: 60)
    #expect(board.lines(width: 100, colours: false).count == 2)
  }

  /// The bar goes first, then loss, speed and baseline; the label last.
  @Test(arguments: [
    (117, " 50/100  loss 0.500  acc 0.250 (baseline 0.016)  812 seq/s  0:30"),
    (103, " 50/100  acc 0.250 (baseline 0.016)  812 seq/s  0:30"),
    (93, " 50/100  acc 0.250 (baseline 0.016)  0:30"), (80, " 50/100  acc 0.250  0:30"),
  ])
  func narrowBoardsKeepTheLabel(width: Int, numbers: String) {
    let label = "SSD N=256, 8 layers, 1024 tokens lr=0.03 seed=10"
    var board = ProgressBoard(runs: 1, jobs: 1)
    board.apply(.started(multiplyAdds: 1e9), label: label, hash: "a", baseline: baseline, now: 0)
    board.apply(
      .progress(sampleProgress(step: 50, of: 100, secondsLeft: 30)), label: "", hash: "a", now: 30)
    let line = board.lines(width: width, colours: false)[0]
    #expect(line.hasPrefix(label) && line.hasSuffix(numbers))
  }

  @Test func logShowsEverythingNowAndThen() throws {
    let lines = Messages()
    let run = try Experiment(yaml: smallFile, file: "small.yaml").runs[0]
    let baseline = try #require(run.configuration.baseline).description
    let log = PlainProgress(runs: 12, jobs: 1, every: 0, write: lines.add)
    log.tick(SweepOverview(runs: 12))
    #expect(lines.all.isEmpty)
    log.report(.started(multiplyAdds: 1e9), of: run)
    log.report(.progress(sampleProgress(step: 50, of: 100, secondsLeft: 30)), of: run)
    log.tick(SweepOverview(runs: 12))
    #expect(
      lines.all == [
        "attention lr=0.003 seed=0: 50/100  loss 0.500  acc 0.250 (\(baseline))  812 seq/s  0:30",
        "0 of 12 runs done, 1 in training, about 0:30 left",
      ])
    #expect(!lines.all.joined().contains("\u{1b}"))
    log.report(.ended(.finished(sampleEvaluation(step: 100, accuracy: 0.5))), of: run)
    #expect(
      lines.all.last?.contains("validation accuracy 0.500 (\(baseline)), exact match 0.2") == true)
  }

  @Test(arguments: [20, 40, 60, 80, 200])
  func linesFitTheTerminal(width: Int) {
    var board = ProgressBoard(runs: 1, jobs: 1)
    let label = "a label that is far too long for any terminal that anybody would ever use"
    board.apply(.started(multiplyAdds: 1e9), label: label, hash: "a", baseline: baseline, now: 0)
    for step in [0, 1, 99, 100] {
      let progress = sampleProgress(step: step, of: 100, secondsLeft: 1e5)
      board.apply(.progress(progress), label: label, hash: "a", now: 1)
      for line in board.lines(width: width, colours: false) { #expect(line.count < width) }
    }
  }

  @Test func noEscapesWithoutColours() {
    var board = ProgressBoard(runs: 1, jobs: 1)
    board.apply(.started(multiplyAdds: 1e9), label: "a", hash: "a", now: 0)
    board.apply(
      .progress(sampleProgress(step: 1, of: 2, secondsLeft: 1)), label: "a", hash: "a", now: 1)
    #expect(!board.lines(width: 80, colours: false).joined().contains("\u{1b}"))
    #expect(board.lines(width: 80, colours: true)[0].contains("\u{1b}[32m"))
  }
}
