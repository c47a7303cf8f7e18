// Where the next part of the sequence is put together: words and pictures in any order, what is to come back, one button.

import { button, h, icon, place } from "./dom.js";
import { filesOf, pictureFromFile } from "./pictures.js";
import { changes } from "./settings.js";
import { texts } from "./texts.js";

const MODES = ["text", "image", "interleave"];

export class Composer {
  #rows = new WeakMap();
  #dragged = null;

  constructor(app, { openSettings, say }) {
    Object.assign(this, { app, say });
    this.list = h("div", { class: "draft", role: "group", "aria-label": texts.composer.draft });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.banner = h("div", { class: "editing", hidden: true }, h("span", {}, texts.composer.editing),
      button(texts.composer.cancelEdit, { class: "link", onclick: () => app.cancelEdit() }));
    this.file = this.#fileInput({ multiple: true });
    this.photo = this.#fileInput({ capture: "environment" });
    this.settingsButton = button(texts.composer.settings, { icon: "settings", class: "icon-button", onclick: openSettings, "aria-haspopup": "dialog" });
    this.wording = h("select", { class: "wording", "aria-label": texts.composer.wording, onchange: () => this.#word() });
    this.runButton = h("button", { type: "submit", class: "run" });
    this.modes = h("div", { class: "modes", role: "radiogroup", "aria-label": texts.composer.comesBack }, MODES.map((mode) => this.#mode(mode)));
    this.element = h(
      "form", { class: "composer", "aria-label": texts.composer.title, onsubmit: (event) => this.#submit(event), onpaste: (event) => this.#paste(event) },
      this.banner, this.list, this.problem,
      h("div", { class: "bar" },
        button(texts.composer.addPicture, { icon: "picture", class: "icon-button", onclick: () => this.file.click() }),
        button(texts.composer.takePhoto, { icon: "camera", class: "icon-button photo", onclick: () => this.photo.click() }),
        this.file, this.photo, this.wording, this.settingsButton,
        h("span", { class: "spring" }), this.modes, this.runButton),
    );
    this.#acceptDrops();
    app.addEventListener("change", ({ kind }) => {
      if (kind === "draft") this.#drawDraft();
      if (["draft", "sequence", "settings", "server"].includes(kind)) this.#drawBar();
    });
    this.#drawDraft();
    this.#drawBar();
  }

  focus() {
    this.list.querySelector("textarea:last-of-type, .row:last-child textarea")?.focus();
  }

  #fileInput(more) {
    return h("input", { type: "file", accept: "image/*", hidden: true, "aria-label": texts.composer.addPicture, tabindex: -1, ...more,
      onchange: async (event) => {
        await this.add([...event.target.files]);
        event.target.value = "";
      } });
  }

  #mode(mode) {
    const { app } = this;
    const input = h("input", { type: "radio", name: "mode", value: mode, onchange: () => app.set({ ...app.settings, mode }) });
    return h("label", { title: texts.composer.modeHints[mode] }, input, h("span", {}, texts.composer.modes[mode]));
  }

  /** Puts pictures where the cursor is: after words, or before the empty field that waits for them. */
  async add(files) {
    this.problem.textContent = "";
    for (const file of files) {
      try {
        const part = await pictureFromFile(file);
        const { draft } = this.app;
        const focused = draft.findIndex((one) => this.#rows.get(one)?.contains(document.activeElement));
        const at = focused < 0 ? draft.length - 1 : draft[focused].text ? focused + 1 : focused;
        draft.splice(Math.max(0, at), 0, part);
        this.#drawDraft();
        this.say(texts.composer.added(part.name));
      } catch (error) {
        this.problem.textContent = error.message;
      }
    }
    this.#drawBar();
  }

  #submit(event) {
    event.preventDefault();
    if (this.app.isAnswering) return this.app.stop();
    this.problem.textContent = "";
    if (!this.#hasSomething) this.problem.textContent = texts.composer.nothing;
    else if (!["ready", "connecting"].includes(this.app.server.status)) this.problem.textContent = texts.composer.notReady;
    else this.app.run();
    return undefined;
  }

  get #hasSomething() {
    return this.app.point !== null || this.app.draft.some((part) => part.text || part.image);
  }

  #paste(event) {
    const files = filesOf(event.clipboardData);
    if (!files.length) return;
    event.preventDefault();
    this.add(files);
  }

  /** Files may be dropped anywhere on the page. */
  #acceptDrops() {
    const isFiles = (event) => event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragover", (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      this.element.classList.add("dropping");
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) this.element.classList.remove("dropping");
    });
    document.addEventListener("drop", (event) => {
      this.element.classList.remove("dropping");
      if (!isFiles(event)) return;
      event.preventDefault();
      const files = filesOf(event.dataTransfer);
      if (files.length) this.add(files);
      else this.problem.textContent = texts.errors.noPicture(event.dataTransfer.files[0]?.name ?? "");
    });
  }

  // The draft

  #drawDraft() {
    const { app } = this;
    const { draft } = app;
    // A field waits at the end; others that are empty go, unless one is about to write in them.
    for (let index = draft.length - 1; index >= 0; index -= 1) {
      const isNeeded = index === draft.length - 1 && draft[index - 1]?.type !== "text";
      const isIdle = !this.#rows.get(draft[index])?.contains(document.activeElement);
      if (draft[index].type === "text" && !draft[index].text && !isNeeded && isIdle) draft.splice(index, 1);
    }
    if (draft.at(-1)?.type !== "text") draft.push({ type: "text", text: "" });
    const isAlone = draft.length === 1;
    place(this.list, draft.map((part) => {
      if (!this.#rows.has(part)) this.#rows.set(part, this.#row(part));
      return this.#rows.get(part);
    }));
    this.list.classList.toggle("alone", isAlone);
    draft.forEach((part, index) => {
      const row = this.#rows.get(part);
      row.querySelector(".up").disabled = index === 0;
      row.querySelector(".down").disabled = index === draft.length - 1;
      const field = row.querySelector("textarea");
      if (field) {
        field.placeholder = !isAlone ? texts.composer.more : app.point ? texts.composer.goOn : texts.composer.begin;
        fit(field);
      }
    });
    this.banner.hidden = !app.editing;
  }

  #row(part) {
    const label = part.type === "text" ? texts.composer.words : texts.composer.picture;
    const content = part.type === "text" ? this.#field(part) : h("figure", {},
      h("img", { src: part.image, alt: part.name ? texts.composer.pictureNamed(part.name) : texts.composer.picture }),
      h("figcaption", {}, part.shrunk ? texts.composer.shrunk(part.shrunk, `${part.width} × ${part.height}`) : part.name ?? ""));
    const tool = (words, name, action, kind = name) =>
      button(`${words}: ${label}`, { icon: name, class: `tool ${kind}`, title: words, onclick: action });
    const grip = h("span", { class: "grip", draggable: "true", title: texts.composer.drag, "aria-hidden": "true" }, icon("grip"));
    const row = h("div", { class: `row ${part.type}` }, grip, content, h("div", { class: "tools" },
      tool(texts.composer.up, "up", () => this.#shift(part, -1)),
      tool(texts.composer.down, "down", () => this.#shift(part, 1)),
      tool(texts.composer.remove, "close", () => this.#remove(part))));
    grip.addEventListener("dragstart", (event) => {
      this.#dragged = part;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      event.dataTransfer.setDragImage(row, 0, 0);
    });
    grip.addEventListener("dragend", () => {
      this.#dragged = null;
    });
    row.addEventListener("dragover", (event) => {
      if (!this.#dragged || this.#dragged === part) return;
      event.preventDefault();
      const { draft } = this.app;
      const { top, height } = row.getBoundingClientRect();
      draft.splice(draft.indexOf(this.#dragged), 1);
      draft.splice(draft.indexOf(part) + (event.clientY > top + height / 2 ? 1 : 0), 0, this.#dragged);
      this.#drawDraft();
    });
    return row;
  }

  #field(part) {
    const field = h("textarea", {
      rows: 1, value: part.text, "aria-label": texts.composer.words, enterkeyhint: "enter", spellcheck: "true",
      oninput: () => {
        part.text = field.value;
        fit(field);
        this.#drawBar();
      },
      onkeydown: (event) => {
        const runs = event.key === "Enter" && !event.isComposing && (event.ctrlKey || event.metaKey || (!event.shiftKey && matchMedia("(hover: hover)").matches));
        if (runs) {
          event.preventDefault();
          if (!this.app.isAnswering) this.element.requestSubmit();
        } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
          event.preventDefault();
          this.#shift(part, event.key === "ArrowUp" ? -1 : 1);
        } else if (event.key === "Backspace" && !field.value && this.app.draft.length > 1) {
          event.preventDefault();
          this.#remove(part);
        }
      },
    });
    return field;
  }

  #shift(part, by) {
    const { draft } = this.app;
    const from = draft.indexOf(part);
    const to = from + by;
    if (to < 0 || to >= draft.length) return;
    const focused = document.activeElement;
    draft.splice(from, 1);
    draft.splice(to, 0, part);
    this.#drawDraft();
    (focused?.disabled ? this.#rows.get(part).querySelector("textarea, .tool:enabled") : focused)?.focus();
    this.say(texts.composer.moved(draft.indexOf(part) + 1, draft.length));
  }

  #remove(part) {
    const { draft } = this.app;
    const index = draft.indexOf(part);
    draft.splice(index, 1);
    this.#drawDraft();
    this.#drawBar();
    this.#rows.get(draft[Math.max(0, Math.min(index - 1, draft.length - 1))])?.querySelector("textarea, .tool:enabled")?.focus();
    this.say(texts.composer.removed);
  }

  /** Puts what is there into the words that a template has around it. */
  #word() {
    const { app } = this;
    const template = app.model.templates.find(({ name }) => name === this.wording.value);
    this.wording.value = "";
    if (!template) return;
    const taken = wordingOf(template, app.draft);
    app.draft = taken.parts;
    app.set(taken.settings(app.settings));
    app.changed("draft");
    this.focus();
  }

  // The rest

  #drawBar() {
    const { app } = this;
    for (const input of this.modes.querySelectorAll("input")) input.checked = input.value === app.settings.mode;
    const count = changes(app.settings);
    // What there is to set, the model says.
    this.settingsButton.disabled = !app.model;
    this.settingsButton.dataset.count = count || "";
    this.settingsButton.classList.toggle("changed", count > 0);
    this.settingsButton.setAttribute("aria-label", count ? texts.composer.settingsChanged(count) : texts.composer.settings);
    const isAnswering = app.isAnswering;
    const label = isAnswering ? texts.composer.stop : texts.composer.run;
    if (this.runButton.dataset.label !== label) {
      this.runButton.dataset.label = label;
      this.runButton.classList.toggle("stop", isAnswering);
      this.runButton.replaceChildren(icon(isAnswering ? "stop" : "run"), h("span", {}, label));
    }
    this.runButton.classList.toggle("idle", !isAnswering && !this.#hasSomething);
    const templates = app.model?.templates ?? [];
    this.wording.hidden = !templates.length;
    if (this.wording.options.length !== templates.length + 1) {
      this.wording.replaceChildren(h("option", { value: "" }, texts.composer.wording),
        ...templates.map(({ name, purpose }) => h("option", { value: name, title: purpose }, name)));
    }
  }
}

/** A template's wording around the pictures and words of a draft; examples stand for what is missing. */
export function wordingOf(template, draft, picture = null) {
  const pictures = draft.filter((part) => part.type === "image");
  const words = draft.filter((part) => part.type === "text" && part.text.trim()).map((part) => part.text.trim());
  const parts = [];
  for (const piece of template.wording) {
    if (piece.input === "image") {
      const next = pictures.shift() ?? picture;
      if (next) parts.push({ ...next });
    } else if (piece.text !== undefined || piece.input === "text") {
      let text = piece.text ?? words.shift() ?? template.examples[0] ?? "";
      if (piece.ending && text && !text.endsWith(piece.ending)) text += piece.ending;
      if (parts.at(-1)?.type === "text") parts.at(-1).text += text;
      else parts.push({ type: "text", text });
    }
  }
  const { mode, force = null, max_segments = null, max_tokens } = template.answer;
  const settings = (before) => ({ ...before, mode, force, max_segments, text: max_tokens ? { ...before.text, max_tokens } : before.text });
  return { parts, settings };
}

/** A field as tall as its words. */
function fit(field) {
  field.style.height = "auto";
  if (field.scrollHeight) field.style.height = `${Math.min(field.scrollHeight, 240)}px`;
}
