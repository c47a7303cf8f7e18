// What all views have at their top: where one can go, how the daemon is, light or dark.

import { button, h, svg } from "./dom.js";
import { texts } from "./texts.js";

const THEME = "interleaved.theme";
const THEMES = ["auto", "light", "dark"];

/** The header; `here` is the path of the view below the root, `state` an element about the daemon. */
export function header(here, { before = null, state = null } = {}) {
  applyTheme(storedTheme());
  const links = [["", texts.nav.compose], ["engine", texts.nav.engine], ["docs", texts.nav.docs]].map(([path, label]) =>
    h("a", { href: path || "./", "aria-current": path === here ? "page" : null }, label));
  const theme = button(texts.nav.theme(texts.nav.themes[storedTheme()]), { icon: "theme", class: "icon-button", onclick: () => {
    const next = THEMES[(THEMES.indexOf(storedTheme()) + 1) % THEMES.length];
    try {
      localStorage.setItem(THEME, next);
    } catch {
      // Then it lasts as long as the page.
    }
    applyTheme(next);
    const label = texts.nav.theme(texts.nav.themes[next]);
    theme.setAttribute("aria-label", label);
    theme.title = label;
  } });
  return h("header", { class: "top" },
    h("a", { class: "skip", href: "#main" }, texts.nav.skip),
    before,
    h("a", { class: "brand", href: "./" }, mark(), h("span", {}, texts.name)),
    h("nav", { "aria-label": texts.nav.label }, links),
    h("span", { class: "spring" }), state, theme);
}

/** Words, a picture, a picture, words. */
function mark() {
  return svg("svg", { class: "mark", viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("path", { d: "M2 5h9M2 9h6M13 16h9M13 20h6" }),
    svg("rect", { x: 14, y: 2.5, width: 8, height: 8, rx: 2 }),
    svg("rect", { class: "second", x: 2, y: 13.5, width: 8, height: 8, rx: 2 }));
}

/** How the daemon is, as a dot and words. */
export function stateChip() {
  const words = h("span", {});
  const element = h("span", { class: "state", data: { status: "connecting" }, role: "status" }, h("span", { class: "dot", "aria-hidden": "true" }), words);
  const show = (server, model) => {
    element.dataset.status = server.status;
    const text = texts.server(server, model);
    if (words.textContent !== text) words.textContent = text;
  };
  show({ status: "connecting" }, null);
  return { element, show };
}

function storedTheme() {
  try {
    const theme = localStorage.getItem(THEME);
    return THEMES.includes(theme) ? theme : "auto";
  } catch {
    return "auto";
  }
}

function applyTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
