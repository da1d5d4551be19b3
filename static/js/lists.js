/* Selection that survives paging and filters.
   <div data-selection="name"> holds the list and
     input[type=hidden][data-selection-input]   chosen ids, joined by commas (this is what the server reads)
     input[type=hidden][data-selection-all-input]   "1" when all results are chosen (the server applies the filter)
     input[type=checkbox][data-select-id][data-select-label]   one row; input[data-select-page] the whole page
     [data-selection-bar] [data-selection-count] [data-selection-here] [data-selection-chips]
     button[data-selection-clear], button[data-selection-all="412"]
   Fires gk-selection {ids, all} on the container. */
"use strict";

(function (gk) {
  const labels = new WeakMap();

  function parts(box) {
    return {
      input: gk.$("[data-selection-input]", box),
      all: gk.$("[data-selection-all-input]", box),
      rows: gk.$$("input[data-select-id]", box)
    };
  }
  function read(box) {
    const input = parts(box).input;
    return input && input.value ? input.value.split(",") : [];
  }
  function isAll(box) { const all = parts(box).all; return Boolean(all && all.value === "1"); }
  function names(box) {
    if (!labels.has(box)) labels.set(box, new Map());
    return labels.get(box);
  }

  function write(box, ids, all) {
    const found = parts(box);
    found.input.value = ids.join(",");
    if (found.all) found.all.value = all ? "1" : "";
    refresh(box);
    box.dispatchEvent(new CustomEvent("gk-selection", { bubbles: true, detail: { ids: ids, all: Boolean(all) } }));
  }

  /* Make checkboxes, row marks, counts and chips say what the hidden input says. */
  function refresh(box) {
    const found = parts(box);
    if (!found.input) return;
    const all = isAll(box);
    const ids = new Set(read(box));
    let here = 0;
    found.rows.forEach(function (row) {
      row.checked = all || ids.has(row.getAttribute("data-select-id"));
      if (row.checked) here += 1;
      names(box).set(row.getAttribute("data-select-id"), row.getAttribute("data-select-label") || "");
      const line = row.closest("tr, li");
      if (line) line.classList.toggle("is-picked", row.checked);
    });
    gk.$$("[data-select-page]", box).forEach(function (head) {
      const free = found.rows.filter(function (row) { return !row.disabled; }).length;
      head.checked = free > 0 && here === free;
      head.indeterminate = here > 0 && here < free;
    });
    const total = gk.$("[data-selection-all]", box);
    const count = all && total ? Number(total.getAttribute("data-selection-all")) : ids.size;
    gk.$$("[data-selection-count]", box).forEach(function (place) { place.textContent = String(count); });
    gk.$$("[data-selection-here]", box).forEach(function (place) { place.textContent = String(here); });
    gk.$$("[data-selection-bar]", box).forEach(function (bar) { bar.hidden = count === 0; });
    gk.$$("[data-needs-selection]", box).forEach(function (button) { button.disabled = count === 0; });
    gk.$$("[data-selection-chips]", box).forEach(function (place) { chips(box, place, ids); });
  }

  function chips(box, place, ids) {
    const shown = Array.from(ids).slice(0, 12);
    place.replaceChildren.apply(place, shown.map(function (id) {
      const name = names(box).get(id) || id;
      const chip = gk.element("span", "gk-chip", name);
      const button = gk.element("button");
      button.type = "button";
      button.setAttribute("aria-label", "不选" + name);
      button.setAttribute("data-unselect", id);
      button.append(gk.icon("x"));
      chip.append(button);
      return chip;
    }));
    if (ids.size > shown.length) place.append(gk.element("span", "gk-mute", "等 " + ids.size + " 项"));
  }

  function toggle(box, changes) {
    const ids = new Set(isAll(box) ? parts(box).rows.filter(function (row) { return !row.disabled; }).map(function (row) { return row.getAttribute("data-select-id"); }) : read(box));
    changes.forEach(function (change) { if (change[1]) ids.add(change[0]); else ids.delete(change[0]); });
    write(box, Array.from(ids), false);
  }
  function say(box) {
    const count = gk.$("[data-selection-count]", box);
    if (count) gk.announce("已选 " + count.textContent);
  }

  gk.on("change", "input[data-select-id]", function (event, row) {
    const box = row.closest("[data-selection]");
    if (!box) return;
    toggle(box, [[row.getAttribute("data-select-id"), row.checked]]);
    say(box);
  });
  gk.on("change", "input[data-select-page]", function (event, head) {
    const box = head.closest("[data-selection]");
    toggle(box, parts(box).rows.filter(function (row) { return !row.disabled; }).map(function (row) { return [row.getAttribute("data-select-id"), head.checked]; }));
    say(box);
  });
  gk.on("click", "[data-unselect]", function (event, button) {
    const box = button.closest("[data-selection]");
    toggle(box, [[button.getAttribute("data-unselect"), false]]);
    say(box);
    const next = gk.$("[data-unselect], [data-select-page]", box);
    if (next) next.focus();
  });
  gk.on("click", "[data-selection-clear]", function (event, button) {
    const box = button.closest("[data-selection]");
    write(box, [], false);
    say(box);
    const head = gk.$("[data-select-page]", box);
    if (head) head.focus();
  });
  gk.on("click", "[data-selection-all]", function (event, button) {
    const box = button.closest("[data-selection]");
    write(box, read(box), true);
    say(box);
  });

  /* Shift+click picks the rows between. */
  let lastRow = null;
  gk.on("click", "input[data-select-id]", function (event, row) {
    const box = row.closest("[data-selection]");
    if (box && event.shiftKey && lastRow && box.contains(lastRow)) {
      const rows = parts(box).rows;
      const ends = [rows.indexOf(lastRow), rows.indexOf(row)].sort(function (a, b) { return a - b; });
      toggle(box, rows.slice(ends[0], ends[1] + 1).filter(function (each) { return !each.disabled; }).map(function (each) { return [each.getAttribute("data-select-id"), row.checked]; }));
    }
    lastRow = row;
  });

  /* Row checkboxes also have names, for pages without scripts: with scripts only the hidden input counts. */
  document.addEventListener("htmx:configRequest", function (event) {
    const box = event.detail.elt.closest("[data-selection]");
    const input = box && parts(box).input;
    if (input && event.detail.formData && event.detail.formData.has(input.name)) event.detail.formData.set(input.name, input.value);
  });
  document.addEventListener("formdata", function (event) {
    const input = gk.$("[data-selection-input]", event.target) || (event.target.closest("[data-selection]") && parts(event.target.closest("[data-selection]")).input);
    if (input && input.form === event.target) event.formData.set(input.name, input.value);
  });

  function start(root) {
    gk.$$("[data-selection]", root).forEach(refresh);
    const outer = root instanceof Element && root.closest("[data-selection]");
    if (outer) refresh(outer);
  }
  document.addEventListener("DOMContentLoaded", function () { start(document); });
  document.addEventListener("htmx:afterSettle", function (event) { if (event.target instanceof Element) start(event.target); });
  window.addEventListener("pageshow", function () { start(document); });
})(window.gk);
