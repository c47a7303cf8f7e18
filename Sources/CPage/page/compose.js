// The view at `/`: compose text and pictures, and see words and pictures come.

import { App } from "./app.js";
import { Composer } from "./composer.js";
import { button, h } from "./dom.js";
import { header, stateChip } from "./header.js";
import { SequenceView } from "./sequence.js";
import { initialSettings, settingsForm } from "./settings.js";
import { Sidebar } from "./sidebar.js";
import { texts } from "./texts.js";
import { Welcome } from "./welcome.js";

const app = new App();

/** What screen readers are told as it happens. */
const voice = h("div", { role: "status", class: "unseen" });
const say = (words) => {
  voice.textContent = words;
};

const state = stateChip();
const drawer = h("dialog", { class: "drawer", "aria-label": texts.sidebar.title });
const sidebar = new Sidebar(app, () => drawer.open && drawer.close());
const aside = h("aside", { class: "sidebar", "aria-label": texts.sidebar.title });
const menu = button(texts.sidebar.open, { icon: "menu", class: "icon-button menu", "aria-haspopup": "dialog", onclick: () => {
  drawer.append(sidebar.element);
  drawer.showModal();
} });
drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
drawer.addEventListener("close", () => placeSidebar());

/** Beside the sequence where there is room, else in the drawer. */
function placeSidebar() {
  aside.append(sidebar.element);
}

const panel = h("dialog", { class: "panel", "aria-labelledby": "settings-title" });
panel.addEventListener("click", (event) => event.target === panel && panel.close());

function openSettings() {
  const form = settingsForm(app.model, app.settings, (settings) => app.set(settings));
  panel.replaceChildren(h("div", { class: "panel-content" },
    h("header", {}, h("h2", { id: "settings-title" }, texts.settings.title),
      button(texts.close, { icon: "close", class: "icon-button", onclick: () => panel.close() })),
    h("p", { class: "hint" }, texts.settings.about(app.model)),
    form,
    button(texts.settings.reset, { class: "quiet", onclick: () => {
      app.set({ ...initialSettings(), mode: app.settings.mode });
      openSettings();
    } })));
  if (!panel.open) panel.showModal();
}

const welcome = new Welcome(app);
const sequence = new SequenceView(app);
const composer = new Composer(app, { openSettings, say });
const trouble = h("p", { class: "trouble", role: "alert", hidden: true });

const heading = h("h1", { class: "unseen", hidden: true }, texts.name);
const main = h("main", { id: "main", tabindex: -1 },
  heading,
  h("div", { class: "column" }, welcome.element, sequence.element, welcome.next, h("div", { class: "spring" })),
  h("div", { class: "dock" }, h("div", { class: "column" }, trouble, composer.element, h("p", { class: "fine" }, texts.composer.fine))));

document.body.append(header("", { before: menu, state: state.element }), h("div", { class: "page" }, aside, main), voice, drawer, panel);
placeSidebar();

// The end of the sequence stays in sight while it grows, unless one has scrolled up from it.
let follows = true;
let touched = -Infinity;
for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
  main.addEventListener(kind, () => {
    touched = performance.now();
  }, { passive: true });
}
main.addEventListener("scroll", () => {
  const isAtEnd = main.scrollHeight - main.scrollTop - main.clientHeight < 40;
  // What becomes shorter moves by itself.
  if (isAtEnd || performance.now() - touched < 500) follows = isAtEnd;
}, { passive: true });
new ResizeObserver(() => {
  if (follows) main.scrollTop = app.path.length ? main.scrollHeight : 0;
}).observe(main.querySelector(".column"));

app.addEventListener("change", ({ kind, turn }) => {
  if (kind === "server") {
    state.show(app.server, app.model);
    trouble.hidden = app.server.status === "ready" || app.server.status === "connecting";
    trouble.textContent = trouble.hidden ? "" : texts.trouble(app.server);
  }
  if (kind === "sequence") {
    document.title = app.conversation?.title ? `${app.conversation.title} - ${texts.name}` : texts.name;
    // The welcome has a heading of its own.
    heading.hidden = !welcome.element.hidden;
    const last = app.path.at(-1)?.turn;
    if (last?.run && turn) say(texts.spoken(last));
    if (!turn) {
      follows = true;
      main.scrollTop = app.path.length ? main.scrollHeight : 0;
    }
  }
  if (kind === "draft") {
    if (matchMedia("(hover: hover)").matches) composer.focus();
    if (app.editing) say(texts.composer.editing);
  }
  if (kind === "turn" && turn.run.queue) say(turn.run.queue);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && app.isAnswering && !document.querySelector("dialog[open]")) app.stop();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) app.watchServer();
});

await app.start();
state.show(app.server, app.model);
