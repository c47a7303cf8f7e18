// JSON Schema, as far as the API's description uses it, in words and tables.

import { h } from "./dom.js";
import { texts } from "./texts.js";

const words = texts.docs;

/** The thing that `$ref` names, and its name. */
export function resolve(document, value) {
  let name = null;
  let found = value;
  for (let depth = 0; found?.$ref && depth < 8; depth += 1) {
    const steps = found.$ref.split("/").slice(1);
    name = steps.at(-1);
    found = steps.reduce((place, step) => place?.[step.replaceAll("~1", "/").replaceAll("~0", "~")], document);
  }
  return { name, value: found ?? {} };
}

/** Text with `code` in it, paragraphs apart. */
export function prose(text) {
  return (text ?? "").trim().split(/\n\s*\n/).filter(Boolean).map((paragraph) =>
    h("p", {}, paragraph.split("`").map((piece, index) => (index % 2 ? h("code", {}, piece) : piece))));
}

/** What type a schema is of, with links to those that have names. */
export function typeOf(document, schema) {
  const { name, value } = resolve(document, schema);
  const isShown = name && (value.type === "object" || value.oneOf || value.anyOf || value.allOf);
  if (isShown) return [h("a", { href: `#schema-${name}` }, name)];
  const options = value.oneOf ?? value.anyOf;
  if (options) {
    const types = options.filter((option) => option.type !== "null").map((option) => typeOf(document, option));
    const isNullable = types.length < options.length;
    return [types.flatMap((type, index) => (index ? [words.anyOf, ...type] : type)), isNullable ? ` ${words.alsoNull}` : ""];
  }
  if (value.enum) return [value.enum.filter((one) => one !== null).flatMap((one, index) => [index ? words.anyOf : "", h("code", {}, JSON.stringify(one))])];
  if (value.const !== undefined) return [h("code", {}, JSON.stringify(value.const))];
  const types = [value.type ?? "any"].flat().filter((type) => type !== "null");
  if (types[0] === "array") return [words.arrayOf, ...typeOf(document, value.items ?? {})];
  return [types.join(words.anyOf)];
}

/** Bounds and default of a schema, in words. */
function bounds(document, schema) {
  const { value } = resolve(document, schema);
  const found = [];
  if (value.minimum !== undefined || value.maximum !== undefined) found.push(words.between(value.minimum, value.maximum));
  if (value.minLength !== undefined || value.maxLength !== undefined) found.push(words.lengths(value.minLength, value.maxLength, words.characters));
  if (value.minItems !== undefined || value.maxItems !== undefined) found.push(words.lengths(value.minItems, value.maxItems, words.itemsWord));
  const byDefault = schema.default ?? value.default;
  if (byDefault !== undefined && value.const === undefined) found.push(words.default(JSON.stringify(byDefault)));
  return found.join(", ");
}

/** A schema: its description, and a table of its members where it has some. */
export function schemaView(document, schema) {
  const { value } = resolve(document, schema);
  if (value.allOf) return [prose(value.description), value.allOf.map((part) => schemaView(document, part))];
  const options = value.oneOf ?? value.anyOf;
  if (options && !value.properties) {
    return [prose(value.description), h("ul", { class: "options" }, options.map((option) => h("li", {}, typeOf(document, option))))];
  }
  if (!value.properties) return [prose(value.description), h("p", {}, typeOf(document, value), " ", h("span", { class: "hint" }, bounds(document, value)))];
  return [prose(value.description), members(document, value)];
}

function members(document, { properties, required = [] }) {
  return h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": words.field },
    h("table", { class: "members" },
      h("thead", {}, h("tr", {}, [words.field, words.type, words.meaning].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, Object.entries(properties).map(([name, schema]) => {
        const { name: named, value } = resolve(document, schema);
        const isInline = !named && value.type === "object" && value.properties;
        const limits = bounds(document, schema);
        return h("tr", {},
          h("th", { scope: "row" }, h("code", {}, name), required.includes(name) && h("span", { class: "required" }, words.required)),
          h("td", {}, typeOf(document, schema), limits && h("div", { class: "hint" }, limits)),
          h("td", {}, prose(schema.description ?? value.description), isInline && members(document, value),
            value.type === "array" && value.items?.properties && members(document, value.items)));
      }))));
}
