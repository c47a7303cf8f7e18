// Words about a picture as they come, with what node brings: fetch, streams, AbortController.
// usage: node javascript_node.mjs [ADDRESS]
import { readFile } from "node:fs/promises";

const base = process.argv[2] ?? "http://localhost:8080";
const scene = await readFile(new URL("../docs/examples/scene.png", import.meta.url));

/** The events of an answer, each as an object. */
async function* events(document, signal) {
    const response = await fetch(`${base}/v1/interleave`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: JSON.stringify(document),
        signal,
    });
    if (!response.ok) {
        const { error } = await response.json();
        throw new Error(`${error.code}: ${error.message}`);
    }
    let rest = "";
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + text).split("\n");
        rest = lines.pop();
        for (const line of lines) if (line.startsWith("data: {")) yield JSON.parse(line.slice(6));
    }
}

const caption = { template: "caption", input: [{ type: "image", image: scene.toString("base64") }] };
for await (const event of events(caption)) {
    if (event.type === "text.delta") process.stdout.write(event.text);
    if (event.type === "interleave.completed") console.log(`\n${event.usage.completion_tokens} tokens`);
}

// Aborting ends the computation at its next step.
const controller = new AbortController();
try {
    const long = { input: [{ type: "text", text: "a star" }], mode: "image", image: { steps: 900 } };
    for await (const event of events(long, controller.signal)) {
        if (event.type === "image.progress" && event.step === 2) controller.abort();
    }
} catch (error) {
    console.log(error.name);
}

try {
    for await (const _ of events({ template: "question", input: [{ type: "text", text: "Why?" }] }));
} catch (error) {
    console.log(error.message);
}
