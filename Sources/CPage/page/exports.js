// An answer as a program that repeats it, and a conversation as a file.

import { texts } from "./texts.js";

/** The whole request of an answer, with every parameter that had a say, and not as a stream. */
function repeatable(turn, input) {
  const { preview_every: _, delivery: __, ...image } = turn.run.parameters?.image ?? {};
  const { image: ___, ...parameters } = turn.run.parameters ?? turn.run.request;
  const request = { model: turn.run.model, input, ...parameters };
  if (Object.keys(image).length) request.image = image;
  return request;
}

/** What an answer must be to be the same: its words, and the digests of its pictures. */
function expectation(turn) {
  return turn.parts.map((part) => (part.type === "text" ? { text: part.text } : { sha256: part.sha256 }));
}

/** A command for a shell that has curl. */
export function curl(turn, input, address) {
  return `${texts.exports.comment("#", address)}
curl -sS ${quoted(`${address}v1/interleave`)} -H 'Content-Type: application/json' \\
  --data-binary @- <<'REQUEST' > answer.json
${JSON.stringify(repeatable(turn, input), null, 1)}
REQUEST
`;
}

/** A program for Python 3, without libraries. */
export function python(turn, input, address) {
  return `${texts.exports.comment("#", address)}
import base64, hashlib, json, urllib.request

REQUEST = json.loads(r'''${forPython(repeatable(turn, input))}''')
EXPECTED = json.loads(r'''${forPython(expectation(turn))}''')

http = urllib.request.Request(
    "${address}v1/interleave", json.dumps(REQUEST).encode(), {"Content-Type": "application/json"})
answer = json.load(urllib.request.urlopen(http))
for segment, expected in zip(answer["segments"], EXPECTED, strict=True):
    if segment["type"] == "text":
        print(segment["text"])
        same = segment["text"] == expected["text"]
    else:
        data = base64.b64decode(segment["image"].split(",", 1)[1])
        name = f"segment-{segment['index']}.{segment['media_type'].split('/')[1]}"
        with open(name, "wb") as file:
            file.write(data)
        print(name)
        same = hashlib.sha256(data).hexdigest() == expected["sha256"]
    if not same:
        raise SystemExit("${texts.exports.differs}")
print("${texts.exports.same}")
`;
}

/** A program for Node 18 and later, without libraries. */
export function javaScript(turn, input, address) {
  return `${texts.exports.comment("//", address)}
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";

const request = ${forScript(repeatable(turn, input))};
const expected = ${forScript(expectation(turn))};

const response = await fetch("${address}v1/interleave", {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(request),
});
const answer = await response.json();
if (!response.ok) throw new Error(answer.error.message);
const same = answer.segments.map((segment, index) => {
  if (segment.type === "text") {
    console.log(segment.text);
    return segment.text === expected[index]?.text;
  }
  const data = Buffer.from(segment.image.split(",")[1], "base64");
  const name = \`segment-\${index}.\${segment.media_type.split("/")[1]}\`;
  writeFileSync(name, data);
  console.log(name);
  return createHash("sha256").update(data).digest("hex") === expected[index]?.sha256;
});
const isSame = same.length === expected.length && same.every(Boolean);
console.log(isSame ? "${texts.exports.same}" : "${texts.exports.differs}");
process.exitCode = isSame ? 0 : 1;
`;
}

/** Everything of a conversation, all its branches. */
export function conversationDocument(conversation, turns) {
  return JSON.stringify({ format: "interleaved.conversation", version: 1, ...conversation, turns: [...turns.values()] }, null, 1);
}

/** What is on the screen as one page that needs nothing else. */
export function conversationPage(name, steps, modelName) {
  const parts = steps.flatMap(({ turn, count }) => turn.parts.slice(0, count).map((part) => [turn.by, part]));
  const body = parts.map(([by, part]) => {
    const label = by === "you" ? texts.you : modelName;
    const content = part.type === "text"
      ? `<p>${escaped(part.text)}</p>`
      : `<img src="${escaped(part.image)}" alt="${escaped(texts.turn.pictureOf(by, modelName))}">`;
    return `<section class="${by}"><h2>${escaped(label)}</h2>${content}</section>`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(name)}</title>
<style>
:root{color-scheme:light dark}body{font:1.15rem/1.6 Charter,Georgia,serif;max-width:42rem;margin:3rem auto;padding:0 1rem;
background:light-dark(#fbfaf7,#161513);color:light-dark(#1d1c19,#ece8e0)}h1{font-size:1.3rem}h2{font:600 .75rem system-ui,sans-serif;
margin:1.5rem 0 .25rem;color:light-dark(#6a665e,#a39d92)}.model h2{color:light-dark(#2456c9,#8db2ff)}p{margin:0;white-space:pre-wrap}
img{display:block;min-width:min(16rem,100%);max-width:100%;border-radius:.6rem}
</style>
<h1>${escaped(name)}</h1>
${body.join("\n")}
</html>
`;
}

/** In a shell's single quotes. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** JSON that stands in Python's r'''...''': no quote is left in it. */
const forPython = (value) => JSON.stringify(value, null, 1).replaceAll("'", "\\u0027");

/** JSON that is a value in every script. */
const forScript = (value) => JSON.stringify(value, null, 1).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");

const escaped = (text) =>
  text.replace(/[&<>"']/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[character]);
