/* The session: warns before the idle time-out, and asks to sign in again in place, so that nothing typed is lost.
   <body data-idle-seconds data-idle-warn-seconds data-keepalive-url data-login-again-url data-logout-url> */
"use strict";

(function (gk) {
  const body = document.body;
  const limit = Number(body.getAttribute("data-idle-seconds")) * 1000;
  const warnBefore = Number(body.getAttribute("data-idle-warn-seconds")) * 1000;
  const idle = document.getElementById("idle");
  const login = document.getElementById("login-again");
  const loginHost = document.getElementById("login-host");
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("gk-session") : null;
  let last = Date.now();
  let waiting = [];
  let expired = false;
  let active = false;

  /* ---- Every answer of the server renews the session; other tabs are told ---- */
  gk.touched = function () {
    last = Date.now();
    expired = false;
    if (idle.open) gk.closeDialog(idle);
    if (channel) channel.postMessage("touched");
  };
  if (channel) {
    channel.onmessage = function (event) {
      if (event.data === "touched") { last = Date.now(); if (idle.open) gk.closeDialog(idle); }
      if (event.data === "out") location.reload();
    };
  }
  document.addEventListener("htmx:afterRequest", function (event) {
    const xhr = event.detail.xhr;
    if (xhr && xhr.status && xhr.status !== 401) gk.touched();
  });

  /* ---- Warning ---- */
  function tick() {
    const left = last + limit - Date.now();
    if (left <= 0) { expire(); return; }
    if (left > warnBefore) return;
    const seconds = Math.ceil(left / 1000);
    document.getElementById("idle-left").textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
    if (idle.open) return;
    const dirty = gk.isDirty(document);
    document.getElementById("idle-unsaved").hidden = !dirty;
    document.getElementById("idle-saved").hidden = dirty || !gk.$("form[data-autosave-url]");
    gk.openDialog(idle);
    gk.$("[data-idle-stay]", idle).focus();
  }
  function expire() {
    if (expired) return;
    expired = true;
    if (idle.open) gk.closeDialog(idle);
    gk.signInAgain(body.getAttribute("data-login-again-url"));
  }
  function stay() {
    fetch(body.getAttribute("data-keepalive-url"), { method: "POST", headers: gk.headers(), credentials: "same-origin" })
      .then(function (answer) {
        if (answer.ok) gk.touched();
        else if (answer.status === 401) expire();
        else gk.problem(gk.sentence("", answer.status));
      })
      .catch(function () { gk.problem(gk.sentence("", 0)); });
  }
  if (limit > 0 && idle) {
    window.setInterval(tick, 1000);
    gk.on("click", "[data-idle-stay]", stay);
    gk.on("click", "[data-idle-logout]", function () { gk.$("form[data-logout]").requestSubmit(); });
    idle.addEventListener("cancel", function (event) { event.preventDefault(); stay(); });
    gk.on("submit", "form[data-logout]", function () { if (channel) channel.postMessage("out"); });
  }

  /* ---- Signing in again in place. Returns a promise: true once signed in ---- */
  gk.signInAgain = function (url) {
    document.documentElement.classList.add("gk-locked");
    return new Promise(function (resolve) {
      waiting.push(resolve);
      if (active) return;
      active = true;
      /* The page's token goes along: it tells whose page this is, so that nobody else signs in on it.
         204: another tab has signed in already. */
      fetch(url, { headers: gk.headers(), credentials: "same-origin" })
        .then(function (answer) {
          if (answer.status === 204) { finished(answer.headers.get("X-CSRFToken") || answer.headers.get("X-CSRF-Token")); return null; }
          return answer.text().then(function (html) { fill(html); gk.openDialog(login); });
        })
        .catch(function () { active = false; waiting = []; document.documentElement.classList.remove("gk-locked"); gk.problem(gk.sentence("", 0)); });
    });
  };
  function fill(html) {
    loginHost.replaceChildren.apply(loginHost, gk.nodes(html));
    const first = gk.$("[data-error-summary]", loginHost) || gk.$("input:not([type=hidden]):not([readonly])", loginHost);
    window.setTimeout(function () { if (first) first.focus(); }, 0);
  }
  function finished(token) {
    const renew = token ? Promise.resolve(token) : freshToken();
    renew.then(function (fresh) {
      if (fresh) gk.setCsrf(fresh);
      document.documentElement.classList.remove("gk-locked");
      gk.closeDialog(login);
      loginHost.replaceChildren();
      active = false;
      gk.touched();
      const done = waiting;
      waiting = [];
      done.forEach(function (resolve) { resolve(true); });
      gk.toast("已重新登录，可以接着办理。", "ok");
    });
  }
  function freshToken() {
    return fetch(location.href, { credentials: "same-origin" })
      .then(function (answer) { return answer.text(); })
      .then(function (html) {
        const meta = new DOMParser().parseFromString(html, "text/html").querySelector("meta[name=csrf-token]");
        return meta ? meta.content : "";
      });
  }
  if (login) {
    login.addEventListener("cancel", function (event) { event.preventDefault(); });
    login.addEventListener("close", function () { if (active) login.showModal(); });
    loginHost.addEventListener("submit", function (event) {
      event.preventDefault();
      event.stopPropagation();
      const form = event.target;
      const button = gk.$("[type=submit]", form);
      if (button) button.disabled = true;
      const token = form.elements.csrf_token ? form.elements.csrf_token.value : gk.csrf();
      fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-CSRFToken": token, "X-Requested-With": "XMLHttpRequest" }, credentials: "same-origin" })
        .then(function (answer) {
          if (answer.ok && !answer.redirected) { finished(answer.headers.get("X-CSRFToken") || answer.headers.get("X-CSRF-Token")); return null; }
          return answer.text().then(function (html) {
            if (html.includes("<form")) { fill(html); return; }
            if (button) button.disabled = false;
            loginHost.prepend(gk.note(gk.sentence(html, answer.status), "bad"));
          });
        })
        .catch(function () { if (button) button.disabled = false; loginHost.prepend(gk.note(gk.sentence("", 0), "bad")); });
    }, true);
  }

  /* ---- htmx request refused with 401: sign in, then send the same request again ---- */
  document.addEventListener("htmx:beforeOnLoad", function (event) {
    const xhr = event.detail.xhr;
    const url = xhr.status === 401 && xhr.getResponseHeader("X-Login-Modal");
    if (!url) return;
    event.preventDefault();
    const config = event.detail.requestConfig;
    gk.signInAgain(url).then(function () {
      const values = new FormData();
      config.formData.forEach(function (value, name) { if (name !== "csrf_token") values.append(name, value); });
      values.append("csrf_token", gk.csrf());
      htmx.ajax(config.verb.toUpperCase(), config.path, { source: config.elt, target: config.target, values: values, swap: swapOf(config.elt) });
    });
  });
  function swapOf(element) {
    const holder = element.closest("[hx-swap]");
    return holder ? holder.getAttribute("hx-swap") : undefined;
  }

  /* ---- A plain form sent after the time-out: sign in first, then send it ---- */
  document.addEventListener("submit", function (event) {
    if (!expired || !limit || loginHost.contains(event.target) || event.target.matches("[data-logout]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const form = event.target;
    const submitter = event.submitter;
    gk.signInAgain(body.getAttribute("data-login-again-url")).then(function () { form.requestSubmit(submitter || undefined); });
  }, true);
})(window.gk);
