/* What was dropped: files, and the files of dropped folders with their paths. */
"use strict";

(function (gk) {
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
  /* Resolves to [{file, path}]. */
  gk.dropped = function (transfer) {
    const found = [];
    const entries = Array.from(transfer.items || []).map(function (item) { return item.webkitGetAsEntry && item.webkitGetAsEntry(); }).filter(Boolean);
    if (!entries.length) return Promise.resolve(Array.from(transfer.files).map(function (file) { return { file: file, path: file.name }; }));
    return Promise.all(entries.map(function (entry) { return readEntry(entry, "", found); })).then(function () { return found; });
  };
})(window.gk);
