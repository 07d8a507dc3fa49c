(function () {
  var slides = Array.prototype.slice.call(document.querySelectorAll(".slide"));
  var place = document.querySelector(".place"), at = 0;

  function go(to) {
    at = Math.max(0, Math.min(slides.length - 1, to));
    slides.forEach(function (slide, number) { slide.hidden = number !== at; });
    place.textContent = at + 1 + " / " + slides.length;
    history.replaceState(null, "", "#" + (at + 1));
    scrollTo(0, 0);
  }
  document.addEventListener("keydown", function (event) {
    // A player on the slide has keys of its own, and a button is pressed with the space bar.
    if (event.target.closest(".fp-player, button, summary, input, select") || event.ctrlKey || event.metaKey) return;
    var step = {" ": 1, PageDown: 1, ArrowRight: 1, PageUp: -1, ArrowLeft: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    go(at + step);
  });
  go((parseInt(location.hash.slice(1), 10) || 1) - 1);
})();
