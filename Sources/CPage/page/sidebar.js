// The conversations that this browser keeps.

import { conversationDocument, conversationPage } from "./exports.js";
import { button, download, h } from "./dom.js";
import { texts } from "./texts.js";

export class Sidebar {
  constructor(app, close) {
    this.app = app;
    this.close = close;
    this.list = h("ul", { class: "conversations" });
    this.note = h("p", { class: "note" });
    this.exports = h("div", { class: "sidebar-exports", role: "group", "aria-label": texts.sidebar.exportTitle, hidden: true },
      h("span", {}, texts.sidebar.exportTitle),
      button(texts.sidebar.html, { class: "link", onclick: () => this.#export("html") }),
      button(texts.sidebar.json, { class: "link", onclick: () => this.#export("json") }));
    this.element = h("div", { class: "sidebar-content" },
      button(texts.sidebar.begin, { icon: "add", shows: true, class: "begin", onclick: () => {
        app.begin();
        close();
      } }),
      h("nav", { "aria-label": texts.sidebar.title }, this.list),
      this.note,
      this.exports);
    app.addEventListener("change", ({ kind }) => {
      if (kind === "conversations" || kind === "server") this.#update();
      if (kind === "sequence") this.exports.hidden = !app.turns.size;
    });
  }

  #update() {
    const { app } = this;
    this.note.textContent = app.storageError ? texts.sidebar.notKept : app.conversations.length ? texts.sidebar.kept : texts.sidebar.none;
    this.list.replaceChildren(...app.conversations.map((conversation) => {
      const isOpen = conversation.id === app.conversation?.id;
      const name = conversation.title || texts.sidebar.untitled;
      return h("li", { class: isOpen ? "open" : null },
        h("button", { type: "button", class: "conversation", "aria-current": isOpen ? "true" : null, onclick: () => {
          app.open(conversation.id);
          this.close();
        } }, h("span", { class: "name" }, name), h("span", { class: "when" }, texts.when(conversation.updated))),
        button(`${texts.sidebar.remove}: ${name}`, { icon: "trash", class: "tool", title: texts.sidebar.remove, onclick: () => {
          if (confirm(texts.sidebar.removeQuestion(name))) app.remove(conversation.id);
        } }));
    }));
  }

  #export(kind) {
    const { app } = this;
    if (!app.turns.size) return;
    const name = app.conversation.title || texts.sidebar.untitled;
    const file = name.replace(/[^\p{Letter}\p{Number}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "interleaved";
    if (kind === "json") download(`${file}.json`, "application/json", conversationDocument(app.conversation, app.turns));
    else download(`${file}.html`, "text/html", conversationPage(name, app.path, app.model?.id ?? texts.model));
  }
}
