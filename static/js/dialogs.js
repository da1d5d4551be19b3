/* Dialogs: whatever is loaded into #modal-host is shown as a modal; 204 closes it; focus goes back to the opener.
   The native <dialog> keeps focus inside and the page behind it inert. */
"use strict";

(function (gk) {
  const modal = document.getElementById("modal");
  const host = document.getElementById("modal-host");
  const stack = [];
  let opener = null;

  gk.topDialog = function () { return stack.length ? stack[stack.length - 1] : null; };

  gk.openDialog = function (dialog) {
    if (dialog.open) return;
    stack.push(dialog);
    dialog.showModal();
    document.documentElement.classList.add("gk-dialog-open");
  };
  gk.closeDialog = function (dialog) {
    if (!dialog.open) return;
    stack.splice(stack.indexOf(dialog), 1);
    dialog.close();
    if (!stack.length) document.documentElement.classList.remove("gk-dialog-open");
  };

  /* ---- A question with 取消 and 确定; resolves to true or false ---- */
  gk.ask = function (text, options) {
    const box = document.getElementById("ask");
    const settings = Object.assign({ title: "请确认", yes: "确定", no: "取消", red: false }, options);
    const before = document.activeElement;
    document.getElementById("ask-title").textContent = settings.title;
    document.getElementById("ask-text").textContent = text;
    const yes = gk.$("[data-answer=yes]", box);
    const no = gk.$("[data-answer=no]", box);
    yes.textContent = settings.yes;
    no.textContent = settings.no;
    yes.className = "btn " + (settings.red ? "btn-red" : "btn-primary");
    gk.openDialog(box);
    (settings.red ? no : yes).focus();
    return new Promise(function (resolve) {
      const finish = function (answer) {
        box.removeEventListener("click", click);
        box.removeEventListener("cancel", cancel);
        gk.closeDialog(box);
        if (before && before.isConnected) before.focus();
        resolve(answer);
      };
      const click = function (event) {
        const button = event.target.closest("[data-answer]");
        if (button) finish(button.getAttribute("data-answer") === "yes");
      };
      const cancel = function (event) { event.preventDefault(); finish(false); };
      box.addEventListener("click", click);
      box.addEventListener("cancel", cancel);
    });
  };

  if (!modal) return;

  /* ---- The modal that htmx fills ---- */
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.target === host && !modal.open) opener = event.detail.elt;
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.detail.target !== host) return;
    const first = host.firstElementChild;
    if (!first) return;
    modal.className = "gk-dialog gk-dialog-" + (first.getAttribute("data-size") || "md");
    const wasOpen = modal.open;
    gk.openDialog(modal);
    if (gk.focusErrors(host)) return;
    if (!wasOpen) focusFirst();
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    const detail = event.detail;
    if (!modal.open || !detail.xhr || !detail.successful) return;
    const config = detail.requestConfig;
    if (config.headers["X-Autosave"] || (config.elt.closest && config.elt.closest("[data-modal-stay]"))) return;
    const nothing = detail.xhr.status === 204 && (config.target === host || host.contains(config.elt));
    const elsewhere = config.verb !== "get" && host.contains(config.elt) && !modal.contains(config.target);
    if (nothing || elsewhere) closeModal();
  });
  document.addEventListener("gk-close-modal", closeModal);

  function focusFirst() {
    const wanted = gk.$("[autofocus]", host) || gk.$("input:not([type=hidden]):not(:disabled), select:not(:disabled), textarea:not(:disabled)", host) || gk.$("#modal-title", host);
    if (wanted) wanted.focus();
  }

  function closeModal() {
    if (!modal.open) return;
    gk.closeDialog(modal);
    host.replaceChildren();
    document.getElementById("modal-messages").replaceChildren();
    if (opener && opener.isConnected) opener.focus();
    else if (opener && opener.id && document.getElementById(opener.id)) document.getElementById(opener.id).focus();
    else document.getElementById("main").focus();
    opener = null;
  }

  function wishToClose() {
    if (!gk.isDirty || !gk.isDirty(host)) { closeModal(); return; }
    gk.ask("刚才填写的内容还没有保存，确定放弃吗？", { title: "放弃修改", yes: "放弃修改", no: "继续填写", red: true }).then(function (yes) { if (yes) closeModal(); });
  }

  modal.addEventListener("cancel", function (event) { event.preventDefault(); wishToClose(); });
  /* Browsers close a dialog at the second Esc whatever "cancel" says: keep our own count true. */
  modal.addEventListener("close", function () { if (stack.includes(modal)) { stack.splice(stack.indexOf(modal), 1); closeLeftovers(); } });
  function closeLeftovers() {
    if (gk.isDirty && gk.isDirty(host)) { gk.openDialog(modal); wishToClose(); return; }
    document.documentElement.classList.remove("gk-dialog-open");
    host.replaceChildren();
    if (opener && opener.isConnected) opener.focus();
  }
  document.addEventListener("click", function (event) {
    const button = event.target instanceof Element && event.target.closest("[data-modal-close], [data-bs-dismiss=modal]");
    if (!button || !modal.contains(button)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    wishToClose();
  }, true);

  /* ---- Confirmation: hx-confirm for htmx, data-confirm for plain forms and links ---- */
  document.addEventListener("htmx:confirm", function (event) {
    const text = event.detail.question;
    if (!text) return;
    event.preventDefault();
    gk.ask(text, choices(event.detail.elt)).then(function (yes) { if (yes) event.detail.issueRequest(true); });
  });
  gk.on("submit", "form[data-confirm]", function (event, form) {
    if (form.hasAttribute("data-confirmed")) { form.removeAttribute("data-confirmed"); return; }
    const submitter = event.submitter;
    event.preventDefault();
    event.stopImmediatePropagation();
    gk.ask(form.getAttribute("data-confirm"), choices(form)).then(function (yes) {
      if (!yes) return;
      form.setAttribute("data-confirmed", "");
      form.requestSubmit(submitter || undefined);
    });
  }, true);
  function choices(element) {
    const yes = element.getAttribute("data-confirm-yes");
    const red = element.hasAttribute("data-confirm-red") || (element.matches(".btn-red, .gk-act-red") || Boolean(gk.$(".btn-red, .gk-act-red", element)));
    return Object.assign({ red: red }, yes ? { yes: yes } : {});
  }
})(window.gk);
