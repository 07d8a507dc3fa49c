(function () {
  var sections = JSON.parse(document.getElementById("sections").textContent);
  var field = document.getElementById("words"), found = document.getElementById("found");
  sections.forEach(function (section) { section.all = (section.title + " " + section.text).toLowerCase(); });

  function around(text, word) {
    var at = Math.max(0, text.toLowerCase().indexOf(word) - 60);
    return (at ? "…" : "") + text.slice(at, at + 180) + (text.length > at + 180 ? "…" : "");
  }
  function show() {
    var words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    found.textContent = "";
    if (!words.length) return;
    var fitting = sections.filter(function (section) {
      return words.every(function (word) { return section.all.indexOf(word) >= 0; });
    });
    // A word in a heading says more than one in the text.
    fitting.sort(function (one, other) { return inTitle(other) - inTitle(one); });
    function inTitle(section) {
      return words.filter(function (word) { return section.title.toLowerCase().indexOf(word) >= 0; }).length;
    }
    var said = document.createElement("p");
    said.textContent = fitting.length === 1 ? "1 section" : fitting.length + " sections";
    found.appendChild(said);
    fitting.slice(0, 12).forEach(function (section) {
      var entry = document.createElement("p"), link = document.createElement("a");
      link.href = section.url; link.textContent = section.title;
      entry.appendChild(link);
      entry.appendChild(document.createElement("br"));
      entry.appendChild(document.createTextNode(around(section.text, words[0])));
      found.appendChild(entry);
    });
  }
  field.addEventListener("input", show);
  field.form.addEventListener("submit", function (event) { event.preventDefault(); show(); });
})();
