/* Uploads: each file goes alone and at once, with progress, 取消 and 重试; the answer replaces its slot.
   Slot:  <div data-upload-slot> … <input type="file" data-upload-url="/…"> … </div>
          answer 2xx or 422: HTML of the new slot.
   Area:  <div data-drop-area data-upload-url="/…" data-drop-target="#tray" data-drop-swap="beforeend">
          with input[type=file][multiple] inside; files and folders can be dropped; one request a file, fields
          `file` and `path`; answer: HTML for the target, and hx-swap-oob pieces for the slots they went to. */
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
    const box = gk.element("div", "gk-upload");
    const name = gk.element("span", "gk-upload-n", file.name + "（" + size(file.size) + "）");
    const bar = gk.element("progress", "gk-bar");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", "上传进度 " + file.name);
    const words = gk.element("span", "gk-upload-w", "等待上传");
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
      const ours = !xhr.getResponseHeader("HX-Retarget") && (xhr.status < 300 || xhr.status === 422);
      if (ours) { job.done(xhr.responseText, xhr.status); events(xhr.getResponseHeader("HX-Trigger")); } else fail(job, gk.sentence(xhr.responseText, xhr.status));
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
    view.stop.onclick = job.cancel;
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
    const before = gk.$(".gk-upload", slot);
    if (before) before.remove();
    (gk.$("[data-upload-here]", slot) || slot).append(view.box);
    slot.setAttribute("aria-busy", "true");
    const form = input.form;
    const fields = {};
    gk.$$("input[type=hidden][data-upload-field]", slot).forEach(function (hidden) { fields[hidden.name] = hidden.value; });
    const job = {
      url: input.getAttribute("data-upload-url"), file: file, name: input.name || "file", fields: fields, view: view,
      cancel: function () { job.cancelled = true; view.box.remove(); slot.removeAttribute("aria-busy"); input.value = ""; input.focus(); },
      done: function (html, status) {
        const id = slot.id;
        htmx.swap(slot, html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 20 });
        const fresh = id && document.getElementById(id);
        if (fresh) focusIn(fresh, input.id);
        gk.announce(file.name + (status === 422 ? " 没有收下，原因见页面" : " 已上传"));
      }
    };
    const large = tooLarge(input, file);
    if (large) { fail(job, large); return; }
    if (form) gk.clean(form);
    enqueue(job);
  }
  function focusIn(slot, inputId) {
    const same = inputId && document.getElementById(inputId);
    const target = same || gk.$("a[href], button, input:not([type=hidden])", slot);
    if (target && (document.activeElement === document.body || !document.activeElement)) target.focus({ preventScroll: true });
  }
  gk.on("change", "input[type=file][data-upload-url]", function (event, input) {
    const slot = input.closest("[data-upload-slot]");
    if (slot && input.files.length) uploadIntoSlot(slot, input, input.files[0]);
  });

  /* ---- A drop area for many ---- */
  function uploadMany(area, files) {
    const list = gk.$("[data-upload-list]", area) || area.appendChild(gk.element("div", "gk-uploads"));
    let left = files.length;
    files.forEach(function (entry) {
      const view = line(entry.file);
      list.append(view.box);
      const job = {
        url: area.getAttribute("data-upload-url"), file: entry.file, name: "file", fields: { path: entry.path }, view: view,
        cancel: function () { job.cancelled = true; view.box.remove(); count(); },
        done: function (html) {
          view.box.remove();
          const target = gk.$(area.getAttribute("data-drop-target"));
          if (target) htmx.swap(target, html, { swapStyle: area.getAttribute("data-drop-swap") || "beforeend", swapDelay: 0, settleDelay: 20 });
          count();
        }
      };
      const large = tooLarge(area, entry.file);
      if (large) fail(job, large); else enqueue(job);
    });
    function count() {
      left -= 1;
      if (left > 0) return;
      gk.announce(files.length + " 个文件已处理");
      area.dispatchEvent(new CustomEvent("gk-uploaded", { bubbles: true }));
    }
  }

  function readEntry(entry, path, found) {
    if (entry.isFile) return new Promise(function (resolve) { entry.file(function (file) { found.push({ file: file, path: path + file.name }); resolve(); }, resolve); });
    const reader = entry.createReader();
    const all = [];
    return new Promise(function (resolve) {
      (function more() {
        reader.readEntries(function (part) {
          if (!part.length) { resolve(Promise.all(all.map(function (each) { return readEntry(each, path + entry.name + "/", found); }))); return; }
          all.push.apply(all, part);
          more();
        }, resolve);
      })();
    });
  }
  function dropped(transfer) {
    const found = [];
    const entries = Array.from(transfer.items || []).map(function (item) { return item.webkitGetAsEntry && item.webkitGetAsEntry(); }).filter(Boolean);
    if (!entries.length) return Promise.resolve(Array.from(transfer.files).map(function (file) { return { file: file, path: file.name }; }));
    return Promise.all(entries.map(function (entry) { return readEntry(entry, "", found); })).then(function () { return found; });
  }
  function hasFiles(event) { return event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files"); }

  document.addEventListener("dragover", function (event) {
    if (!hasFiles(event)) return;
    /* Without this a file dropped beside the area would replace the page. */
    event.preventDefault();
    gk.$$(".is-over").forEach(function (area) { area.classList.remove("is-over"); });
    const over = event.target.closest && event.target.closest("[data-drop-area], [data-upload-slot]");
    if (over) over.classList.add("is-over");
    event.dataTransfer.dropEffect = over ? "copy" : "none";
  });
  document.addEventListener("dragleave", function (event) { if (!event.relatedTarget) gk.$$(".is-over").forEach(function (area) { area.classList.remove("is-over"); }); });
  document.addEventListener("drop", function (event) {
    if (!hasFiles(event)) return;
    event.preventDefault();
    gk.$$(".is-over").forEach(function (area) { area.classList.remove("is-over"); });
    const slot = event.target.closest("[data-upload-slot]");
    const area = event.target.closest("[data-drop-area]");
    const input = slot && gk.$("input[type=file][data-upload-url]", slot);
    dropped(event.dataTransfer).then(function (files) {
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
