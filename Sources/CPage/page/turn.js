// Turns on the screen: what was asked, and an answer while and after it comes.

import { button, download, h, icon, place, svg } from "./dom.js";
import { explain } from "./errors.js";
import { openExports } from "./exportDialog.js";
import { sequence } from "./conversation.js";
import { blobOf } from "./pictures.js";
import { texts } from "./texts.js";

/** What somebody put into the sequence. */
export function askedTurn(app, turn, count) {
  const views = turn.parts.map((part, index) => {
    const tools = [
      button(texts.turn.edit, { icon: "edit", class: "tool", onclick: () => app.edit(turn) }),
      turn.parts.length > 1 && button(texts.turn.continueHere, { icon: "branch", class: "tool", onclick: () => app.continueAt(turn, index + 1) }),
    ];
    return partView(app, turn, part, index, count, tools);
  });
  return h("div", { class: "body" }, views);
}

/** A model's turn, which `update` follows while it comes. */
export class AnswerView {
  #views = [];
  #keys = [];

  constructor(app, turn, { isChosen, isCompared }) {
    Object.assign(this, { app, turn });
    this.parts = h("div", { class: "parts" });
    this.foot = h("div", { class: "foot" });
    const pick = isCompared &&
      h("div", { class: "pick" },
        h("span", { class: "seed" }, texts.turn.seed(turn.run.request.seed)),
        isChosen
          ? h("span", { class: "chosen-mark" }, texts.turn.chosen)
          : button(texts.turn.choose, { class: "link", onclick: () => app.showBranch(turn) }));
    this.element = h("div", { class: `body answer${isCompared ? " compared" : ""}${isChosen ? " chosen" : ""}` }, pick, this.parts, this.foot);
  }

  /** Shows what there is now; `count` of its parts go on in the sequence. */
  update(count = this.turn.parts.length) {
    const { turn } = this;
    turn.parts.forEach((part, index) => {
      if (!part) return;
      const isDone = part.type === "text" ? turn.run.status !== "running" : Boolean(part.image);
      const key = `${part.type} ${isDone} ${index < count}`;
      if (this.#keys[index] === key) this.#patch(index, part);
      else {
        this.#keys[index] = key;
        this.#views[index] = this.#part(part, index, count, isDone);
      }
    });
    this.#views.length = turn.parts.length;
    this.#keys.length = turn.parts.length;
    place(this.parts, this.#views.filter(Boolean));
    this.parts.classList.toggle("writing", turn.run.status === "running" && turn.parts.at(-1)?.type === "text");
    this.#footer();
  }

  #part(part, index, count, isDone) {
    const { app, turn } = this;
    if (part.type === "image" && !part.image) return drawingView(part);
    const tools = isDone && turn.run.status !== "running" ? [
      button(texts.turn.editPart, { icon: "edit", class: "tool", onclick: () => app.edit(turn, index) }),
      turn.parts.length > 1 && button(texts.turn.continueHere, { icon: "branch", class: "tool", onclick: () => app.continueAt(turn, index + 1) }),
    ] : [];
    return partView(app, turn, part, index, count, tools);
  }

  #patch(index, part) {
    const view = this.#views[index];
    if (part.type === "text") {
      const words = view.querySelector(".words");
      if (words.textContent !== part.text) words.textContent = part.text;
    } else if (!part.image) updateDrawing(view, part);
  }

  #footer() {
    const { app, turn } = this;
    const { run } = turn;
    if (run.status === "running") {
      const key = `running ${run.queue ?? ""} ${turn.parts.length}`;
      if (this.footKey === key) return;
      this.footKey = key;
      const words = run.queue ?? (turn.parts.length ? "" : texts.status.waiting);
      return this.foot.replaceChildren(words ? h("p", { class: "waiting" }, h("span", { class: "pulse", "aria-hidden": "true" }), words) : "");
    }
    if (this.footKey === run.status) return;
    this.footKey = run.status;
    const actions = [
      run.status === "done" && button(texts.turn.another, { icon: "dice", shows: true, class: "quiet", onclick: () => app.another(turn) }),
      run.status !== "done" && button(texts.turn.again, { icon: "run", shows: true, class: "quiet", title: texts.turn.againHint, onclick: () => app.again(turn) }),
      run.status === "done" && button(texts.turn.repeat, { icon: "copy", shows: true, class: "quiet", onclick: () => openExports(app, turn) }),
    ];
    const time = run.timings && h("span", { class: "time" }, texts.turn.seconds(run.timings.total_ms));
    this.foot.replaceChildren(
      ...[
        notice(turn),
        h("div", { class: "actions" }, actions, time),
        run.status === "done" && facts(turn),
      ].filter(Boolean),
    );
  }
}

/** What is to be said about how an answer ended, if anything. */
function notice({ run, parts }) {
  if (run.status === "stopped") return h("p", { class: "notice" }, texts.turn.stopped);
  if (run.status === "interrupted") return h("p", { class: "notice" }, texts.turn.interrupted);
  if (run.status === "failed") {
    const { message, advice } = explain(run.error);
    return h("div", { class: "notice wrong", role: "alert" }, h("strong", {}, message), advice && h("p", {}, advice));
  }
  if (!parts.length) return h("p", { class: "notice" }, texts.turn.empty);
  if (run.finish === "length" && run.request.mode !== "image") {
    const isCut = parts.at(-1)?.finish === "length";
    return h("p", { class: "notice" }, isCut ? texts.turn.tokenLimit(run.parameters.text.max_tokens) : texts.turn.segmentLimit);
  }
  return null;
}

/** One part with what can be done with it; those that are not in the sequence any more are faint. */
function partView(app, turn, part, index, count, tools) {
  const isOut = index >= count;
  const isCut = index === count - 1 && count < turn.parts.length;
  const content = part.type === "text" ? wordsView(app, turn, part, index) : pictureView(app, turn, part);
  if (part.type === "image") {
    tools = [...tools, button(texts.turn.save, { icon: "save", class: "tool", onclick: () => savePicture(part, index) })];
  }
  return h(
    "div", { class: `part of-${part.type}${isOut ? " out" : ""}` },
    content,
    h("div", { class: "tools" }, tools),
    isCut && h("p", { class: "cut" }, icon("branch"), texts.turn.cut,
      button(texts.turn.whole, { class: "link", onclick: () => app.continueAt(turn) })),
  );
}

const BOX = /\((\d{3}),(\d{3})\)\((\d{3}),(\d{3})\)/g;

function wordsView(app, turn, part, index) {
  const words = h("p", { class: "words" }, part.text);
  const boxes = turn.by === "model" && turn.run.status !== "running" ? [...part.text.matchAll(BOX)] : [];
  if (!boxes.length) return words;
  const before = sequence(app.turns, index ? { turn: turn.id, count: index } : turn.parent);
  const picture = before.findLast(({ type }) => type === "image");
  if (!picture) return words;
  // Thousandths of the picture's middle square, as the model sees it.
  const drawing = svg("svg", { viewBox: "0 0 1000 1000", "aria-hidden": "true" }, boxes.map(([, ...edges]) => {
    const [left, top, right, bottom] = edges.map(Number);
    const edgesOf = { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top), rx: 8 };
    return [svg("rect", { class: "outline", ...edgesOf }), svg("rect", edgesOf)];
  }));
  return h("div", {}, words, h("div", { class: "boxed" }, h("img", { src: picture.image, alt: texts.turn.boxed }), drawing));
}

function pictureView(app, turn, part) {
  const alt = texts.turn.pictureOf(turn.by, app.model?.id ?? texts.model);
  const isTiny = part.width && Math.max(part.width, part.height) <= 128;
  return h("figure", { class: `picture${isTiny ? " tiny" : ""}` },
    h("img", { src: part.image, alt, width: part.width, height: part.height, decoding: "async" }));
}

function drawingView(part) {
  const view = h("div", { class: "part of-image" },
    h("figure", { class: "picture drawing" },
      h("div", { class: "canvas" }),
      h("figcaption", {}, h("progress", { "aria-label": texts.status.drawing, max: 1, value: 0 }), h("span", {}, texts.status.drawing))));
  updateDrawing(view, part);
  return view;
}

function updateDrawing(view, { step = 0, steps, preview }) {
  if (preview && view.dataset.step !== String(step)) {
    const canvas = view.querySelector(".canvas");
    const image = canvas.querySelector("img") ?? canvas.appendChild(h("img", { alt: "" }));
    image.src = preview;
  }
  view.dataset.step = step;
  if (!steps) return;
  view.querySelector("progress").value = step / steps;
  view.querySelector("span").textContent = texts.status.step(step, steps);
}

function savePicture(part, index) {
  const blob = blobOf(part.image);
  download(part.name || `${texts.turn.fileName}-${index + 1}.${blob.type.split("/")[1]}`, blob.type, blob);
}

/** What is behind an answer: for those who want to know. */
function facts(turn) {
  const { run } = turn;
  const rows = [[texts.facts.seed, String(run.request.seed)], [texts.facts.model, run.model]];
  if (run.usage) {
    const { prompt_tokens, cached_tokens, completion_tokens, denoising_steps } = run.usage;
    rows.push([texts.facts.tokens, texts.facts.tokenCounts(prompt_tokens, cached_tokens, completion_tokens)]);
    if (denoising_steps) rows.push([texts.facts.steps, String(denoising_steps)]);
  }
  for (const part of turn.parts) if (part.sha256) rows.push([texts.facts.file, part.sha256], [texts.facts.pixels, part.pixels]);
  rows.push([texts.facts.name, run.id]);
  return h(
    "details", { class: "facts" },
    h("summary", {}, texts.facts.title),
    h("dl", {}, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    run.timings && timingBars(run.timings),
  );
}

const STAGES = ["queue", "decode", "encode", "prefill", "generate", "denoise", "render"];

function timingBars(timings) {
  const longest = Math.max(...STAGES.map((stage) => timings[`${stage}_ms`]), 1e-3);
  const rows = STAGES.filter((stage) => timings[`${stage}_ms`] > 0).map((stage) => {
    const value = timings[`${stage}_ms`];
    return h("tr", {}, h("th", { scope: "row" }, texts.facts.stages[stage]),
      h("td", {}, svg("svg", { class: `bar ${stage}`, viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { width: Math.max(0.6, (100 * value) / longest), height: 4 }))),
      h("td", { class: "number" }, texts.milliseconds(value)));
  });
  return h("table", { class: "timings" }, h("caption", {}, texts.facts.timings), h("tbody", {}, rows));
}
