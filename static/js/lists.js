/* Selection that survives paging and filters.
   <form data-selection="name" data-selection-key="…"> or a <div> around list and form holds
     input[type=checkbox][data-select-id][data-select-label]   one row (data-selection-item with its value does as well)
     input[type=checkbox][data-select-page]                    the whole page
     input[type=hidden][data-selection-input]                  optional: what is chosen before, ids joined by commas
     input[type=hidden][data-selection-all-input]              gets "1" when all results are chosen
     [data-selection-bar] [data-selection-count] [data-selection-here] [data-selection-chips]
     button[data-selection-clear], button[data-selection-all="412"], [data-needs-selection]
   Chosen ids are kept for this page view by name and key, also when htmx replaces the container. A request from
   inside carries them: in the hidden input, or as one value a row checkbox's name. Fires gk-selection {ids, all}. */
"use strict";

(function (gk) {
  const ROW = "input[data-select-id], input[data-selection-item]";
  const HEAD = "input[data-select-page], input[data-selection-page]";
  const memory = new Map();

  function stateOf(box) {
    const key = box.getAttribute("data-selection") + "|" + (box.getAttribute("data-selection-key") || "");
    if (!memory.has(key)) {
      const input = gk.$("[data-selection-input]", box);
      const all = gk.$("[data-selection-all-input]", box);
      const ids = input && input.value ? input.value.split(",") : rows(box).filter(function (row) { return row.defaultChecked; }).map(idOf);
      memory.set(key, { ids: new Set(ids), all: Boolean(all && all.value === "1"), names: new Map() });
    }
    return memory.get(key);
  }
  function rows(box) { return gk.$$(ROW, box); }
  function free(box) { return rows(box).filter(function (row) { return !row.disabled; }); }
  function idOf(row) { return row.getAttribute("data-select-id") || row.value; }
  function labelOf(row) { return row.getAttribute("data-select-label") || (row.getAttribute("aria-label") || "").replace(/^选择\s*/, ""); }

  /* Checkboxes, row marks, counts and chips say what is remembered. */
  function refresh(box) {
    const state = stateOf(box);
    let here = 0;
    rows(box).forEach(function (row) {
      row.checked = !row.disabled && (state.all || state.ids.has(idOf(row)));
      if (row.checked) here += 1;
      state.names.set(idOf(row), labelOf(row));
      const line = row.closest("tr, li");
      if (line) line.classList.toggle("is-picked", row.checked);
    });
    gk.$$(HEAD, box).forEach(function (head) {
      head.checked = here > 0 && here === free(box).length;
      head.indeterminate = here > 0 && !head.checked;
    });
    const input = gk.$("[data-selection-input]", box);
    if (input) input.value = Array.from(state.ids).join(",");
    const all = gk.$("[data-selection-all-input]", box);
    if (all) all.value = state.all ? "1" : "";
    numbers(box, state, here);
  }
  function numbers(box, state, here) {
    const total = gk.$("[data-selection-all]", box);
    const count = state.all && total ? Number(total.getAttribute("data-selection-all")) : state.ids.size;
    gk.$$("[data-selection-count]", box).forEach(function (place) { place.textContent = String(count); });
    gk.$$("[data-selection-here]", box).forEach(function (place) { place.textContent = String(here); });
    gk.$$("[data-selection-bar]", box).forEach(function (bar) { bar.hidden = count === 0; });
    gk.$$("[data-needs-selection]", box).forEach(function (button) { button.disabled = count === 0; });
    gk.$$("[data-selection-chips]", box).forEach(function (place) { chips(place, state); });
  }
  function chips(place, state) {
    const shown = Array.from(state.ids).slice(0, 12);
    place.replaceChildren.apply(place, shown.map(function (id) {
      const name = state.names.get(id) || id;
      const chip = gk.element("span", "gk-chip", name);
      const button = gk.element("button");
      button.type = "button";
      button.setAttribute("aria-label", "不选" + name);
      button.setAttribute("data-unselect", id);
      button.append(gk.icon("x"));
      chip.append(button);
      return chip;
    }));
    if (state.ids.size > shown.length) place.append(gk.element("span", "gk-mute", "等 " + state.ids.size + " 项"));
  }

  function change(box, pairs) {
    const state = stateOf(box);
    if (state.all) {
      state.all = false;
      state.ids = new Set(free(box).map(idOf));
      gk.toast("已改为只选本页的人员：从“全部”里去掉一个后，请重新确认选择范围。", "warn");
    }
    pairs.forEach(function (pair) { if (pair[1]) state.ids.add(pair[0]); else state.ids.delete(pair[0]); });
    after(box);
  }
  function after(box) {
    const state = stateOf(box);
    refresh(box);
    const count = gk.$("[data-selection-count]", box);
    gk.announce("已选 " + (count ? count.textContent : state.ids.size));
    box.dispatchEvent(new CustomEvent("gk-selection", { bubbles: true, detail: { ids: Array.from(state.ids), all: state.all } }));
  }
  gk.selectionClear = function (name) {
    memory.forEach(function (state, key) { if (key.startsWith(name + "|")) { state.ids.clear(); state.all = false; } });
    gk.$$("[data-selection='" + name + "']").forEach(refresh);
  };
  /* The server says that the chosen ones are dealt with: HX-Trigger gk-selection-clear {name}. */
  document.addEventListener("gk-selection-clear", function (event) { gk.selectionClear(event.detail.name); });

  gk.on("change", ROW, function (event, row) {
    const box = row.closest("[data-selection]");
    if (box) change(box, [[idOf(row), row.checked]]);
  });
  gk.on("change", HEAD, function (event, head) {
    const box = head.closest("[data-selection]");
    if (box) change(box, free(box).map(function (row) { return [idOf(row), head.checked]; }));
  });
  gk.on("click", "[data-unselect]", function (event, button) {
    const box = button.closest("[data-selection]");
    change(box, [[button.getAttribute("data-unselect"), false]]);
    const next = gk.$("[data-unselect]", box) || gk.$(HEAD, box);
    if (next) next.focus();
  });
  gk.on("click", "[data-selection-clear]", function (event, button) {
    const box = button.closest("[data-selection]");
    const state = stateOf(box);
    state.ids.clear();
    state.all = false;
    after(box);
    const head = gk.$(HEAD, box);
    if (head) head.focus();
  });
  gk.on("click", "[data-selection-all]", function (event, button) {
    const box = button.closest("[data-selection]");
    stateOf(box).all = true;
    after(box);
  });

  /* Shift+click picks the rows between. */
  let last = null;
  gk.on("click", ROW, function (event, row) {
    const box = row.closest("[data-selection]");
    if (box && event.shiftKey && last && box.contains(last)) {
      const list = rows(box);
      const ends = [list.indexOf(last), list.indexOf(row)].sort(function (a, b) { return a - b; });
      change(box, list.slice(ends[0], ends[1] + 1).filter(function (each) { return !each.disabled; }).map(function (each) { return [idOf(each), row.checked]; }));
    }
    last = row;
  });

  /* Requests carry the whole selection, not only the rows in sight. */
  function fill(box, data) {
    const state = stateOf(box);
    const input = gk.$("[data-selection-input]", box);
    const row = rows(box)[0];
    const name = input ? input.name : row && row.name;
    if (!name) return;
    data.delete(name);
    if (input) data.set(name, Array.from(state.ids).join(","));
    else state.ids.forEach(function (id) { data.append(name, id); });
    if (state.all && !gk.$("[data-selection-all-input]", box)) data.set("all", "1");
  }
  document.addEventListener("htmx:configRequest", function (event) {
    const box = event.detail.verb !== "get" && event.detail.elt.closest("[data-selection]");
    if (box && event.detail.formData) fill(box, event.detail.formData);
  });
  document.addEventListener("formdata", function (event) {
    const form = event.target;
    const box = form.method === "post" && (form.closest("[data-selection]") || gk.$("[data-selection]", form));
    if (!box) return;
    const own = gk.$("[data-selection-input]", box) || rows(box)[0];
    if (own && own.form === form) fill(box, event.formData);
  });

  function start(root) {
    gk.$$("[data-selection]", root).forEach(refresh);
    const outer = root instanceof Element && root.closest("[data-selection]");
    if (outer) refresh(outer);
  }
  document.addEventListener("DOMContentLoaded", function () { start(document); });
  document.addEventListener("htmx:afterSwap", function (event) { if (event.target instanceof Element) start(event.target); });
  window.addEventListener("pageshow", function () { start(document); });
})(window.gk);
