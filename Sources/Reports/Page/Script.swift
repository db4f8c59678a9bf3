/// Adds a search field to the list of runs. Without it the page still shows everything.
package enum Script {
  package static let javascript = """
    (function () {
      var tools = document.getElementById("run-tools");
      if (!tools) { return; }
      var runs = Array.prototype.slice.call(document.querySelectorAll("details.run"));
      var input = document.createElement("input");
      input.type = "search";
      input.placeholder = "Show runs whose line holds these words, such as: failed, SSD lr 0.01";
      input.setAttribute("aria-label", "Words of the runs to show");
      input.addEventListener("input", function () {
        var words = input.value.toLowerCase().split(/\\s+/);
        runs.forEach(function (run) {
          var line = run.querySelector("summary").textContent.toLowerCase();
          run.hidden = !words.every(function (word) { return line.indexOf(word) !== -1; });
        });
      });
      tools.appendChild(input);
      [["Open all", true], ["Close all", false]].forEach(function (choice) {
        var button = document.createElement("button");
        button.type = "button";
        button.textContent = choice[0];
        button.addEventListener("click", function () {
          runs.forEach(function (run) { run.open = choice[1] ? !run.hidden : false; });
        });
        tools.appendChild(button);
      });
    })();
    """
}
