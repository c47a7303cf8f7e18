// The sequence on the screen: turn after turn, with the branches at each.

import { branches, comparison } from "./conversation.js";
import { button, h, place } from "./dom.js";
import { texts } from "./texts.js";
import { AnswerView, askedTurn } from "./turn.js";

/** Keeps a list of turns in step with the app. */
export class SequenceView {
  #items = new Map();
  #answers = new Map();

  constructor(app) {
    this.app = app;
    this.element = h("ol", { class: "sequence", "aria-label": texts.sequence });
    app.addEventListener("change", ({ kind, turn }) => {
      if (kind === "sequence") this.#update();
      if (kind === "turn") this.#answers.get(turn.id)?.update();
    });
  }

  #update() {
    const { app } = this;
    const kept = new Map();
    this.#answers.clear();
    for (const { turn, count } of app.path) {
      const compared = comparison(app.turns, turn);
      const others = branches(app.turns, turn);
      const key = JSON.stringify([count, others.map(({ id }) => id), compared.map(({ id, run, parts }) => [id, run?.status, run?.name, parts.length])]);
      const old = this.#items.get(turn.id);
      const item = old?.key === key && old.views.every(({ turn: own }) => app.turns.get(own.id) === own)
        ? old : this.#item(turn, count, compared, others, key);
      for (const view of item.views) this.#answers.set(view.turn.id, view);
      kept.set(turn.id, item);
    }
    this.#items = kept;
    place(this.element, [...kept.values()].map(({ element }) => element));
  }

  #item(turn, count, compared, others, key) {
    const { app } = this;
    const name = turn.by === "you" ? texts.you : turn.run.model ?? app.model?.id ?? texts.model;
    const label = h("div", { class: "label" }, h("span", {}, name), others.length > 1 && switcher(app, turn, others));
    const views = [];
    let content;
    if (turn.by === "you") content = askedTurn(app, turn, count);
    else {
      for (const one of compared) {
        const view = new AnswerView(app, one, { isChosen: one === turn, isCompared: compared.length > 1 });
        view.update(one === turn ? count : undefined);
        views.push(view);
      }
      content = compared.length > 1 ? h("div", { class: "columns" }, views.map(({ element }) => element)) : views[0].element;
    }
    const element = h("li", { class: `turn ${turn.by}${compared.length > 1 ? " wide" : ""}`, data: { turn: turn.id } }, label, content);
    return { key, element, views };
  }
}

/** Steps through the branches at a turn. */
function switcher(app, turn, others) {
  const index = others.indexOf(turn);
  const step = (to, label, name) =>
    button(label, { icon: name, class: "tool", disabled: !others[to], onclick: () => app.showBranch(others[to]) });
  return h("div", { class: "branches", role: "group", "aria-label": texts.turn.branches },
    step(index - 1, texts.turn.earlierBranch, "left"),
    h("span", {}, `${index + 1}/${others.length}`),
    step(index + 1, texts.turn.laterBranch, "right"));
}
