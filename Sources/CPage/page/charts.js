// The drawings of the engine's view.

import { h, svg } from "./dom.js";

/** Two lines over the same time, each filled to the ground; `label` says it in words. */
export function history(values, { keys, label, length }) {
  const most = Math.max(1, ...values.flatMap((value) => keys.map((key) => value[key])));
  const x = (index) => ((length - values.length + index) / (length - 1)) * 600;
  const y = (value) => 96 - (value / most) * 88;
  const layers = keys.map((key) => {
    const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value[key]).toFixed(1)}`);
    if (!points.length) return null;
    return svg("g", { class: key },
      svg("polygon", { points: `${x(0)},96 ${points.join(" ")} ${x(values.length - 1)},96` }),
      svg("polyline", { points: points.join(" "), "vector-effect": "non-scaling-stroke" }));
  });
  return svg("svg", { class: "history", viewBox: "0 0 600 100", preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("line", { x1: 0, x2: 600, y1: 96, y2: 96, "vector-effect": "non-scaling-stroke" }), layers);
}

/** Batches one after the other on a line of time: as wide as they took, as high as they were large for their stage. */
export function batches(steps, { label, name }) {
  const busy = steps.reduce((sum, step) => sum + step.duration_ms, 0);
  // While nothing was asked for nothing is to be seen: long pauses are short ones.
  const starts = [];
  let span = 0;
  steps.forEach((step, index) => {
    const pause = index ? steps[index - 1].ended_ms_ago - step.ended_ms_ago - step.duration_ms : 0;
    span += Math.max(0, Math.min(pause, busy / 50));
    starts.push(span);
    span += step.duration_ms;
  });
  span = Math.max(span, 1e-3);
  const largest = {};
  for (const { stage, items } of steps) largest[stage] = Math.max(largest[stage] ?? 1, items);
  const bars = steps.map((step, index) => {
    const height = 14 + 42 * (step.items / largest[step.stage]);
    return svg("rect", {
      class: step.stage,
      x: (starts[index] / span) * 600,
      y: 60 - height,
      width: Math.max(1.2, (step.duration_ms / span) * 600),
      height,
    }, svg("title", {}, name(step)));
  });
  return svg("svg", { class: "batches", viewBox: "0 0 600 60", preserveAspectRatio: "none", role: "img", "aria-label": label }, bars);
}

/** Shares of a whole side by side: `[{class, value}]`. */
export function stack(parts, whole, label) {
  let x = 0;
  const bars = parts.map(({ class: kind, value }) => {
    const width = whole > 0 ? (100 * value) / whole : 0;
    const bar = svg("rect", { class: kind, x, width, height: 6 });
    x += width;
    return bar;
  });
  return svg("svg", { class: "stack", viewBox: "0 0 100 6", preserveAspectRatio: "none", role: "img", "aria-label": label }, bars);
}

/** What the colours of a drawing mean. */
export function legend(entries) {
  return h("ul", { class: "legend" }, entries.map(([kind, words]) => h("li", {}, h("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), words)));
}
