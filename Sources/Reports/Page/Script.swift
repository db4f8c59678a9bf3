/// What a reader can do with a page: unfold, sort, search, copy, download, follow a sweep. Without it the page still shows
/// everything. Neither "<" nor "&" occurs in it, so that the page is well-formed XML, too.
package enum Script {
  package static let javascript =
    "(function () {\n\"use strict\";\n"
    + [tools, tables, figures, runs, start, watching].joined(separator: "\n") + "\n})();"

  private static let tools = #"""
    function all(root, selector) { return Array.prototype.slice.call(root.querySelectorAll(selector)); }
    function byId(id) { return document.getElementById(id); }
    function button(text, act) {
      var made = document.createElement("button");
      made.type = "button";
      made.textContent = text;
      made.addEventListener("click", function () { act(made); });
      return made;
    }
    function flash(where, text) {
      var before = where.getAttribute("data-text") || where.textContent;
      where.setAttribute("data-text", before);
      where.textContent = text;
      setTimeout(function () { where.textContent = before; }, 1500);
    }
    function copy(text, where) {
      function byHand() {
        var area = document.createElement("textarea");
        area.value = text;
        document.body.appendChild(area);
        area.select();
        var isDone = document.execCommand("copy");
        area.remove();
        flash(where, isDone ? "Copied" : "Not allowed here");
      }
      if (!navigator.clipboard) { byHand(); return; }
      navigator.clipboard.writeText(text).then(function () { flash(where, "Copied"); }, byHand);
    }
    function save(data, kind, name) {
      var link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([data], { type: kind }));
      link.download = name;
      link.click();
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
    }
    // Unfolds what holds an element of this id.
    function reveal(id) {
      var target = id ? byId(id) : null;
      for (var one = target; one; one = one.parentElement) {
        if (one.tagName === "DETAILS") { one.open = true; }
      }
      if (target) { target.scrollIntoView(); }
    }
    """#

  private static let tables = #"""
    var sorts = {};
    // A number, a share such as 1/4 or a time such as 1:05:00 at the start of a cell; else NaN.
    function numberIn(text) {
      var time = /^(\d+):(\d\d)(?::(\d\d))?$/.exec(text);
      if (time) { return time[3] ? 3600 * time[1] + 60 * time[2] + 1 * time[3] : 60 * time[1] + 1 * time[2]; }
      var share = /^(\d+)\/(\d+)$/.exec(text);
      if (share) { return share[1] / share[2]; }
      var plain = /^\[?([-+]?\d*\.?\d+(?:e[-+]?\d+)?)(?=$|[\s,;%*\]])/i.exec(text);
      return plain ? parseFloat(plain[1]) : NaN;
    }
    function compare(first, second, direction) {
      if (!first || !second) { return first ? -1 : second ? 1 : 0; }
      var a = numberIn(first), b = numberIn(second);
      if (isNaN(a) !== isNaN(b)) { return isNaN(a) ? 1 : -1; }
      return direction * (isNaN(a) ? first.localeCompare(second, "en", { numeric: true }) : a - b);
    }
    function sort(table) {
      var body = table.tBodies[0];
      if (!table.rowsAsMade) { table.rowsAsMade = all(body, "tr"); }
      var rows = table.rowsAsMade.slice(), by = sorts[table.id];
      if (by) {
        rows.sort(function (a, b) {
          return compare(a.cells[by.column].textContent.trim(), b.cells[by.column].textContent.trim(), by.direction);
        });
      }
      rows.forEach(function (row) { body.appendChild(row); });
      all(table.tHead, "th").forEach(function (head, column) {
        var isBy = by ? by.column === column : false;
        head.setAttribute("aria-sort", !isBy ? "none" : by.direction > 0 ? "ascending" : "descending");
      });
    }
    function addSorting(table) {
      if (2 > table.tBodies[0].rows.length) { return; }
      all(table.tHead, "th").forEach(function (head, column) {
        var press = button(head.textContent, function () {
          var by = sorts[table.id], isBy = by ? by.column === column : false;
          if (isBy) { if (by.direction > 0) { by.direction = -1; } else { delete sorts[table.id]; } }
          else { sorts[table.id] = { column: column, direction: 1 }; }
          sort(table);
        });
        press.className = "sort";
        press.title = "Sort by this column: up, down, as it was";
        head.textContent = "";
        head.appendChild(press);
      });
      if (sorts[table.id]) { sort(table); }
    }
    function addCopying(code) {
      code.parentElement.appendChild(button("Copy", function (where) { copy(code.textContent.trim(), where); }));
    }
    // All settings of a run: those in which runs differ, and those that all share.
    function addSettings(holder) {
      holder.appendChild(button("Copy the whole configuration", function (where) {
        var lines = all(holder, "dl div").map(function (pair) {
          return pair.children[0].textContent + ": " + pair.children[1].textContent;
        });
        all(document, "#shared-settings tbody tr").forEach(function (row) {
          lines.push(row.cells[0].textContent + ": " + row.cells[1].textContent);
        });
        copy(lines.sort().join("\n"), where);
      }));
    }
    """#

  private static let runs = #"""
    function filterRuns() {
      var input = byId("run-filter"), none = byId("no-run"), shown = 0, total = 0;
      if (!input) { return; }
      var words = input.value.toLowerCase().split(/\s+/);
      all(document, "#runs .group").forEach(function (group) {
        var here = 0;
        all(group, "details.run").forEach(function (run) {
          var line = run.querySelector("summary").textContent.toLowerCase();
          run.hidden = !words.every(function (word) { return line.indexOf(word) !== -1; });
          total += 1;
          if (!run.hidden) { here += 1; }
        });
        group.hidden = here === 0;
        shown += here;
      });
      none.textContent = shown === 0 ? "None: no run has all of these words." : shown + " of " + total + " runs";
      none.hidden = input.value.trim() === "";
    }
    function addRunTools() {
      var place = byId("run-tools"), input = document.createElement("input"), none = document.createElement("p");
      input.type = "search";
      input.id = "run-filter";
      input.placeholder = "Show runs with these words, such as: failed, SSD lr 0.01";
      input.setAttribute("aria-label", "Words of the runs to show");
      input.addEventListener("input", filterRuns);
      none.id = "no-run";
      none.className = "muted";
      none.hidden = true;
      none.setAttribute("role", "status");
      place.appendChild(input);
      [["Open all", true], ["Close all", false]].forEach(function (choice) {
        place.appendChild(button(choice[0], function () {
          all(document, "details.run").forEach(function (run) { run.open = choice[1] ? !run.hidden : false; });
        }));
      });
      place.parentElement.insertBefore(none, place.nextSibling);
    }
    """#

  private static let start = #"""
    function enhance(root) {
      all(root, "table").forEach(addSorting);
      all(root, "pre:not([hidden]) code").forEach(addCopying);
      all(root, ".settings").forEach(addSettings);
      all(root, "figure").forEach(addPictures);
      all(root, "[data-download]").forEach(function (place) {
        var text = byId(place.getAttribute("data-download"));
        place.appendChild(button(place.getAttribute("data-name"), function () {
          save(text.textContent, "text/csv", text.getAttribute("data-file"));
        }));
      });
    }
    enhance(document);
    addRunTools();
    all(document, "nav a").forEach(function (link) {
      link.addEventListener("click", function () { reveal(link.getAttribute("href").slice(1)); });
    });
    [["Unfold all", true], ["Fold all", false]].forEach(function (choice) {
      document.querySelector("nav").appendChild(button(choice[0], function () {
        all(document, "details.part").forEach(function (part) { part.open = choice[1]; });
      }));
    });
    window.addEventListener("hashchange", function () { reveal(location.hash.slice(1)); });
    if (location.hash) { reveal(location.hash.slice(1)); }
    """#
}
