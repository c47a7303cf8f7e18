// The view at `/engine`: what runs, what waits, batches, memory, latencies, as they are.

import * as api from "./api.js";
import { batches, history, legend, stack } from "./charts.js";
import { button, h, place } from "./dom.js";
import { header, stateChip } from "./header.js";
import { askForKey } from "./key.js";
import { histograms, parseMetrics, quantile, total } from "./metrics.js";
import { texts } from "./texts.js";

const words = texts.engine;
const EVERY = 1000;
const HISTORY = 120;
const STAGES = ["encode", "language", "denoise", "render"];

const state = stateChip();
const past = [];
let isPaused = false;
let timer = null;

const pause = button(words.pause, { class: "quiet", onclick: () => {
  isPaused = !isPaused;
  pause.firstChild.textContent = isPaused ? words.resume : words.pause;
  look();
} });
const said = h("p", { role: "status", class: "unseen" });
const trouble = h("p", { class: "trouble", role: "alert", hidden: true });
const lacking = h("span", {});
const otherKey = button(words.otherKey, { class: "quiet", onclick: async () => {
  if (await askForKey(lacking.textContent, true)) look();
} });
const figures = h("dl", { class: "figures" });
const line = h("div", {});
const requests = h("div", { class: "requests" });
const strip = h("div", {});
const memory = h("div", { class: "memory" });
const latencies = h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": words.latencies });
const rows = new Map();

const card = (title, hint, ...content) => {
  const id = `card-${title.replace(/\W+/g, "-")}`;
  return h("section", { class: "panel-card", "aria-labelledby": id }, h("h2", { id }, title), hint && h("p", { class: "hint" }, hint), content);
};

document.body.append(
  header("engine", { state: state.element }),
  h("main", { id: "main", class: "reading", tabindex: -1 },
    h("div", { class: "title" }, h("div", {}, h("h1", {}, words.title), h("p", { class: "hint" }, words.lead)), pause),
    trouble, figures,
    card(words.history, null, line, legend([["running_count", words.busy], ["waiting_count", words.queue]])),
    card(words.requests, null, requests),
    card(words.batches, words.batchesHint, strip, legend(STAGES.map((stage) => [stage, words.stages[stage]]))),
    card(words.memory, null, memory),
    card(words.latencies, words.latencyHint, latencies)),
  said);

/** Looks once, and again in a while as long as somebody can see it. */
async function look() {
  clearTimeout(timer);
  if (isPaused || document.hidden) return;
  const server = await api.readiness();
  try {
    const engine = await api.get("v1/engine");
    state.show(server, { id: engine.model });
    show(engine, await metricsIfAllowed());
  } catch (error) {
    state.show(server, null);
    isLackingKey(error) ? showLack(words.forbidden(error.message)) : showTrouble(texts.trouble(server) || error.message);
  }
  timer = setTimeout(look, EVERY);
}

const isLackingKey = ({ status }) => status === 401 || status === 403;

/** The metrics; none where the key's rights end before them, which is told. */
async function metricsIfAllowed() {
  try {
    const metrics = parseMetrics(await api.getText("metrics"));
    trouble.hidden = true;
    return metrics;
  } catch (error) {
    if (!isLackingKey(error)) throw error;
    showLack(words.partly(error.message));
    return parseMetrics("");
  }
}

function showTrouble(...content) {
  trouble.hidden = false;
  trouble.replaceChildren(...content);
}

/** Says which right is missing, beside a way to give another key; said again only when it changes. */
function showLack(message) {
  if (!trouble.hidden && lacking.isConnected && lacking.textContent === message) return;
  lacking.textContent = message;
  showTrouble(lacking, " ", otherKey);
}

function show(engine, metrics) {
  past.push({ running_count: engine.running_count, waiting_count: engine.waiting_count });
  if (past.length > HISTORY) past.shift();
  const { workers, http } = engine;
  figures.replaceChildren(...[
    [words.busy, engine.running_count], [words.queue, engine.waiting_count],
    [words.connections, `${http.connections}`], [words.workers, workers.count, words.workersOf(workers)],
    [words.instructions, engine.instruction_set.used, engine.instruction_set.story],
    [words.process, memorySize(total(metrics, "process_resident_memory_bytes"))],
  ].map(([name, value, title]) => h("div", { title }, h("dt", {}, name), h("dd", {}, String(value)))));
  line.replaceChildren(history(past, {
    keys: ["running_count", "waiting_count"], length: HISTORY, label: words.historyLabel(engine.running_count, engine.waiting_count),
  }));
  showRequests([...engine.running, ...engine.waiting]);
  showBatches(engine.steps);
  showMemory(engine);
  showLatencies(metrics);
}

const memorySize = (bytes) => bytes ? texts.bytes(bytes) : "–";

function showRequests(list) {
  for (const id of rows.keys()) if (!list.some((request) => request.id === id)) rows.delete(id);
  if (!list.length) return place(requests, [h("p", { class: "hint" }, words.none)]);
  return place(requests, list.map((request) => {
    if (!rows.has(request.id)) rows.set(request.id, requestRow(request));
    const row = rows.get(request.id);
    row.update(request);
    return row.element;
  }));
}

function requestRow({ id, request_id: name, mode, priority }) {
  const stage = h("span", { class: "stage" });
  const age = h("span", { class: "age" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": words.progress });
  const done = h("span", { class: "hint" });
  const end = button(words.end, { class: "quiet", "aria-label": `${words.end}: ${name}`, onclick: () => {
    api.cancel(id);
    said.textContent = words.ended(name);
  } });
  const element = h("div", { class: "request" },
    h("div", { class: "who" }, h("strong", {}, texts.composer.modes[mode] ?? mode), priority === "normal" ? null : h("span", { class: "hint" }, priority), h("code", {}, name)),
    stage, bar, done, age, end);
  const update = (request) => {
    const drawing = request.drawings.at(-1);
    stage.textContent = words.stages[request.stage];
    stage.className = `stage ${request.stage}`;
    bar.value = drawing ? drawing.step / drawing.steps : request.total_tokens ? request.computed_tokens / request.total_tokens : 0;
    done.textContent = drawing ? words.drawn(drawing.step, drawing.steps) : request.total_tokens ? words.positions(request.computed_tokens, request.total_tokens) : "";
    age.textContent = texts.duration(request.age_ms);
  };
  return { element, update };
}

function showBatches(steps) {
  if (!steps.length) return strip.replaceChildren(h("p", { class: "hint" }, words.idle));
  const seconds = (Math.max(...steps.map((step) => step.ended_ms_ago + step.duration_ms)) - Math.min(...steps.map((step) => step.ended_ms_ago))) / 1000;
  return strip.replaceChildren(batches(steps, {
    label: words.batchesLabel(steps.length, seconds.toFixed(2)),
    name: ({ stage, items, duration_ms }) => `${words.stages[stage]}, ${items}, ${texts.duration(duration_ms)}`,
  }));
}

function showMemory({ weights, pools, http }) {
  const sum = weights.reduce((bytes, part) => bytes + part.bytes, 0);
  const parts = Object.entries(Object.groupBy(weights, ({ part }) => part)).map(([part, list]) => {
    const bytes = list.reduce((count, one) => count + one.bytes, 0);
    const formats = [...new Set(list.map(({ format }) => format))].join(", ");
    const name = words.parts[part] ?? part;
    return [name, stack([{ class: "weight", value: bytes }], sum, `${name}: ${texts.bytes(bytes)}`), texts.bytes(bytes), formats];
  });
  const shared = [...pools.map((pool) => [words.pools[pool.name] ?? pool.name, pool]),
    [words.pools.body, { used_bytes: http.body_bytes, cached_bytes: 0, capacity_bytes: http.max_body_bytes }],
    [words.pools.answers, { used_bytes: http.answer_bytes, cached_bytes: 0, capacity_bytes: http.max_answer_bytes }],
  ].map(([name, pool]) => {
    const isCounted = pool.capacity_bytes === 0;
    const [used, cached, capacity] = isCounted
      ? [pool.used_blocks, pool.cached_blocks, pool.capacity_blocks] : [pool.used_bytes, pool.cached_bytes, pool.capacity_bytes];
    const say = isCounted ? texts.whole : texts.bytes;
    const value = `${say(used)}${cached ? ` + ${say(cached)}` : ""}`;
    return [name, stack([{ class: "used", value: used }, { class: "cached", value: cached }], capacity, `${name}: ${value} / ${say(capacity)}`), value, `/ ${say(capacity)}`];
  });
  const table = (caption, list) => h("table", {}, h("caption", {}, caption), h("tbody", {}, list.map(([name, bar, value, note]) =>
    h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "bar-cell" }, bar), h("td", { class: "number" }, value), h("td", { class: "hint" }, note)))));
  memory.replaceChildren(
    table(`${words.weights}: ${texts.bytes(sum)}`, parts),
    h("div", {}, table(words.pool, shared), legend([["used", words.used], ["cached", words.cached]])));
}

function showLatencies(metrics) {
  const lines = Object.entries(words.metrics).flatMap(([name, label]) =>
    histograms(metrics, `interleaved_${name}`).filter(({ count }) => count > 0).map((one) => {
      const { mode, stage } = one.labels;
      return [mode ? `${label}: ${texts.composer.modes[mode] ?? mode}` : stage ? `${label}: ${words.stages[stage]}` : label, one];
    }));
  if (!lines.length) return latencies.replaceChildren(h("p", { class: "hint" }, words.noneYet));
  const cell = (seconds) => h("td", { class: "number" }, seconds === null ? "" : texts.duration(seconds * 1000));
  return latencies.replaceChildren(h("table", {},
    h("thead", {}, h("tr", {}, words.columns.map((name, index) =>
      h("th", { scope: "col", class: index ? "number" : null }, name)))),
    h("tbody", {}, lines.map(([label, one]) => h("tr", {}, h("th", { scope: "row" }, label),
      [0.5, 0.9, 0.99].map((share) => cell(quantile(one, share))), cell(one.sum / one.count),
      h("td", { class: "number" }, texts.whole(one.count)))))));
}

document.addEventListener("visibilitychange", look);
look();
