// The key that the daemon may ask for: kept as long as the tab is, asked for when it is missing or wrong.

import { button, h } from "./dom.js";
import { texts } from "./texts.js";

const KEY = "interleaved.key";
let key = stored();
let asking = null;
let isDeclined = false;

/** The field that brings the key to the daemon. */
export function authorization() {
  return key ? { authorization: `Bearer ${key}` } : {};
}

/**
 * Asks the person for a key: once for all who want one at the same time. Who looks by itself now and then asks no more after
 * it was declined; `insists` is what the person has just done.
 */
export function askForKey(reason, insists) {
  if (asking) return asking;
  if (isDeclined && !insists) return Promise.resolve(false);
  asking = ask(reason).finally(() => { asking = null; });
  return asking;
}

function ask(reason) {
  const words = texts.key;
  return new Promise((answer) => {
    const field = h("input", { type: "password", name: "key", required: true, autocomplete: "off", spellcheck: "false", "aria-label": words.label });
    const dialog = h("dialog", { class: "key", "aria-labelledby": "key-title", onclose: () => {
      dialog.remove();
      const given = dialog.returnValue === "given";
      isDeclined = !given;
      if (given) keep(field.value.trim());
      answer(given);
    } },
      h("form", { method: "dialog", onsubmit: (event) => {
        event.preventDefault();
        dialog.close("given");
      } },
        h("header", {}, h("h2", { id: "key-title" }, words.title)),
        h("p", {}, words.lead),
        h("p", { class: "hint", role: "status" }, key ? reason : ""),
        field,
        h("div", { class: "actions" },
          h("button", { type: "submit", class: "primary" }, words.use),
          button(words.decline, { class: "quiet", onclick: () => dialog.close("") }))));
    document.body.append(dialog);
    dialog.showModal();
    field.focus();
  });
}

function keep(text) {
  key = text;
  try {
    sessionStorage.setItem(KEY, text);
  } catch {
    // Then it lasts as long as the page.
  }
}

function stored() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
