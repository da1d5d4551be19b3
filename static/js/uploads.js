/* Uploads: each file goes alone and at once, with progress, 取消 and 重试; the answer replaces its slot.
   Slot:  <li id="slot-3"> <form action="/…"> <input type="file" name="file" data-upload-slot="#slot-3" data-max-mb="2">
          </form> <div data-upload-progress></div> </li>
          The form's hidden fields go along. An answer that holds an element with the slot's id replaces the slot,
          whatever its status; any other is told as an error with 重试.
   Area:  <form data-drop-area action="/…" data-drop-target="#page" data-drop-swap="innerHTML">
          with input[type=file][multiple] inside; files and folders can be dropped; one request a file, fields
          `file` and `path`. innerHTML (default): the last answer replaces the target; beforeend: each is added;
          hx-swap-oob pieces work in both. */
"use strict";

(function (gk) {
  const LIMIT = 2;
  const queue = [];
  let running = 0;

  function size(bytes) {
    if (bytes >= 1048576) return (bytes / 1048576).toFixed(1) + " MB";
    return Math.max(1, Math.round(bytes / 1024)) + " KB";
  }

  /* One line of progress: name, bar, words, buttons. */
  function line(file) {
    const box = gk.element("div", "gk-up");
    const name = gk.element("span", "gk-up-n", file.name + "（" + size(file.size) + "）");
    const bar = gk.element("progress", "gk-bar");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", "上传进度 " + file.name);
    const words = gk.element("span", "gk-up-w", "等待上传");
    const stop = gk.element("button", "gk-act", "取消");
    stop.type = "button";
    stop.setAttribute("aria-label", "取消上传 " + file.name);
    const again = gk.element("button", "gk-act", "重试");
    again.type = "button";
    again.hidden = true;
    again.setAttribute("aria-label", "重试上传 " + file.name);
    box.append(name, bar, words, again, stop);
    return { box: box, bar: bar, words: words, stop: stop, again: again };
  }

  function enqueue(job) {
    queue.push(job);
    next();
  }
  function next() {
    while (running < LIMIT && queue.length) {
      const job = queue.shift();
      if (job.cancelled) continue;
      running += 1;
      send(job);
    }
    window.onbeforeunload = running + queue.length ? function (event) { event.preventDefault(); return ""; } : null;
  }
  function finish() { running -= 1; next(); }

  function send(job) {
    const xhr = new XMLHttpRequest();
    const view = job.view;
    const data = new FormData();
    Object.keys(job.fields).forEach(function (name) { data.append(name, job.fields[name]); });
    data.append(job.name, job.file, job.file.name);
    view.words.textContent = "正在上传 0%";
    view.again.hidden = true;
    xhr.upload.onprogress = function (event) {
      if (!event.lengthComputable) return;
      const done = Math.floor(event.loaded / event.total * 100);
      view.bar.value = done;
      view.words.textContent = done < 100 ? "正在上传 " + done + "%" : "已传完，正在检查文件";
    };
    xhr.onload = function () {
      finish();
      if (xhr.status === 401) { signIn(job, xhr); return; }
      if (xhr.status !== 0) gk.touched();
      if (!xhr.getResponseHeader("HX-Retarget") && job.accepts(xhr.responseText, xhr.status)) {
        job.done(xhr.responseText, xhr.status);
        events(xhr.getResponseHeader("HX-Trigger"));
      } else fail(job, gk.sentence(xhr.responseText, xhr.status));
    };
    xhr.onerror = function () { finish(); fail(job, gk.sentence("", 0)); };
    xhr.onabort = function () { finish(); job.cancel(); };
    view.stop.onclick = function () { xhr.abort(); };
    xhr.open("POST", job.url);
    const headers = gk.headers();
    Object.keys(headers).forEach(function (name) { xhr.setRequestHeader(name, headers[name]); });
    xhr.setRequestHeader("HX-Request", "true");
    xhr.send(data);
  }
  function signIn(job, xhr) {
    job.view.words.textContent = "登录已超时，重新登录后自动接着上传";
    gk.signInAgain(xhr.getResponseHeader("X-Login-Modal") || document.body.getAttribute("data-login-again-url")).then(function () { enqueue(job); });
  }
  function fail(job, sentence) {
    const view = job.view;
    view.box.classList.add("is-bad");
    view.bar.value = 0;
    view.words.textContent = "没有传上：" + sentence;
    view.again.hidden = false;
    view.again.onclick = function () { view.box.classList.remove("is-bad"); view.words.textContent = "等待上传"; enqueue(job); };
    view.stop.onclick = function () { view.box.remove(); };
    if (job.failed) { job.failed(); job.failed = null; } else if (job.cancel) view.stop.onclick = job.cancel;
    gk.announce(job.file.name + " 没有传上，" + sentence);
  }
  function events(header) {
    if (!header) return;
    if (header[0] !== "{") { header.split(",").forEach(function (name) { htmx.trigger(document.body, name.trim(), {}); }); return; }
    const named = JSON.parse(header);
    Object.keys(named).forEach(function (name) { htmx.trigger(document.body, name, named[name] || {}); });
  }
  function tooLarge(input, file) {
    const limit = Number(input.getAttribute("data-max-mb"));
    return limit > 0 && file.size > limit * 1048576 ? "文件有 " + size(file.size) + "，超过 " + limit + " MB，请压缩后再传。" : "";
  }

  /* ---- A slot ---- */
  function uploadIntoSlot(slot, input, file) {
    const view = line(file);
    const before = gk.$(".gk-up", slot);
    if (before) before.remove();
    (gk.$("[data-upload-progress]", slot) || slot).append(view.box);
    slot.setAttribute("aria-busy", "true");
    const fields = {};
    gk.$$("input[type=hidden]", input.form || slot).forEach(function (hidden) { if (hidden.name && hidden.name !== "csrf_token") fields[hidden.name] = hidden.value; });
    const job = {
      url: input.getAttribute("data-upload-url") || input.form.action, file: file, name: input.name || "file", fields: fields, view: view,
      accepts: function (html, status) { return status < 300 || html.includes('id="' + slot.id + '"'); },
      cancel: function () { job.cancelled = true; view.box.remove(); slot.removeAttribute("aria-busy"); input.value = ""; input.focus(); },
      done: function (html, status) {
        const id = slot.id;
        const inputName = input.getAttribute("aria-label");
        htmx.swap(slot, html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 20 });
        const fresh = id && document.getElementById(id);
        if (fresh) focusIn(fresh);
        gk.announce(file.name + (status < 300 ? " 已上传" : " 没有收下，原因在" + (inputName || "该项") + "下方"));
      }
    };
    const large = tooLarge(input, file);
    input.value = "";
    if (large) { fail(job, large); return; }
    enqueue(job);
  }
  /* The input went with the old slot: keyboard users go on in the new one. */
  function focusIn(slot) {
    if (document.activeElement && document.activeElement !== document.body) return;
    const target = gk.$("input[type=file], a[href], button", slot);
    if (target) target.focus({ preventScroll: true });
  }
  gk.on("change", "input[type=file][data-upload-slot], [data-upload-slot] input[type=file][data-upload-url]", function (event, input) {
    const slot = slotOf(input);
    if (slot && input.files.length) uploadIntoSlot(slot, input, input.files[0]);
  });
  function slotOf(input) {
    const selector = input.getAttribute("data-upload-slot");
    return selector ? gk.$(selector) : input.closest("[data-upload-slot]");
  }
  /* The file input of the slot that the pointer is over. */
  function inputAt(place) {
    const inside = place.closest("[data-upload-slot]");
    if (inside) return gk.$("input[type=file]", inside);
    return gk.$$("input[type=file][data-upload-slot]").find(function (input) { const slot = slotOf(input); return slot && slot.contains(place); }) || null;
  }

  /* ---- A drop area for many ---- */
  function uploadMany(area, files) {
    const list = gk.$("[data-upload-list]", area) || area.appendChild(gk.element("div", "gk-ups"));
    const style = area.getAttribute("data-drop-swap") || "innerHTML";
    const limit = gk.$("[data-max-mb]", area) || area;
    const kept = [];
    let answer = "";
    let left = files.length;
    files.forEach(function (entry) {
      const view = line(entry.file);
      list.append(view.box);
      const job = {
        url: area.getAttribute("data-upload-url") || area.action, file: entry.file, name: "file", fields: { path: entry.path }, view: view,
        accepts: function (html, status) { return status < 300; },
        cancel: function () { job.cancelled = true; view.box.remove(); count(); },
        failed: function () { kept.push(view.box); count(); },
        done: function (html) {
          view.box.remove();
          if (style === "innerHTML") answer = html; else swap(html);
          count();
        }
      };
      const large = tooLarge(limit, entry.file);
      if (large) fail(job, large); else enqueue(job);
    });
    function swap(html) {
      const target = gk.$(area.getAttribute("data-drop-target"));
      if (target) htmx.swap(target, html, { swapStyle: style, swapDelay: 0, settleDelay: 20 });
    }
    function count() {
      left -= 1;
      if (left > 0) return;
      if (answer) swap(answer);
      const fresh = area.isConnected ? area : gk.$("[data-drop-area]");
      if (fresh && kept.length && !area.isConnected) fresh.append.apply(fresh, kept);
      gk.announce((files.length - kept.length) + " 个文件已上传" + (kept.length ? "，" + kept.length + " 个没有传上" : ""));
      document.body.dispatchEvent(new CustomEvent("gk-uploaded", { bubbles: true }));
    }
  }

  function hasFiles(event) { return event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files"); }

  document.addEventListener("dragover", function (event) {
    if (!hasFiles(event)) return;
    /* Without this a file dropped beside the area would replace the page. */
    event.preventDefault();
    gk.$$(".is-over").forEach(function (area) { area.classList.remove("is-over"); });
    if (!(event.target instanceof Element)) return;
    const input = inputAt(event.target);
    const area = event.target.closest("[data-drop-area]");
    const over = input ? slotOf(input) : area && (gk.$(".gk-drop", area) || area);
    if (over) over.classList.add("is-over");
    event.dataTransfer.dropEffect = over ? "copy" : "none";
  });
  document.addEventListener("dragleave", function (event) { if (!event.relatedTarget) gk.$$(".is-over").forEach(function (area) { area.classList.remove("is-over"); }); });
  document.addEventListener("drop", function (event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    gk.$$(".is-over").forEach(function (area) { area.classList.remove("is-over"); });
    const input = inputAt(event.target);
    const slot = input && slotOf(input);
    const area = event.target.closest("[data-drop-area]");
    gk.dropped(event.dataTransfer).then(function (files) {
      const wanted = files.filter(function (entry) { return !/^(\.|Thumbs\.db$|desktop\.ini$|~\$)/i.test(entry.file.name); });
      if (!wanted.length) return;
      if (input && wanted.length === 1) uploadIntoSlot(slot, input, wanted[0].file);
      else if (area || gk.$("[data-drop-area]")) uploadMany(area || gk.$("[data-drop-area]"), wanted);
      else gk.toast("这里一次只能放一个文件。", "warn");
    });
  });
  gk.on("change", "[data-drop-area] input[type=file]", function (event, input) {
    const files = Array.from(input.files).map(function (file) { return { file: file, path: file.webkitRelativePath || file.name }; });
    if (files.length) uploadMany(input.closest("[data-drop-area]"), files);
    input.value = "";
  });
})(window.gk);
