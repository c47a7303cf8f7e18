// What one sees before anything was asked: what the model knows, and sentences to begin with.

import { wordingOf } from "./composer.js";
import { button, h } from "./dom.js";
import { known } from "./known.js";
import { pictureFromAddress } from "./pictures.js";
import { initialSettings } from "./settings.js";
import { texts } from "./texts.js";

const SAMPLE = new URL("scene.png", import.meta.url);

export class Welcome {
  constructor(app) {
    this.app = app;
    this.element = h("section", { class: "welcome", "aria-labelledby": "welcome-title" });
    this.next = h("div", { class: "next", role: "group", "aria-label": texts.next.label });
    app.addEventListener("change", ({ kind }) => {
      if (kind === "sequence" || kind === "server") this.#update();
    });
    this.#update();
  }

  #update() {
    const { app } = this;
    this.element.hidden = app.path.length > 0 || app.editing !== null;
    const key = `${app.model?.id} ${app.server.status === "ready"}`;
    if (this.key !== key) {
      this.key = key;
      this.#fill();
    }
    this.#suggestNext();
  }

  #fill() {
    const { app } = this;
    const knows = known[app.model?.id];
    const cards = this.#suggestions().map(({ title, words, picture, ...rest }) =>
      h("li", {}, h("button", { type: "button", class: "card", onclick: () => this.#ask(rest) },
        picture && h("img", { src: SAMPLE.href, alt: texts.welcome.sample, width: 56, height: 56 }),
        h("span", { class: "card-text" }, h("span", { class: "card-title" }, title), h("span", { class: "card-words" }, words)))));
    this.element.replaceChildren(
      h("h1", { id: "welcome-title" }, texts.welcome.title),
      h("p", { class: "lead" }, knows?.about ?? texts.welcome.about),
      knows?.limits && h("p", { class: "limits" }, knows.limits),
      cards.length ? h("ul", { class: "cards" }, cards) : "",
    );
  }

  /** What is known of the model here, with settings that were tried; else from the templates that it brings. */
  #suggestions() {
    const { model } = this.app;
    if (!model) return [];
    if (known[model.id]) return known[model.id].suggestions;
    const templates = (model.templates ?? []).filter(({ inputs, examples }) => examples.length || !inputs.includes("text"));
    return templates.map((template) => ({
      title: template.name[0].toUpperCase() + template.name.slice(1).replaceAll("_", " "),
      words: template.examples[0] ?? template.purpose,
      picture: template.inputs.includes("image"),
      template,
    }));
  }

  async #ask({ template, parts, settings }) {
    const { app } = this;
    const sample = await pictureFromAddress(SAMPLE);
    if (template) {
      const taken = wordingOf(template, [], sample);
      app.draft = taken.parts;
      app.set(taken.settings(initialSettings()));
    } else {
      app.draft = parts.map((part) => (part === "picture" ? { ...sample } : { type: "text", text: part }));
      app.set({ ...initialSettings(), ...settings });
    }
    app.changed("draft");
    if (app.server.status === "ready") app.run();
  }

  /** What could come after the last picture, where that is known of the model. */
  #suggestNext() {
    const { app } = this;
    const parts = app.path.flatMap(({ turn, count }) => turn.parts.slice(0, count));
    const last = app.path.at(-1)?.turn;
    const isOver = last?.by === "model" && last.run.status === "done" && !app.editing && parts.at(-1)?.type === "image";
    const ideas = isOver ? known[app.model?.id]?.next?.(parts.filter(({ type }) => type === "text").map(({ text }) => text)) ?? [] : [];
    this.next.hidden = !ideas.length;
    this.next.replaceChildren(...ideas.map(({ words, settings, label }) => button(label ?? words, {
      class: "chip",
      onclick: () => {
        app.draft = words ? [{ type: "text", text: words }] : [];
        app.set({ ...app.settings, ...initialSettings(), ...settings });
        app.changed("draft");
        app.run();
      },
    })));
  }
}
