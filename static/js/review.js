/* The two-pane review page and the inbox, on top of the frame's keys, viewer and inserts (docs/interface.md).
   Everything here works without scripts as plain links and forms; this only saves reloads. */
"use strict";

(function (gk) {
  /* Page links of the viewer are real links; with scripts the picture changes in place. */
  document.addEventListener("click", function (event) {
    const link = event.target instanceof Element && event.target.closest("a[data-viewer-src], a[data-viewer-step]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) event.preventDefault();
  }, true);

  /* ← → turn pages also while a verdict has the focus (↑ ↓ still move between the verdicts): a page turned must
     never change a verdict. */
  document.addEventListener("keydown", function (event) {
    const step = { ArrowLeft: "-1", ArrowRight: "1" }[event.key];
    const target = event.target instanceof Element ? event.target : null;
    if (!step || event.altKey || event.ctrlKey || !target || !target.matches("input[name=verdict]")) return;
    if (gk.remembered("gk_keys") === "off") return;
    const link = gk.$("[data-viewer-step='" + step + "']");
    event.preventDefault();
    if (link) link.click();
  }, true);

  function marked() {
    const chosen = gk.$("input[name=verdict]:checked");
    gk.$$(".gk-verdict label").forEach(function (label) { label.classList.toggle("is-on", Boolean(chosen) && label.contains(chosen)); });
    const star = gk.$("[data-remark-star]");
    if (star) star.classList.toggle("invisible", !chosen || chosen.value !== "fix");
    return chosen;
  }

  gk.on("change", "input[name=verdict]", function () {
    const chosen = marked();
    const remark = document.getElementById("remark");
    if (chosen && chosen.value === "fix" && remark && !remark.value.trim()) remark.focus();
  });

  /* A remark says what to correct: writing one chooses 需修改 unless something is chosen. */
  gk.on("input", "#remark", function (event, remark) {
    const fix = document.getElementById("verdict-fix");
    if (fix && remark.value.trim() && !gk.$("input[name=verdict]:checked")) { fix.checked = true; marked(); }
  });

  gk.on("change", "[data-phrase-select]", function (event, select) {
    const area = document.getElementById(select.getAttribute("data-phrase-select"));
    if (!area || !select.value) return;
    area.value = area.value.trim() ? area.value.trim() + "\n" + select.value : select.value;
    select.selectedIndex = 0;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  });

  /* The opinion grows with its text, up to five lines. */
  function grow(area) {
    area.rows = Math.min(5, Math.max(1, area.value.split("\n").length, Math.ceil(area.value.length / 38)));
  }
  gk.on("input", "#opinion", function (event, area) { grow(area); });

  /* The strip is rebuilt after every save and item change: keep the current item in sight. */
  function settle() {
    const strip = document.getElementById("mats");
    const here = strip && gk.$("[aria-current]", strip);
    if (here) {
      const seen = strip.getBoundingClientRect();
      const box = here.getBoundingClientRect();
      if (box.left < seen.left || box.right > seen.right) strip.scrollLeft += box.left - seen.left - (seen.width - box.width) / 2;
      if (box.top < seen.top || box.bottom > seen.bottom) strip.scrollTop += box.top - seen.top;
    }
    marked();
  }
  document.addEventListener("htmx:afterSettle", settle);
  document.addEventListener("DOMContentLoaded", function () {
    settle();
    const opinion = document.getElementById("opinion");
    if (opinion) grow(opinion);
  });
})(window.gk);
