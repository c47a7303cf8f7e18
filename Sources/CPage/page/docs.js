// The view at `/docs`: the API's own description, `openapi.json`, to be read.

import * as api from "./api.js";
import { button, h } from "./dom.js";
import { header } from "./header.js";
import { prose, resolve, schemaView, typeOf } from "./schema.js";
import { texts } from "./texts.js";

const words = texts.docs;
const METHODS = ["get", "post", "put", "patch", "delete"];

const main = h("main", { id: "main", tabindex: -1 });
const contents = h("nav", { class: "contents", "aria-label": words.contents });
document.body.append(header("docs"), h("div", { class: "page" }, contents, main));

try {
  show(await api.get("openapi.json"));
} catch {
  main.append(h("p", { role: "alert" }, words.unreadable));
}

function show(description) {
  const operations = Object.entries(description.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, ...item[method] })));
  const groups = description.tags.map((tag) => [tag, operations.filter(({ tags }) => tags?.includes(tag.name))]).filter(([, list]) => list.length);
  const schemas = Object.entries(description.components.schemas).filter(([, schema]) => schema.type === "object" || schema.oneOf || schema.anyOf || schema.allOf);

  contents.append(
    ...groups.flatMap(([tag, list]) => [h("h2", {}, tag.name), h("ul", {}, list.map(({ operationId, method, path }) =>
      h("li", {}, h("a", { href: `#${operationId}` }, h("span", { class: `method ${method}` }, method.toUpperCase()), " ", path))))]),
    h("h2", {}, words.schemas), h("ul", {}, schemas.map(([name]) => h("li", {}, h("a", { href: `#schema-${name}` }, name)))));

  main.append(
    h("h1", {}, `${description.info.title} ${words.title}`),
    h("p", { class: "lead" }, description.info.summary),
    h("div", { class: "prose" }, prose(description.info.description)),
    h("p", {}, `${words.file}: `, h("a", { href: new URL("openapi.yaml", api.root).href }, "openapi.yaml"), ", ", h("a", { href: new URL("openapi.json", api.root).href }, "openapi.json")),
    ...groups.flatMap(([tag, list]) => [
      h("div", { class: "group" }, h("h2", {}, tag.name), h("p", { class: "hint" }, tag.description)),
      ...list.map((operation) => operationView(description, operation)),
    ]),
    h("div", { class: "group" }, h("h2", {}, words.schemas)),
    ...schemas.map(([name, schema]) => h("section", { class: "schema", id: `schema-${name}`, "aria-labelledby": `title-${name}` },
      h("h3", { id: `title-${name}` }, name), schemaView(description, schema))));
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

function operationView(description, { path, method, operationId, summary, description: text, parameters = [], requestBody, responses }) {
  const body = requestBody?.content?.["application/json"];
  return h("article", { id: operationId, class: "operation", "aria-labelledby": `title-${operationId}` },
    h("h3", { id: `title-${operationId}` }, h("span", { class: `method ${method}` }, method.toUpperCase()), " ", h("code", {}, path)),
    h("p", { class: "summary" }, summary),
    h("div", { class: "prose" }, prose(text)),
    parameters.length > 0 && [h("h4", {}, words.parameters), h("dl", { class: "pairs" }, parameters.map((one) => {
      const { value } = resolve(description, one);
      return [h("dt", {}, h("code", {}, value.name)), h("dd", {}, typeOf(description, value.schema ?? {}), ` (${value.in}) `, prose(value.description))];
    }))],
    body && [h("h4", {}, words.body), h("p", {}, typeOf(description, body.schema)), examples(body, method, path)],
    h("h4", {}, words.responses),
    h("dl", { class: "pairs" }, Object.entries(responses).map(([status, response]) => {
      const { value } = resolve(description, response);
      const types = Object.entries(value.content ?? {}).map(([type, { schema }]) => h("div", { class: "hint" }, h("code", {}, type), " ", schema ? typeOf(description, schema) : ""));
      return [h("dt", {}, h("code", { class: `status s${status[0]}` }, status)), h("dd", {}, prose(value.description), types)];
    })));
}

/** The examples of a body as commands that one can run. */
function examples(body, method, path) {
  return Object.entries(body.examples ?? {}).map(([name, { summary, value }]) => {
    const command = `curl -sS${value.stream ? "N" : ""} ${new URL(path.slice(1), api.root).href} \\\n  -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(value, null, 2).replaceAll("'", "'\\''")}'`;
    const copy = button(words.copy, { icon: "copy", shows: true, class: "quiet", onclick: async () => {
      try {
        await navigator.clipboard.writeText(command);
        copy.lastChild.textContent = words.copied;
      } catch {
        getSelection().selectAllChildren(code);
      }
    } });
    const code = h("code", {}, command);
    return h("figure", { class: "example" }, h("figcaption", {}, summary ?? name, copy), h("pre", { tabindex: 0, "aria-label": words.example }, code));
  });
}
