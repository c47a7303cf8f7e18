// What may be chosen besides words and pictures: from what `/v1/models` says about the model, in the model's own ranges.

import { h } from "./dom.js";
import { texts } from "./texts.js";

/** What nothing was said about. */
export const initialSettings = () => ({ mode: "text", force: null, max_segments: null, text: {}, image: {}, seed: null, answers: 1 });

/** The parameters that are shown, by where they have a say; what else the model has is left to programs. */
const SHOWN = {
  text: ["max_tokens", "temperature", "top_p", "top_k", "min_p", "repetition_penalty"],
  image: ["steps", "guidance_scale", "scheduler", "format"],
};

/** Which of the two have a say in a mode. */
const sections = (mode) => ({ text: ["text"], image: ["image"], interleave: ["text", "image"] })[mode];

/** The parameters of a request, all but its input. */
export function requestOf(settings, seed, previews) {
  const request = { mode: settings.mode, seed };
  if (settings.mode === "interleave") {
    if (settings.force) request.force = settings.force;
    if (settings.max_segments) request.max_segments = settings.max_segments;
  }
  const isAlone = settings.mode === "interleave" && settings.max_segments === 1;
  for (const name of sections(settings.mode)) {
    // A single segment that is forced to be of one kind takes no parameters of the other.
    if (isAlone && settings.force && settings.force !== name) continue;
    const values = name === "image" && previews ? { ...settings.image, preview_every: previews } : settings[name];
    if (Object.keys(values).length) request[name] = { ...values };
  }
  return request;
}

/**
 * Steps between previews: so many that they take a fifth of the time that drawing takes, as far as that is known.
 *
 * Making pixels of what is half drawn is a stage of its own, which for a large model takes as long as a step or two.
 */
export function previewInterval(settings, model, costs) {
  const steps = settings.image.steps ?? model.defaults.image.steps;
  const cost = (stage) => {
    const found = costs?.find((one) => one.stage === stage);
    return found ? found.fixed_ms + found.per_item_ms : 0;
  };
  const [step, render] = [cost("denoise"), cost("render")];
  const count = step && render ? Math.floor((0.2 * steps * step) / render) : 5;
  return count < 1 ? 0 : Math.max(1, Math.ceil(steps / Math.min(count, 10)));
}

/** How many values differ from what the model does by itself. */
export function changes(settings) {
  const own = sections(settings.mode).reduce((sum, name) => sum + Object.keys(settings[name]).length, 0);
  const ofMode = settings.mode === "interleave" ? Number(settings.force !== null) + Number(settings.max_segments !== null) : 0;
  return own + ofMode + Number(settings.seed !== null) + Number(settings.answers > 1);
}

/** The form; `onChange(settings)` gets what is chosen, and what cannot be used is said beside its field. */
export function settingsForm(model, settings, onChange) {
  const change = (edit) => {
    const next = structuredClone(settings);
    edit(next);
    settings = next;
    onChange(next);
  };
  const groups = [answerFields(model, settings, change)];
  for (const name of sections(settings.mode)) {
    const fields = SHOWN[name]
      .filter((key) => key in model.defaults[name])
      .map((key) => parameterField(`${name}.${key}`, model.ranges?.[name]?.[key], model.defaults[name][key], settings[name][key], (value) =>
        change((next) => {
          if (value === null) delete next[name][key];
          else next[name][key] = value;
        })));
    groups.push(h("fieldset", {}, h("legend", {}, texts.settings[name]), fields));
  }
  return h("form", { class: "settings-form", onsubmit: (event) => event.preventDefault() }, groups);
}

function answerFields(model, settings, change) {
  const fields = [
    parameterField("seed", { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, texts.settings.random, settings.seed, (value) =>
      change((next) => (next.seed = value))),
    choiceField("answers", [["1", texts.settings.one], ["2", texts.settings.two]], String(settings.answers), (value) =>
      change((next) => (next.answers = Number(value)))),
  ];
  if (settings.mode === "interleave") {
    fields.push(
      choiceField("force", [["", texts.settings.modelDecides], ["text", texts.settings.words], ["image", texts.settings.picture]], settings.force ?? "", (value) =>
        change((next) => (next.force = value || null))),
      parameterField("max_segments", model.ranges?.max_segments, 4, settings.max_segments, (value) => change((next) => (next.max_segments = value))),
    );
  }
  return h("fieldset", {}, h("legend", {}, texts.settings.answer), fields);
}

function labels(key) {
  const [label, hint] = texts.settings.parameters[key] ?? [key, ""];
  return { label, hint };
}

function choiceField(key, options, value, onChange) {
  const { label, hint } = labels(key);
  const name = `setting-${key}`;
  return h(
    "div", { class: "field" },
    h("label", { for: name }, label),
    h("select", { id: name, "aria-describedby": `${name}-hint`, onchange: (event) => onChange(event.target.value) },
      options.map(([option, words]) => h("option", { value: option, selected: option === value }, words))),
    h("p", { id: `${name}-hint`, class: "hint" }, hint),
  );
}

/** A field of a number in its range, or of a choice; empty stands for what the model does by itself. */
function parameterField(key, range, byDefault, value, onChange) {
  if (range?.enum) {
    const options = [["", texts.settings.byDefault(byDefault)], ...range.enum.map((name) => [name, name])];
    return choiceField(key, options, value ?? "", (chosen) => onChange(chosen || null));
  }
  const { label, hint } = labels(key);
  const name = `setting-${key.replace(".", "-")}`;
  const bounds = range && key !== "seed" ? texts.settings.between(range.minimum, range.maximum) : "";
  const note = h("p", { id: `${name}-hint`, class: "hint" }, [bounds, hint].filter(Boolean).join(" "));
  const input = h("input", {
    id: name,
    type: "text",
    inputmode: range?.type === "integer" ? "numeric" : "decimal",
    autocomplete: "off",
    placeholder: String(byDefault),
    value: value ?? "",
    "aria-describedby": `${name}-hint`,
    oninput: () => {
      const text = input.value.trim().replace(",", ".");
      const number = Number(text);
      const isWhole = range?.type !== "integer" || Number.isSafeInteger(number);
      const isInside = !range || (number >= (range.minimum ?? -Infinity) && number <= (range.maximum ?? Infinity));
      const isValid = text === "" || (Number.isFinite(number) && isWhole && isInside);
      input.setAttribute("aria-invalid", String(!isValid));
      note.textContent = isValid ? [bounds, hint].filter(Boolean).join(" ") : texts.settings.invalid(range);
      note.classList.toggle("wrong", !isValid);
      if (isValid) onChange(text === "" ? null : number);
    },
  });
  return h("div", { class: "field" }, h("label", { for: name }, label), input, note);
}
