(function () {
  "use strict";
  var CSS = "%CSS%";
  // The page's data is in the attribute data-fp: deflated JSON in base64. See page.py for its shape.
  function unpack(packed) {
    var bytes = Uint8Array.from(atob(packed), function (char) { return char.charCodeAt(0); });
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
  }
  function begin(root) {
    var packed = root.getAttribute("data-fp");
    root.removeAttribute("data-fp");
    return unpack(packed).then(function (data) { start(root, data); });
  }
  function start(root, data) {
    root.setAttribute("data-ready", "");
    root.setAttribute("data-lm-suppress-shortcuts", "true");
    var run, drawing, at = 0, inside = -1, shown = [], timer = 0, shrunk = false, path = [], open = {Input: 1, Arguments: 1, Result: 1, Error: 1, Output: 1};

    function el(tag, attributes, parent, text) {
      var made = document.createElement(tag);
      for (var name in attributes) made.setAttribute(name, attributes[name]);
      if (text !== undefined) made.textContent = text;
      if (parent) parent.appendChild(made);
      return made;
    }
    function button(parent, text, title, action) {
      var made = el("button", {type: "button", title: title}, parent, text);
      made.addEventListener("click", action);
      return made;
    }
    function labelled(parent, text, tag, attributes) {
      return el(tag, attributes || {}, el("label", {}, parent, text));
    }

    var page = document.createElement("div");
    el("style", {}, page, CSS);
    var title = el("p", {"class": "fp-title"}, page);
    var bar = el("div", {"class": "fp-bar", role: "group", "aria-label": "Step through the execution"}, page);
    var first = button(bar, "|◀ Start", "To the first event (Home)", function () { go(0); });
    var back = button(bar, "◀ Back", "One event back (left arrow)", function () { go(at - 1); });
    var next = button(bar, "Step ▶", "One event on (right arrow)", function () { go(at + 1); });
    var hop = button(bar, "Next state ▶▶", "To where the next state begins (S)", nextState);
    var play = button(bar, "Play", "Play or pause (P)", toggle);
    var fail = button(bar, "✗ Next failure", "To the next failure (N)", nextFailure);
    var slide = el("span", {"class": "fp-slide"}, bar);
    var slider = el("input", {type: "range", min: 0, step: 1, "aria-label": "Event"}, slide);
    slider.addEventListener("input", function () { go(+slider.value); });
    var ticks = el("span", {"class": "fp-ticks", "aria-hidden": "true"}, slide);
    var second = el("div", {"class": "fp-bar"}, page);
    var leave = button(second, "↖ Back to the calling execution", "To the execution that started this one", up);
    var items = labelled(second, "Show", "select");
    items.addEventListener("change", function () { look(+items.value); });
    var jump = labelled(second, "Go to", "select");
    jump.addEventListener("change", function () { if (jump.value !== "") toState(+jump.value); });
    var speed = labelled(second, "Speed", "select");
    [[1, "1 event a second"], [4, "4 events a second"], [20, "20 events a second"]].forEach(function (one) {
      el("option", {value: one[0]}, speed, one[1]);
    });
    speed.value = 4;
    speed.addEventListener("change", function () { if (timer) { toggle(); toggle(); } });
    var whole = button(second, "Whole diagram", "Shrink the diagram until all of it is seen, or back", function () {
      shrunk = !shrunk;
      whole.setAttribute("aria-pressed", shrunk);
      draw();
    });
    whole.setAttribute("aria-pressed", "false");
    var where = el("p", {"class": "fp-where"}, page);
    var caption = el("p", {"class": "fp-caption", "aria-live": "polite", "aria-atomic": "true"}, page);
    var main = el("div", {"class": "fp-main"}, page);
    var map = el("div", {"class": "fp-map", tabindex: "0", role: "group", "aria-label": "State machine diagram; the table below says the same"}, main);
    var side = el("div", {"class": "fp-side"}, main);
    map.addEventListener("click", function (event) {
      var hit = event.target.closest("[data-s]");
      if (hit) toState(+hit.getAttribute("data-s"));
    });
    page.addEventListener("keydown", function (event) {
      if (event.altKey || event.ctrlKey || event.metaKey || /SELECT|PRE/.test(event.target.tagName)) return;
      var act = {ArrowLeft: -1, ArrowRight: 1, Home: "first", End: "last", n: "fail", p: "play", s: "state"}[event.key.length > 1 ? event.key : event.key.toLowerCase()];
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      if (act === "fail") nextFailure();
      else if (act === "state") nextState();
      else if (act === "play") toggle();
      else go(act === "first" ? 0 : act === "last" ? shown.length - 1 : at + act);
    });

    function enter(number) {
      run = data.runs[number];
      drawing = data.drawings[run.drawing];
      inside = -1;
      title.textContent = run.title + ": " + run.sentence;
      map.innerHTML = drawing.svg;
      run.size = ["width", "height"].map(function (side) { return +map.firstChild.getAttribute(side); });
      run.parts = {};
      run.begun = {};
      run.rows.forEach(function (row) { if (row.stay >= 0 && !(row.stay in run.begun)) run.begun[row.stay] = row.seconds; });
      map.querySelectorAll("[data-s]").forEach(function (part) {
        var one = run.parts[part.getAttribute("data-s")] = run.parts[part.getAttribute("data-s")] || {};
        if (part.tagName === "rect") { one.box = part; one.role = part.classList[0]; }
        else if (part.classList.contains("status")) one.status = part;
      });
      items.textContent = "";
      el("option", {value: -1}, items, "everything");
      run.items.forEach(function (item, index) {
        el("option", {value: index}, items, item[0] + " " + data.signs[item[2]][1]);
      });
      items.parentNode.hidden = !run.items.length;
      jump.textContent = "";
      el("option", {value: ""}, jump, "a state…");
      drawing.states.forEach(function (state, index) {
        if (run.rows.some(function (row) { return row.stay >= 0 && run.stays[row.stay][0] === index; }))
          el("option", {value: index}, jump, state[0]);
      });
      leave.hidden = !path.length;
    }
    function within(item, wanted) {
      for (; item >= 0; item = run.stays[run.items[item][1]][1]) if (item === wanted) return true;
      return false;
    }
    function look(item) {
      var row = shown.length ? shown[at] : 0;
      inside = item;
      items.value = item;
      shown = [];
      run.rows.forEach(function (one, index) {
        if (item < 0 || within(one.item >= 0 ? one.item : one.stay >= 0 ? run.stays[one.stay][1] : -1, item)) shown.push(index);
      });
      slider.max = Math.max(0, shown.length - 1);
      markFailures();
      var place = shown.findIndex(function (index) { return index >= row; });
      go(place < 0 ? shown.length - 1 : place);
    }
    function go(place) {
      at = Math.max(0, Math.min(shown.length - 1, place));
      draw();
    }
    function markFailures() {
      var bad = [];
      shown.forEach(function (index, place) { if (failed(index)) bad.push(place); });
      fail.textContent = "✗ Next failure" + (bad.length ? " (" + bad.length + ")" : "");
      ticks.textContent = "";
      bad.slice(0, 200).forEach(function (place) { el("i", {style: "left:" + 100 * place / (shown.length - 1) + "%"}, ticks); });
    }
    function nextState() {
      for (var place = at + 1; place < shown.length; place++)
        if (/StateEntered$/.test(run.rows[shown[place]].type)) return go(place);
      go(shown.length - 1);
    }
    function nextFailure() {
      for (var place = at + 1; place < shown.length; place++) if (run.rows[shown[place]].failed) return go(place);
      for (place = 0; place <= at; place++) if (run.rows[shown[place]].failed) return go(place);
    }
    function toState(state) {
      jump.value = "";
      for (var n = 1; n <= shown.length; n++) {
        var place = (at + n) % shown.length, row = run.rows[shown[place]];
        if (row.stay >= 0 && run.stays[row.stay][0] === state) return go(place);
      }
      unvisited(state);
    }
    function unvisited(state) {
      side.textContent = "";
      about(state);
      el("p", {}, side, inside < 0 ? "This execution did not come here." : "What is shown did not come here.");
    }
    function about(state) {
      el("h3", {}, side, drawing.states[state][0]);
      if (drawing.states[state][1]) el("p", {}, side, drawing.states[state][1]);
    }
    function toggle() {
      if (timer) { clearInterval(timer); timer = 0; }
      else {
        if (at >= shown.length - 1) go(0);
        timer = setInterval(function () {
          if (at >= shown.length - 1 || !root.isConnected) toggle(); else go(at + 1);
        }, 1000 / +speed.value);
      }
      play.textContent = timer ? "Pause" : "Play";
      caption.setAttribute("aria-live", timer ? "off" : "polite");
    }
    function down(number) {
      path.push([data.runs.indexOf(run), shown[at], inside]);
      enter(number);
      shown = [];
      look(-1);
      next.focus();
    }
    function up() {
      var last = path.pop();
      enter(last[0]);
      shown = [];
      look(last[2]);
      go(Math.max(0, shown.indexOf(last[1])));
      next.focus();
    }

    function counted(until) {
      var fared = {}, counts = {}, taken = {}, retries = {};
      function add(state, status, number) {
        if (state < 0) return;
        var one = counts[state] = counts[state] || {};
        one[status] = (one[status] || 0) + number;
      }
      for (var n = 0; n <= until; n++) {
        var row = run.rows[n];
        row.changes.forEach(function (change) {
          fared[change[0]] = change[1];
          if (data.signs[change[1]][0] === "retrying") retries[change[0]] = (retries[change[0]] || 0) + 1;
        });
        if (row.edge >= 0) taken[row.edge] = 1;
      }
      var owner = inside >= 0 ? run.items[inside][1] : -1;
      for (var stay in fared) {
        var item = run.stays[stay][1], counts_here = inside < 0 || within(item, inside);
        for (var outer = item, other = false; outer >= 0; outer = run.stays[run.items[outer][1]][1]) if (run.items[outer][1] === owner) other = true;
        if (counts_here || !other) {
          add(run.stays[stay][0], fared[stay], 1);
          if (retries[stay]) add(run.stays[stay][0], data.signs.length, retries[stay]);
        }
      }
      return {states: counts, taken: taken, fared: fared};
    }
    function mark(counts) {
      var present = [];
      data.signs.forEach(function (sign, status) { if (counts && counts[status]) present.push(status); });
      if (!present.length) return ["idle", ""];
      var sign = data.signs[present[0]], many = counts[present[0]], again = counts[data.signs.length];
      var retried = again ? ", " + again + (again === 1 ? " retry" : " retries") : "";
      if (present.length === 1) return [sign[0], sign[1] + " " + sign[2] + (many > 1 ? " ×" + many : "") + retried];
      return [sign[0], present.map(function (status) { return data.signs[status][1] + " " + counts[status]; }).join("  ") + retried];
    }
    function failed(index) { return run.rows[index].failed; }
    function seconds(number) { return number.toFixed(3) + " s"; }

    function draw() {
      dark();
      var index = shown[at], row = run.rows[index], now = counted(index), state = row.stay >= 0 ? run.stays[row.stay][0] : -1;
      for (var number in run.parts) {
        var part = run.parts[number], sign = mark(now.states[number]), mine = +number === state;
        if (part.box) part.box.setAttribute("class", part.role + " " + sign[0] + (mine ? " now" : ""));
        if (part.status) part.status.textContent = (mine ? "➤ " : "") + sign[1];
      }
      map.querySelectorAll("[data-e]").forEach(function (line) {
        var taken = now.taken[line.getAttribute("data-e")];
        if (line.dataset.whole) {
          line.dataset.part = line.dataset.part || line.getAttribute("d");
          line.setAttribute("d", taken ? line.dataset.whole : line.dataset.part);
        }
        line.classList.toggle("taken", !!taken);
      });
      map.querySelectorAll("[data-h]").forEach(function (head) {
        var edges = head.getAttribute("data-h").split(",");
        head.classList.toggle("taken", edges.some(function (edge) { return now.taken[edge]; }));
      });
      where.textContent = "Event " + row.id + " of " + run.rows[run.rows.length - 1].id + " · " + seconds(row.seconds) + " · " + row.type +
        (inside >= 0 ? " · only " + run.items[inside][0] : "");
      caption.textContent = row.caption;
      caption.classList.toggle("bad", row.failed);
      slider.value = at;
      slider.setAttribute("aria-valuetext", "Event " + row.id + ": " + row.caption);
      // aria-disabled, not disabled: a disabled button would swallow the keys while it has the focus.
      [[first, at === 0], [back, at === 0], [next, at >= shown.length - 1], [hop, at >= shown.length - 1], [fail, !shown.some(failed)]].forEach(function (one) {
        one[0].setAttribute("aria-disabled", one[1]);
      });
      beside(index, row, state, now);
      fit();
      scroll(state);
    }
    // As wide as there is room for, unless that made the words too small to read.
    function fit() {
      var room = map.clientWidth;
      if (!room) return;
      var by = Math.max(0.75, Math.min(1, room / run.size[0]));
      if (shrunk) by = Math.min(1, room / run.size[0], 0.74 * innerHeight / run.size[1]);
      ["width", "height"].forEach(function (side, n) { map.firstChild.setAttribute(side, Math.floor(by * run.size[n])); });
    }
    function scroll(state) {
      var part = run.parts[state];
      if (!part || !part.box) return;
      var box = part.box.getBoundingClientRect(), frame = map.getBoundingClientRect();
      if (box.top < frame.top || Math.min(box.bottom, box.top + 120) > frame.bottom) map.scrollTop += box.top - frame.top - 60;
      if (box.left < frame.left || Math.min(box.right, box.left + 200) > frame.right) map.scrollLeft += box.left - frame.left - 30;
    }
    function beside(index, row, state, now) {
      side.textContent = "";
      var latest = {}, order = [];
      for (var n = 0; n <= index; n++) {
        var one = run.rows[n];
        if (row.stay >= 0 ? one.stay === row.stay && one.item < 0 : n === index)
          one.payloads.forEach(function (payload) {
            if (!(payload[0] in latest)) order.push(payload[0]);
            latest[payload[0]] = payload[1];
          });
      }
      if (state < 0) el("h3", {}, side, "The execution");
      else {
        about(state);
        var status = data.signs[now.fared[row.stay]];
        if (status) el("p", {}, side, status[1] + " " + status[2] + ", " + seconds(row.seconds - run.begun[row.stay]) + " after it began");
      }
      (run.nested[row.stay] || []).forEach(function (child) {
        if (typeof child === "number") button(el("p", {}, side), "↘ Open the nested execution " + data.runs[child].title, "Step through it here", function () { down(child); });
        else el("p", {}, side, "Started execution " + child + " (its history is not on this page).");
      });
      if (row.failed) order.sort(function (one, other) { return (other === "Error") - (one === "Error"); });
      order.forEach(function (name) {
        if (name !== "Variables") detail(name, latest[name], true);
      });
      var known = variables(index, row);
      if (known) detail("Variables now", known, false);
    }
    function detail(name, text, opened) {
      var box = el("details", {}, side);
      box.open = name in open ? !!open[name] : opened;
      el("summary", {}, box, name);
      el("pre", {tabindex: "0"}, box, text);
      box.addEventListener("toggle", function () { open[name] = box.open ? 1 : 0; });
    }
    function variables(index, row) {
      var known = {}, mine = row.stay >= 0 ? run.stays[row.stay][1] : -1;
      for (var n = 0; n <= index; n++) run.rows[n].payloads.forEach(function (payload) {
        if (payload[0] !== "Variables") return;
        var item = run.stays[run.rows[n].stay][1];
        if (item >= 0 && !within(mine, item)) return;
        try { Object.assign(known, JSON.parse(payload[1])); } catch (error) { /* what Step Functions cut off is no JSON */ }
      });
      return Object.keys(known).length ? JSON.stringify(known, null, 2) : "";
    }
    // The output before is the run's last picture, for those who cannot play it. JupyterLab may draw it after this one.
    function hidePoster() {
      var here = root.closest && root.closest(".jp-OutputArea-child,.output_area"), before = here && here.previousElementSibling;
      var picture = before && before.querySelector("img");
      if (picture && +picture.getAttribute("width") === data.runs[0].size[0]) before.style.display = "none";
    }
    function dark() {
      var theme = document.body && document.body.getAttribute("data-jp-theme-light");
      root.classList.toggle("fp-dark", theme ? theme === "false" : matchMedia("(prefers-color-scheme: dark)").matches);
    }

    root.insertBefore(page, root.firstChild);
    el("p", {"class": "fp-help"}, page, "Keys: ← → step, S next state, N next failure, P play, Home and End. Click a state to go to its next visit. In the diagram: ➤ where the event is, thick the way taken, dashed the way of an error.");
    enter(0);
    look(-1);
    hidePoster();
    setTimeout(hidePoster, 600);
    var mediaQuery = matchMedia("(prefers-color-scheme: dark)");
    if (mediaQuery.addEventListener) mediaQuery.addEventListener("change", dark);
    // A notebook may draw an output while it is hidden, and people resize windows.
    if (typeof ResizeObserver === "function") new ResizeObserver(fit).observe(main);
  }

  var self = document.currentScript, place = self ? self.getRootNode() : document;
  place.querySelectorAll(".fp-player[data-fp]").forEach(begin);
})();
