/* Shared helpers, announcements, messages, CSRF, 大字, copy and print. Plain ES2019, no eval, no inline handlers. */
"use strict";

window.gk = window.gk || {};

(function (gk) {
  gk.$ = function (selector, root) { return (root || document).querySelector(selector); };
  gk.$$ = function (selector, root) { return Array.from((root || document).querySelectorAll(selector)); };

  /* Listen once on the document for events of elements that match, whenever they were added. */
  gk.on = function (type, selector, handler, capture) {
    document.addEventListener(type, function (event) {
      const start = event.target instanceof Element ? event.target : null;
      const found = start && start.closest(selector);
      if (found) handler(event, found);
    }, Boolean(capture));
  };

  /* Nodes of an answer of our own server; scripts in it never run. */
  gk.nodes = function (html) {
    return Array.from(new DOMParser().parseFromString(html, "text/html").body.childNodes);
  };

  gk.icon = function (name) {
    const svg = document.getElementById("tpl-icon").content.firstElementChild.cloneNode(true);
    const use = svg.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#" + name));
    return svg;
  };

  gk.element = function (tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  /* ---- CSRF ---- */
  gk.csrf = function () { return gk.$("meta[name=csrf-token]").content; };
  gk.setCsrf = function (token) {
    gk.$("meta[name=csrf-token]").content = token;
    gk.$$("input[name=csrf_token]").forEach(function (input) { input.value = token; });
  };
  gk.headers = function () { return { "X-CSRFToken": gk.csrf(), "X-Requested-With": "XMLHttpRequest" }; };
  document.addEventListener("htmx:configRequest", function (event) {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = gk.csrf();
  });

  /* ---- Cookie for a choice of this browser (large type, keys): no personal data, one year ---- */
  gk.remember = function (name, value) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = name + "=" + value + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
  };
  gk.remembered = function (name) {
    const found = document.cookie.split("; ").find(function (part) { return part.startsWith(name + "="); });
    return found ? found.slice(name.length + 1) : "";
  };

  /* ---- Announcements: spoken once, in the open dialog when there is one (the page behind it is inert) ---- */
  gk.announce = function (text) {
    const dialog = gk.topDialog ? gk.topDialog() : null;
    const region = (dialog && gk.$("[aria-live]", dialog)) || document.getElementById("live");
    if (!region) return;
    region.textContent = "";
    window.setTimeout(function () { region.textContent = text; }, 60);
  };

  const TONES = { ok: "check-circle-fill", warn: "exclamation-triangle-fill", bad: "x-circle-fill" };

  gk.note = function (text, tone) {
    const note = gk.element("div", "gk-note" + (tone ? " gk-note-" + tone : ""));
    note.append(gk.icon(TONES[tone] || "info-circle"), gk.element("div", "", text));
    return note;
  };

  /* A short message at the lower right; errors stay until closed. */
  gk.toast = function (text, tone) {
    const host = document.getElementById("toasts");
    const note = gk.note(text, tone);
    const close = gk.element("button", "gk-eye");
    close.type = "button";
    close.setAttribute("aria-label", "关闭提示");
    close.append(gk.icon("x-lg"));
    close.addEventListener("click", function () { note.remove(); });
    note.append(close);
    host.append(note);
    gk.announce(text);
    if (tone !== "bad") window.setTimeout(function () { note.remove(); }, 6000);
  };

  /* An error that concerns the whole page: put where it is seen, and read out. */
  gk.problem = function (text) {
    const dialog = gk.topDialog ? gk.topDialog() : null;
    const place = dialog && dialog.id === "modal" ? document.getElementById("modal-messages") : document.getElementById("messages");
    if (!place) { gk.toast(text, "bad"); return; }
    place.replaceChildren(gk.note(text, "bad"));
    gk.show(place);
  };
  gk.show = function (place) {
    place.scrollIntoView({ block: "nearest" });
    place.focus({ preventScroll: true });
  };

  /* The server's own sentence in an error answer, or one by status. */
  gk.sentence = function (html, status) {
    const page = new DOMParser().parseFromString(html || "", "text/html");
    const found = page.querySelector("[data-message], [data-error-summary], .gk-slot-msg[role=alert]");
    if (found) return found.textContent.trim().replace(/\s+/g, " ");
    if (status === 0) return "连接不上服务器，请检查网络后再试；页面上的内容还在。";
    if (status === 413) return "文件太大，超出了允许的大小，请压缩后再传。";
    return "操作没有成功（" + status + "），请稍后再试；页面上的内容还在。";
  };

  document.addEventListener("htmx:beforeSwap", function (event) {
    const detail = event.detail;
    const status = detail.xhr.status;
    if (status < 400 || status === 401) return;
    const target = detail.xhr.getResponseHeader("HX-Retarget");
    if (target === "#messages" && gk.topDialog && gk.topDialog() && gk.topDialog().id === "modal") {
      detail.target = document.getElementById("modal-messages");
    }
    /* An error page that is no answer of ours (a proxy's, say) must not land inside a list. */
    if (!target && status !== 422 && status !== 409) {
      detail.shouldSwap = false;
      gk.problem(gk.sentence(detail.xhr.responseText, status));
    }
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    const id = event.detail.target && event.detail.target.id;
    if (id === "messages" || id === "modal-messages") gk.show(event.detail.target);
  });
  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function () { gk.problem(gk.sentence("", 0)); });
  });
  /* A request that goes out again makes the last error old. */
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.requestConfig.verb === "get") return;
    ["messages", "modal-messages"].forEach(function (id) {
      const place = document.getElementById(id);
      if (place) gk.$$(".gk-note-bad", place).forEach(function (note) { note.remove(); });
    });
  });

  /* Named events of the server: HX-Trigger gk-message {text, tone}, gk-announce {text}. */
  document.addEventListener("gk-message", function (event) { gk.toast(event.detail.text, event.detail.tone); });
  document.addEventListener("gk-announce", function (event) { gk.announce(event.detail.text); });
  document.addEventListener("htmx:afterSettle", function (event) {
    if (!(event.target instanceof Element)) return;
    const source = event.target.matches("[data-announce]") ? event.target : gk.$("[data-announce]", event.target);
    if (source) gk.announce(source.getAttribute("data-announce"));
  });

  /* ---- Small things ---- */
  gk.on("click", "[data-large-type]", function (event, button) {
    const on = document.documentElement.classList.toggle("gk-large");
    button.setAttribute("aria-pressed", String(on));
    gk.remember("gk_large", on ? "1" : "0");
  });
  gk.on("click", "[data-print]", function () { window.print(); });
  gk.on("click", "[data-back]", function () { history.length > 1 ? history.back() : location.assign("/"); });
  gk.on("click", "[data-copy]", function (event, button) {
    const text = button.getAttribute("data-copy");
    const done = function () { gk.toast("已复制：" + text, "ok"); };
    if (navigator.clipboard) { navigator.clipboard.writeText(text).then(done, function () { gk.toast("浏览器不允许复制，请手工选中后复制。", "warn"); }); return; }
    const area = gk.element("textarea", "visually-hidden");
    area.value = text;
    document.body.append(area);
    area.select();
    if (document.execCommand("copy")) done();
    area.remove();
    button.focus();
  });
  gk.on("click", "[data-insert]", function (event, button) {
    const area = gk.$(button.getAttribute("data-insert-into"));
    if (!area) return;
    const text = button.getAttribute("data-insert");
    area.value = area.value.trim() ? area.value.replace(/\s*$/, "") + "\n" + text : text;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  });
})(window.gk);
