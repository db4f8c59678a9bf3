extension Script {
  /// Values of the mark under the pointer; enlarging; a figure as a file.
  static let figures = #"""
    // The marks that tell values, with their texts. Their titles go, or the browser would show them a second time.
    function marks(svg) {
      if (!svg.marks) {
        svg.marks = all(svg, "g").filter(function (group) {
          return group.firstElementChild ? group.firstElementChild.tagName.toLowerCase() === "title" : false;
        }).map(function (group) {
          var title = group.firstElementChild, text = title.textContent;
          title.remove();
          return { group: group, title: title, text: text };
        });
      }
      return svg.marks;
    }
    var tip = document.createElement("div");
    tip.id = "tip";
    tip.setAttribute("role", "tooltip");
    tip.hidden = true;
    document.body.appendChild(tip);
    function showTip(event) {
      var nearest = null, least = 18;
      marks(event.currentTarget).forEach(function (mark) {
        var box = mark.group.getBoundingClientRect();
        var x = box.left + box.width / 2 - event.clientX, y = box.top + box.height / 2 - event.clientY;
        var distance = Math.hypot(x, y);
        if (least > distance) { least = distance; nearest = mark; }
      });
      tip.hidden = !nearest;
      if (!nearest) { return; }
      tip.textContent = nearest.text;
      var width = tip.offsetWidth, page = document.documentElement.clientWidth;
      tip.style.left = Math.max(4, Math.min(event.clientX + 14, page - width - 4)) + "px";
      tip.style.top = event.clientY + (event.clientY > 120 ? -14 - tip.offsetHeight : 18) + "px";
    }
    // The picture as a file: colours of a white page, its titles back.
    function fileOf(svg) {
      var box = svg.viewBox.baseVal, own = marks(svg);
      own.forEach(function (mark) { mark.group.insertBefore(mark.title, mark.group.firstChild); });
      var copied = svg.cloneNode(true);
      own.forEach(function (mark) { mark.title.remove(); });
      copied.setAttribute("width", box.width);
      copied.setAttribute("height", box.height);
      copied.setAttribute("font-family", "sans-serif");
      var ground = document.createElementNS(svg.namespaceURI, "rect");
      [["width", "100%"], ["height", "100%"], ["fill", "white"]].forEach(function (one) {
        ground.setAttribute(one[0], one[1]);
      });
      copied.insertBefore(ground, copied.firstChild);
      return new XMLSerializer().serializeToString(copied)
        .replace(/var\(--c[0-9a-f]{6}, (#[0-9a-f]{6})\)/g, "$1");
    }
    function savePNG(svg, name) {
      var image = new Image(), box = svg.viewBox.baseVal, scale = 3;
      image.onload = function () {
        var canvas = document.createElement("canvas");
        canvas.width = scale * box.width;
        canvas.height = scale * box.height;
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob(function (blob) { save(blob, "image/png", name + ".png"); });
      };
      image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(fileOf(svg));
    }
    function addPictures(figure) {
      var svg = figure.querySelector("svg"), tools = document.createElement("span");
      var name = document.body.getAttribute("data-name") + "-" + figure.id;
      tools.className = "picture-tools";
      tools.appendChild(button("Enlarge", function (where) {
        where.textContent = figure.classList.toggle("wide") ? "Shrink" : "Enlarge";
      }));
      tools.appendChild(button("SVG", function () { save(fileOf(svg), "image/svg+xml", name + ".svg"); }));
      tools.appendChild(button("PNG", function () { savePNG(svg, name); }));
      figure.querySelector("figcaption").appendChild(tools);
      svg.addEventListener("pointermove", showTip);
      svg.addEventListener("pointerleave", function () { tip.hidden = true; });
    }
    """#

  /// Follows a sweep: `recall report --watch` writes the folder of `data-watch`. Browsers let a page on disk load scripts,
  /// and nothing else, so new parts of the page come as a script.
  static let watching = #"""
    function load(folder, name, failed) {
      var script = document.createElement("script");
      script.onload = function () { script.remove(); };
      script.onerror = function () { script.remove(); failed(); };
      script.src = folder + "/" + name + "?" + Date.now();
      document.head.appendChild(script);
    }
    function place(parts) {
      Object.keys(parts).forEach(function (id) {
        var part = byId(id), open = {}, wide = {};
        if (!part || part.getAttribute("data-version") === parts[id][0]) { return; }
        all(part, "details").forEach(function (one) { open[one.id] = one.open; });
        all(part, "figure").forEach(function (one) { wide[one.id] = one.classList.contains("wide"); });
        part.innerHTML = parts[id][1];
        part.setAttribute("data-version", parts[id][0]);
        all(part, "details").forEach(function (one) { if (one.id in open) { one.open = open[one.id]; } });
        enhance(part);
        all(part, "figure").forEach(function (one) {
          if (wide[one.id]) { one.querySelector(".picture-tools button").click(); }
        });
      });
    }
    // The smallest part of the page near the window's upper edge, with its place.
    function seenPart() {
      var best = null, x = document.documentElement.clientWidth / 2;
      [8, 40, 90, 160, 240].forEach(function (y) {
        var one = document.elementFromPoint(x, y);
        var part = one ? one.closest("main [id]:not(svg *)") : null;
        var box = part ? part.getBoundingClientRect() : null;
        if (box) { if (!best || best.height > box.height) { best = { id: part.id, top: box.top, height: box.height }; } }
      });
      return best;
    }
    // Keeps what the reader sees where it is, also when what is new gets its size a moment later.
    function keepingPlace(change) {
      var seen = window.scrollY > 0 ? seenPart() : null, times = 0;
      function back() {
        var now = seen ? byId(seen.id) : null;
        if (now) { window.scrollBy(0, now.getBoundingClientRect().top - seen.top); }
        times += 1;
        if (3 > times) { requestAnimationFrame(back); }
      }
      change();
      back();
    }
    function follow(folder) {
      var stamp = document.body.getAttribute("data-stamp"), timer = null, state = byId("watch"), isEnded = false;
      function say(text) { state.textContent = text; }
      function ask() {
        load(folder, "latest.js", function () { say("No longer followed: " + folder + "/latest.js is not there."); });
      }
      function end() { clearInterval(timer); say("No longer followed; all is shown."); }
      window.recallLatest = function (now, ended) {
        isEnded = ended;
        if (now !== stamp) {
          load(folder, "page.js", function () { say("An update could not be read."); });
        } else if (ended) {
          end();
        }
      };
      window.recallUpdate = function (now, parts) {
        keepingPlace(function () { place(parts); filterRuns(); });
        stamp = now;
        say("Follows the records; updated " + new Date().toLocaleTimeString() + ".");
        if (isEnded) { end(); }
      };
      say("Follows the records: new points appear by themselves.");
      timer = setInterval(ask, 2000);
      ask();
    }
    if (document.body.hasAttribute("data-watch")) { follow(document.body.getAttribute("data-watch")); }
    """#
}
