// An answer as a program that repeats it: to be looked at, copied and kept.

import { root } from "./api.js";
import { sequence } from "./conversation.js";
import { button, download, h } from "./dom.js";
import { curl, javaScript, python } from "./exports.js";
import { texts } from "./texts.js";

const KINDS = [["curl", "repeat.sh", curl], ["Python", "repeat.py", python], ["JavaScript", "repeat.mjs", javaScript]];
/** A picture in a program is a long line that nobody reads. */
const SHOWN_LINE = 240;

/** Opens a dialog with the programs. */
export function openExports(app, turn) {
  const input = sequence(app.turns, turn.parent);
  const address = root.href;
  const dialog = h("dialog", { class: "exports", "aria-labelledby": "exports-title", onclose: () => dialog.remove() });
  const code = h("pre", { tabindex: 0, "aria-label": texts.exports.program }, h("code"));
  const said = h("span", { role: "status", class: "said" });
  let current = KINDS[0];
  const text = () => current[2](turn, input, address);
  const tabs = KINDS.map((kind) => h("label", {}, h("input", { type: "radio", name: "program", checked: kind === current, onchange: () => {
    current = kind;
    show();
  } }), h("span", {}, kind[0])));
  const show = () => {
    said.textContent = "";
    code.firstChild.textContent = text().split("\n").map((line) => (line.length > SHOWN_LINE ? `${line.slice(0, SHOWN_LINE)} …` : line)).join("\n");
  };
  show();
  dialog.append(
    h("header", {}, h("h2", { id: "exports-title" }, texts.exports.title),
      button(texts.close, { icon: "close", class: "icon-button", onclick: () => dialog.close() })),
    h("p", {}, texts.exports.about),
    h("div", { class: "modes", role: "radiogroup", "aria-label": texts.exports.program }, tabs),
    code,
    h("div", { class: "actions" },
      button(texts.exports.copy, { icon: "copy", shows: true, class: "primary", onclick: () => copy(text(), said) }),
      button(texts.exports.save, { icon: "save", shows: true, class: "quiet", onclick: () => download(current[1], "text/plain", text()) }),
      said),
  );
  document.body.append(dialog);
  dialog.showModal();
}

/** Copies; pages that were not loaded from this machine or by TLS have no clipboard, and say so. */
async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = texts.exports.copied;
  } catch {
    said.textContent = texts.exports.noClipboard;
  }
}
