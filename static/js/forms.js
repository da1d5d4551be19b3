/* Forms: focus on errors, unsaved changes, autosave, no double sending, marked choices, searchable selects. */
"use strict";

(function (gk) {
  const dirty = new WeakSet();
  const saving = new WeakMap();

  /* ---- Error summary: focus it after each swap and on loading; its links focus the field ---- */
  gk.focusErrors = function (root) {
    const summary = gk.$("[data-error-summary]", root);
    if (!summary) return false;
    summary.focus();
    summary.scrollIntoView({ block: "nearest" });
    return true;
  };
  document.addEventListener("htmx:afterSettle", function (event) {
    if (!(event.target instanceof Element)) return;
    if (event.target.matches("[data-error-summary]")) event.target.focus();
    else gk.focusErrors(event.target);
    searchable(event.target);
    offer(event.target);
  });
  gk.on("click", "[data-error-summary] a[href^='#']", function (event, link) {
    const field = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!field) return;
    event.preventDefault();
    const closed = field.closest("details:not([open])");
    if (closed) closed.open = true;
    const control = field.matches("fieldset") ? gk.$("input", field) : field;
    (control.tomselect ? control.tomselect : control).focus();
    field.scrollIntoView({ block: "center" });
  });

  /* ---- Unsaved changes: form[data-guard] ---- */
  gk.isDirty = function (root) {
    const forms = root.matches && root.matches("form") ? [root] : gk.$$("form[data-guard], #modal-host form", root.nodeType === 9 ? root : root.ownerDocument);
    return forms.some(function (form) { return dirty.has(form) && (root.nodeType === 9 || root === form || root.contains(form)); });
  };
  gk.clean = function (form) { dirty.delete(form); };
  ["input", "change"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      const form = event.target.form;
      if (!form || event.target.type === "file" || event.target.closest("[data-selection]") || form.method === "get") return;
      if (form.matches("[data-guard], #modal-host form")) dirty.add(form);
    });
  });
  document.addEventListener("submit", function (event) {
    if (!event.defaultPrevented && !event.target.hasAttribute("hx-post")) dirty.delete(event.target);
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    const form = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (event.detail.successful && form && form.matches && form.matches("form")) dirty.delete(form);
  });
  window.addEventListener("beforeunload", function (event) {
    const open = gk.$$("form").some(function (form) { return dirty.has(form); });
    if (!open) return;
    gk.$$("form[data-autosave-url]").forEach(flush);
    event.preventDefault();
    event.returnValue = "";
  });

  /* ---- Autosave: form[data-autosave-url]; the state stands in .gk-saved of the form or of its page ---- */
  function saved(form) { return gk.$(".gk-saved", form) || gk.$(".gk-saved[data-for='" + form.id + "']") || gk.$(".gk-saved"); }
  function tell(form, text, icon, spoken) {
    const place = saved(form);
    if (place) place.replaceChildren(gk.icon(icon), document.createTextNode(text));
    if (spoken) gk.announce(text);
  }
  function clock() {
    const now = new Date();
    return String(now.getHours()).padStart(2, "0") + ":" + String(now.getMinutes()).padStart(2, "0");
  }
  function save(form) {
    const state = saving.get(form);
    if (!form.isConnected || state.busy) { state.again = state.busy; return; }
    state.busy = true;
    state.again = false;
    tell(form, "正在保存", "arrow-repeat");
    const data = withoutFiles(form);
    fetch(form.getAttribute("data-autosave-url"), { method: "POST", body: data, headers: Object.assign({ "X-Autosave": "1" }, gk.headers()), credentials: "same-origin" })
      .then(function (answer) {
        if (answer.status === 401) return gk.signInAgain(answer.headers.get("X-Login-Modal") || document.body.getAttribute("data-login-again-url")).then(function () { state.again = true; });
        if (!answer.ok) return answer.text().then(function (html) { throw new Error(gk.sentence(html, answer.status)); });
        gk.touched();
        readEvents(form, answer.headers.get("HX-Trigger"));
        if (!state.again) dirty.delete(form);
        tell(form, "已自动保存 " + clock(), "check-circle-fill", state.failed);
        state.failed = false;
        return null;
      })
      .catch(function (error) {
        tell(form, "没有保存：" + (error.name === "TypeError" ? gk.sentence("", 0) : error.message), "exclamation-triangle-fill", !state.failed);
        state.failed = true;
        later(form, 8000);
      })
      .then(function () { state.busy = false; if (state.again) later(form, 50); });
  }
  function later(form, wait) {
    const state = saving.get(form);
    window.clearTimeout(state.timer);
    state.timer = window.setTimeout(function () { save(form); }, wait);
  }
  function flush(form) { if (saving.has(form) && dirty.has(form)) save(form); }
  function withoutFiles(form) {
    const data = new FormData(form);
    gk.$$("input[type=file]", form).forEach(function (input) { if (input.name) data.delete(input.name); });
    return data;
  }
  /* HX-Trigger {"gk-saved": {"version": 7}} puts the new version into the form; other events are passed on. */
  function readEvents(form, header) {
    if (!header || header[0] !== "{") return;
    const events = JSON.parse(header);
    Object.keys(events).forEach(function (name) {
      const detail = events[name] || {};
      if (name === "gk-saved" && detail.version !== undefined && form.elements.version) form.elements.version.value = detail.version;
      form.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: detail }));
    });
  }
  ["input", "change"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      const form = event.target.form;
      if (!form || !form.hasAttribute("data-autosave-url") || event.target.type === "file" || event.target.closest("[data-no-autosave]")) return;
      if (!saving.has(form)) saving.set(form, { timer: 0, busy: false, again: false, failed: false });
      dirty.add(form);
      tell(form, "有改动，即将保存", "pencil");
      later(form, 800);
    });
  });
  gk.saveNow = flush;

  /* ---- One click, one effect: the button waits while a plain form travels ---- */
  document.addEventListener("submit", function (event) {
    if (event.defaultPrevented || event.target.hasAttribute("data-resend") || event.target.method === "get" || event.target.target === "_blank") return;
    const form = event.target;
    window.setTimeout(function () {
      gk.$$("button[type=submit], button:not([type])", form).forEach(function (button) { button.disabled = true; });
      window.setTimeout(function () { gk.$$("button[type=submit], button:not([type])", form).forEach(function (button) { button.disabled = false; }); }, 8000);
    }, 0);
  });
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) gk.$$("button[type=submit]:disabled").forEach(function (button) { button.disabled = false; });
  });

  /* ---- Marked choices, sending on change, clearing a filter ---- */
  document.addEventListener("change", function (event) {
    const input = event.target;
    if (input.matches("[data-submit-on-change]") && input.form) input.form.requestSubmit();
    const label = input.closest(".gk-choice, .gk-verdict label");
    if (!label) return;
    if (input.type !== "radio") { label.classList.toggle("is-on", input.checked); return; }
    gk.$$("input[type=radio]").filter(function (other) { return other.name === input.name && other.form === input.form; }).forEach(function (other) {
      const holder = other.closest(".gk-choice, .gk-verdict label");
      if (holder) holder.classList.toggle("is-on", other.checked);
    });
  });
  gk.on("click", "[data-reset-form]", function (event, button) {
    event.preventDefault();
    const form = button.form || button.closest("form");
    gk.$$("input:not([type=hidden]):not([type=checkbox]):not([type=radio]), textarea", form).forEach(function (input) { input.value = ""; });
    gk.$$("input[type=checkbox], input[type=radio]", form).forEach(function (input) { input.checked = false; });
    gk.$$("select", form).forEach(function (select) { if (select.tomselect) select.tomselect.clear(); else select.selectedIndex = 0; });
    form.requestSubmit();
  });

  /* ---- select[data-search-select]: type to find; data-source-url asks the server (pinyin) ---- */
  let library = null;
  function loadLibrary() {
    if (library) return library;
    const style = gk.element("link");
    style.rel = "stylesheet";
    style.href = document.body.getAttribute("data-tom-select-css");
    document.head.insertBefore(style, gk.$("link[href*='portal.css']"));
    library = new Promise(function (resolve) {
      const script = gk.element("script");
      script.src = document.body.getAttribute("data-tom-select");
      script.onload = resolve;
      document.head.append(script);
    });
    return library;
  }
  function searchable(root) {
    const selects = gk.$$("select[data-search-select]:not(.tomselected)", root);
    if (root instanceof Element && root.matches("select[data-search-select]:not(.tomselected)")) selects.push(root);
    if (!selects.length) return;
    loadLibrary().then(function () { selects.forEach(enhance); });
  }
  function enhance(select) {
    if (select.tomselect || !select.isConnected) return;
    const url = select.getAttribute("data-source-url");
    const options = {
      maxOptions: 300,
      allowEmptyOption: true,
      searchField: ["text", "search"],
      render: {
        no_results: function () { return gk.element("div", "no-results", "没有找到，换个词试试"); },
        loading: function () { return gk.element("div", "no-results", "加载中"); }
      }
    };
    if (url) {
      options.shouldLoad = function (query) { return query.length > 0; };
      options.load = function (query, done) {
        const address = url + (url.includes("?") ? "&" : "?") + "q=" + encodeURIComponent(query);
        fetch(address, { headers: gk.headers(), credentials: "same-origin" })
          .then(function (answer) { return answer.json(); }).then(done).catch(function () { done(); });
      };
    }
    const label = select.id && gk.$("label[for='" + select.id + "']");
    const made = new window.TomSelect(select, options);
    if (label) {
      label.id = label.id || select.id + "-label";
      made.control_input.setAttribute("aria-labelledby", label.id);
      select.setAttribute("aria-labelledby", label.id);
    }
    if (select.getAttribute("aria-describedby")) made.control_input.setAttribute("aria-describedby", select.getAttribute("aria-describedby"));
  }

  /* ---- A row in edit state: Esc leaves it ---- */
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape" || gk.topDialog()) return;
    const cancel = event.target.closest && event.target.closest("form, tr") && gk.$("[data-cancel]", event.target.closest("form, tr"));
    if (cancel) { event.preventDefault(); cancel.click(); }
  });

  function offer(root) {
    gk.$$("[data-focus]", root).slice(0, 1).forEach(function (element) { element.focus(); });
  }
  document.addEventListener("DOMContentLoaded", function () {
    gk.focusErrors(document);
    searchable(document);
  });
})(window.gk);
