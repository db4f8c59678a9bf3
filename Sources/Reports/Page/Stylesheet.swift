/// The page's style: light or dark like the reader's system, for screens, phones and paper.
package enum Stylesheet {
  package static let css =
    """
    :root { color-scheme: light dark; \(variables(light)) }
    @media screen and (prefers-color-scheme: dark) { :root { \(variables(dark)) } }
    """ + rules + parts + media

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

  private static func variables(_ values: [(String, String)]) -> String {
    values.map { "--\($0): \($1);" }.joined(separator: " ")
  }

  private static let rules = """

    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    body { --surface: var(--page); --cffffff: var(--page); margin: 0; background: var(--page); color: var(--text);
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
    body[data-watch] { overflow-anchor: none; }
    body[data-watch] figure, body[data-watch] details.run { content-visibility: visible; }
    main, header, footer, nav { max-width: 86rem; margin: 0 auto; padding: 0 1.25rem; }
    header { padding-top: 1.25rem; }
    header p { margin: .25rem 0; }
    h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .4rem; overflow-wrap: anywhere; }
    h2 { font-size: 1.25rem; margin: .75rem 0 .5rem; }
    h3 { font-size: 1.05rem; margin: 1.25rem 0 .5rem; overflow-wrap: anywhere; }
    h4 { font-size: .95rem; margin: 1rem 0 .25rem; }
    p { max-width: 50rem; }
    .question { font-size: 1.05rem; max-width: 70rem; overflow-wrap: anywhere; }
    .muted, figcaption, footer, caption { color: var(--muted); font-size: .92rem; }
    ul.notes { padding-left: 1.2rem; color: var(--muted); font-size: .85rem; max-width: 50rem;
      overflow-wrap: anywhere; }
    a { color: var(--link); }
    nav { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.25rem; padding-top: .4rem;
      padding-bottom: .4rem; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
    caption { text-align: left; padding: .25rem 0; overflow-wrap: anywhere; }
    th, td { text-align: left; padding: .3rem .45rem; vertical-align: top; border-bottom: 1px solid var(--line); }
    thead th { font-weight: 600; vertical-align: bottom; }
    tbody th { font-weight: 400; }
    th:first-child { position: sticky; left: 0; padding-left: 0; min-width: 6rem; background: var(--surface); }
    td:not(.number) { min-width: 9rem; }
    .number { text-align: right; }
    td.number { min-width: 3rem; }
    .value { display: inline-block; min-width: 8rem; overflow-wrap: anywhere; }
    span[title] { cursor: help; }
    .whole { white-space: nowrap; }
    .swatch::before { content: attr(data-mark) "\u{A0}"; }
    figure { margin: .5rem 0 1rem; content-visibility: auto; contain-intrinsic-size: auto 27rem auto 32rem; }
    figure svg { display: block; width: 100%; height: auto; font-family: "DejaVu Sans", sans-serif; }
    figure.wide { grid-column: 1 / -1; }
    figure.wide svg { width: auto; max-width: 100%; height: 92vh; margin: 0 auto; }
    pre, code { font: .82rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
    pre { position: relative; background: var(--panel); border: 1px solid var(--line); border-radius: .4rem;
      padding: .6rem .9rem; margin: .5rem 0; }
    pre code { display: block; overflow-x: auto; padding-right: 4rem; }
    pre button { position: absolute; top: .35rem; right: .35rem; }
    dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(14rem, 100%), 1fr)); gap: .4rem 1.5rem;
      font-size: .85rem; margin: .5rem 0; }
    dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
    button, input { font: inherit; font-size: .85rem; color: inherit; background: var(--page);
      border: 1px solid var(--muted); border-radius: .3rem; padding: .15rem .55rem; }
    button { cursor: pointer; }
    footer { padding: 2rem 1.25rem 3rem; }
    """

  private static let parts = """

    .beside, .pictures { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 1.5rem; }
    .beside > div { min-width: 0; }
    details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0;
      --surface: var(--panel); --cffffff: var(--panel); background: var(--surface); }
    details > :not(summary) { margin-left: .9rem; margin-right: .9rem; }
    details details { --surface: var(--page); --cffffff: var(--page); }
    details.part { --surface: var(--page); --cffffff: var(--page); border-width: 1px 0 0; border-radius: 0; margin: 0; }
    details.part > :not(summary) { margin-left: 0; margin-right: 0; }
    details.part > summary { padding: .25rem 0; }
    summary { cursor: pointer; padding: .4rem .9rem; overflow-wrap: anywhere; }
    summary h2 { display: inline-block; margin: .25rem 0; }
    details.run { content-visibility: auto; contain-intrinsic-size: auto 50rem auto 2.6rem; }
    summary .figures { color: var(--muted); font-variant-numeric: tabular-nums; }
    .status { display: inline-block; font-size: .8rem; font-weight: 600; padding: 0 .5rem;
      border: 1px solid currentColor; border-radius: 1rem; }
    .finished { color: var(--good); }
    .failed, .diverged { color: var(--bad); }
    .running, .paused, .waiting, .dropped { color: var(--open); }
    .failure { color: var(--bad); overflow-wrap: anywhere; }
    .tools { display: flex; flex-wrap: wrap; gap: .5rem; margin: .5rem 0; }
    .tools input { flex: 1 1 14rem; min-width: 0; padding: .25rem .6rem; }
    .picture-tools { display: inline-flex; gap: .4rem; margin-left: .6rem; vertical-align: middle; }
    .picture-tools button { padding: 0 .4rem; }
    button.sort { all: unset; cursor: pointer; }
    button.sort:focus-visible { outline: 2px solid var(--link); }
    [aria-sort="ascending"] button::after { content: " \u{25B2}"; }
    [aria-sort="descending"] button::after { content: " \u{25BC}"; }
    #tip { position: fixed; z-index: 2; pointer-events: none; white-space: pre-line; max-width: 22rem;
      padding: .3rem .6rem; font-size: .82rem; background: var(--panel); color: var(--text);
      border: 1px solid var(--muted); border-radius: .3rem; }
    """

  private static let media = """

    @media (min-width: 64rem) {
      .beside { grid-template-columns: minmax(18rem, 27rem) minmax(0, 1fr); }
      .pictures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
    }
    @media screen and (max-width: 40rem) {
      main, header, footer, nav { padding-left: .9rem; padding-right: .9rem; }
      h1 { font-size: 1.3rem; } header { padding-top: .9rem; }
      figure.wide > div { overflow-x: auto; }
      figure.wide svg { width: 48rem; max-width: none; height: auto; }
      .question { font-size: .95rem; }
      .stack thead { display: none; }
      .stack, .stack caption, .stack tbody, .stack tr { display: block; }
      .stack tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
      .stack td, .stack tbody th { display: flex; justify-content: space-between; gap: 1rem; padding: .1rem 0;
        min-width: 0 !important; border: 0; text-align: right; white-space: normal; }
      .stack td::before { content: attr(data-name); color: var(--muted); text-align: left; }
      .stack tbody th { position: static; font-weight: 600; text-align: left; }
      .stack td:empty { display: none; }
    }
    @media print {
      body { font-size: 10pt; }
      main, header, footer { max-width: none; padding: 0; }
      nav, button:not(.sort), .tools, details:not([open]), .group:not(:has(details[open])), #watch, #tip {
        display: none !important; }
      .beside { display: block; }
      .pictures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
      .beside > figure { width: 9.5cm; margin: 0; }
      ul.notes, caption, figcaption { font-size: 8.5pt; }
      figure, details.run { content-visibility: visible; break-inside: avoid; }
      figure svg { max-height: 20cm; }
      details.run { break-inside: auto; }
      tr, h2, h3, summary { break-inside: avoid; }
      h2, h3, summary, caption { break-after: avoid; }
      table { font-size: 8pt; } th:first-child { position: static; min-width: 0; }
      td:not(.number), .value, td.number { min-width: 0; }
      .scroll, pre code { overflow: visible; } pre code { white-space: pre-wrap; overflow-wrap: anywhere; padding: 0; }
      footer { padding: .5cm 0 0; }
    }
    """
}
