/* Keys and the page viewer.
   data-key="j" | "ArrowLeft" | "Ctrl+Enter" on a button, link, radio or checkbox: the key works it. Single keys do
   nothing while typing, and can be switched off for this browser with [data-toggle-keys] (WCAG 2.1.4).
   Viewer: <div data-viewer> with img[data-viewer-image], button[data-viewer-src] for each page, and buttons
   [data-viewer-step="-1|1"] [data-viewer-zoom="in|out|fit"] [data-viewer-turn]; [data-viewer-here] shows the page. */
"use strict";

(function (gk) {
  const TYPING = "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, [contenteditable=true]";

  function off() { return gk.remembered("gk_keys") === "off"; }
  function visible(element) { return element.getClientRects().length > 0 && !element.disabled; }
  function nameOf(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    return (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "") + key;
  }

  document.addEventListener("keydown", function (event) {
    if (event.defaultPrevented || event.isComposing) return;
    const name = nameOf(event);
    const modified = name.startsWith("Ctrl+") || name.startsWith("Alt+");
    if (!modified && (off() || (event.target.matches && event.target.matches(TYPING)))) return;
    if (!modified && name.startsWith("Arrow") && event.target.matches && event.target.matches("input[type=radio], [role=tab], .gk-tablewrap")) return;
    const dialog = gk.topDialog();
    const found = gk.$$("[data-key]", dialog || document).find(function (element) { return element.getAttribute("data-key").split(" ").includes(name) && visible(element); });
    if (!found) return;
    event.preventDefault();
    if (found.matches("input[type=radio], input[type=checkbox]")) found.focus();
    found.click();
  });
  gk.on("click", "[data-toggle-keys]", function (event, button) {
    const on = off();
    gk.remember("gk_keys", on ? "on" : "off");
    button.setAttribute("aria-pressed", String(on));
    gk.announce(on ? "快捷键已打开" : "快捷键已关闭");
  });
  document.addEventListener("DOMContentLoaded", function () {
    gk.$$("[data-toggle-keys]").forEach(function (button) { button.setAttribute("aria-pressed", String(!off())); });
  });

  /* ---- Viewer of scanned pages ---- */
  const ZOOMS = ["gk-zoom-50", "gk-zoom-75", "", "gk-zoom-150", "gk-zoom-200", "gk-zoom-300"];
  function viewerOf(element) { return element.closest("[data-viewer]") || gk.$("[data-viewer]"); }
  function show(viewer, button) {
    const image = gk.$("[data-viewer-image]", viewer);
    const pages = gk.$$("[data-viewer-src]", viewer);
    image.src = button.getAttribute("data-viewer-src");
    image.alt = button.getAttribute("data-viewer-alt") || "";
    pages.forEach(function (page) { page.removeAttribute("aria-current"); });
    button.setAttribute("aria-current", "true");
    button.scrollIntoView({ block: "nearest" });
    const here = gk.$("[data-viewer-here]", viewer);
    if (here) here.textContent = (pages.indexOf(button) + 1) + " / " + pages.length;
    image.parentElement.scrollTop = 0;
  }
  gk.on("click", "[data-viewer-src]", function (event, button) { show(viewerOf(button), button); });
  gk.on("click", "[data-viewer-step]", function (event, button) {
    const viewer = viewerOf(button);
    const pages = gk.$$("[data-viewer-src]", viewer);
    const now = pages.findIndex(function (page) { return page.hasAttribute("aria-current"); });
    const next = pages[now + Number(button.getAttribute("data-viewer-step"))];
    if (next) show(viewer, next); else gk.announce(now === 0 ? "已是第一页" : "已是最后一页");
  });
  gk.on("click", "[data-viewer-zoom]", function (event, button) {
    const image = gk.$("[data-viewer-image]", viewerOf(button));
    const now = ZOOMS.findIndex(function (name) { return name && image.classList.contains(name); });
    const step = { in: 1, out: -1 }[button.getAttribute("data-viewer-zoom")];
    const next = step ? Math.min(ZOOMS.length - 1, Math.max(0, (now < 0 ? 2 : now) + step)) : 2;
    ZOOMS.filter(Boolean).forEach(function (name) { image.classList.remove(name); });
    if (ZOOMS[next]) image.classList.add(ZOOMS[next]);
  });
  gk.on("click", "[data-viewer-turn]", function (event, button) {
    const image = gk.$("[data-viewer-image]", viewerOf(button));
    const turn = (Number(image.getAttribute("data-turn") || 0) + 1) % 4;
    image.setAttribute("data-turn", String(turn));
  });
})(window.gk);
