import Charts

/// The page's style: light or dark like the reader's system, for screens, phones and paper.
package enum Stylesheet {
  package static let css =
    """
    :root { color-scheme: light dark; \(variables(light)) }
    @media (prefers-color-scheme: dark) { :root { \(variables(dark)) } }
    """ + rules

  private static let light: [(String, String)] = [
    ("page", "#ffffff"), ("text", "#1c2024"), ("muted", "#5a6169"), ("line", "#d9dde1"),
    ("panel", "#f5f6f8"), ("link", "#0b5cad"), ("good", "#11663c"), ("bad", "#b3261e"),
    ("open", "#7a5200"),
  ]

  private static let dark: [(String, String)] = [
    ("page", "#14171a"), ("text", "#e4e7ea"), ("muted", "#a3abb3"), ("line", "#363c42"),
    ("panel", "#1d2125"), ("link", "#7db8f5"), ("good", "#6fd39b"), ("bad", "#ff8a80"),
    ("open", "#f0c06a"),
  ]

  /// The colours of charts in this markup, for a dark page.
  static func charts(in markup: String) -> String {
    "\n@media (prefers-color-scheme: dark) { :root { \(Colour.darkVariables(in: markup)) } }"
  }

  private static func variables(_ values: [(String, String)]) -> String {
    values.map { "--\($0): \($1);" }.joined(separator: " ")
  }

  private static let rules = """

    * { box-sizing: border-box; }
    body { --surface: var(--page); --cffffff: var(--page); margin: 0; background: var(--page); color: var(--text);
      font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
    main, header, footer, nav { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
    header { padding-top: 2.5rem; }
    h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; overflow-wrap: anywhere; }
    h2 { font-size: 1.35rem; margin: 3rem 0 .75rem; padding-top: .5rem;
      border-top: 1px solid var(--line); }
    h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
    p { max-width: 46rem; }
    .question { font-size: 1.15rem; margin: .25rem 0 1rem; }
    .muted, figcaption, footer { color: var(--muted); font-size: .92rem; }
    ul.notes { padding-left: 1.2rem; color: var(--muted); font-size: .92rem; max-width: 50rem; }
    a { color: var(--link); }
    nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding-bottom: .5rem; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
    th, td { text-align: left; padding: .35rem .5rem; vertical-align: top;
      border-bottom: 1px solid var(--line); }
    th { font-weight: 600; }
    th:first-child, td:first-child { position: sticky; left: 0; padding-left: 0;
      background: var(--surface); }
    td:first-child { min-width: 6rem; }
    td:not(.number):not(:first-child) { min-width: 9rem; }
    .number { text-align: right; white-space: nowrap; }
    .value { display: inline-block; min-width: 8rem; overflow-wrap: anywhere; }
    figure { margin: 1rem 0 1.5rem; }
    figure svg { display: block; width: 100%; height: auto; }
    .narrow { display: none; }
    details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0;
      --surface: var(--panel); --cffffff: var(--panel); background: var(--surface); }
    details > :not(summary) { margin-left: .9rem; margin-right: .9rem; }
    details details { --surface: var(--page); }
    summary { cursor: pointer; padding: .45rem .9rem; overflow-wrap: anywhere; }
    summary .figures { color: var(--muted); font-variant-numeric: tabular-nums; }
    .status { display: inline-block; font-size: .8rem; font-weight: 600; padding: 0 .5rem;
      border: 1px solid currentColor; border-radius: 1rem; }
    .finished { color: var(--good); }
    .failed, .diverged { color: var(--bad); }
    .running, .paused, .waiting, .dropped { color: var(--open); }
    .failure { color: var(--bad); overflow-wrap: anywhere; }
    dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr));
      gap: .4rem 1.5rem; font-size: .92rem; }
    dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
    pre, code { font: .85rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
    pre { background: var(--panel); border: 1px solid var(--line); border-radius: .4rem;
      padding: .8rem 1rem; overflow-x: auto; }
    .tools { display: flex; flex-wrap: wrap; gap: .5rem; margin: .75rem 0; }
    .tools input, .tools button { font: inherit; color: inherit; background: var(--page);
      border: 1px solid var(--muted); border-radius: .3rem; padding: .25rem .6rem; }
    .tools input { flex: 1 1 14rem; min-width: 0; }
    footer { padding: 2rem 1.25rem 3rem; }
    @media screen and (max-width: 44rem) {
      .narrow { display: inline; }
      figure .scroll:focus svg { width: 60rem; }
    }
    @media screen and (max-width: 40rem) {
      main, header, footer, nav { padding-left: .9rem; padding-right: .9rem; }
      h1 { font-size: 1.5rem; } header { padding-top: 1.25rem; }
      .stack thead { display: none; }
      .stack, .stack tbody, .stack tr { display: block; }
      .stack tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
      .stack td { display: flex; justify-content: space-between; gap: 1rem; padding: .1rem 0;
        min-width: 0 !important; border: 0; text-align: right; white-space: normal; }
      .stack td::before { content: attr(data-name); color: var(--muted); text-align: left; }
      .stack td:first-child { position: static; font-weight: 600; text-align: left; }
      .stack td:first-child::before, .stack td:empty { display: none; }
    }
    @media print { .tools, nav { display: none; } .scroll { overflow: visible; } }
    """
}
