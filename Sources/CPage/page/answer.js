// How a model's turn comes about: a request, and its events until the answer is there.

import * as api from "./api.js";
import { texts } from "./texts.js";

/** How often the place in the queue is asked for, and how often a request that found no room is sent again. */
const POLL = 400;
const MOST_ATTEMPTS = 8;

/** An answer in the making. `onChange(kind)` is told of "parts", "progress" and "end". */
export class Answer {
  #abort = new AbortController();

  constructor(turn, input, onChange) {
    this.turn = turn;
    this.input = input;
    this.onChange = onChange;
    this.finished = this.#run();
  }

  /** Ends it at once, here and in the engine. */
  stop() {
    if (this.#abort.signal.aborted) return;
    const { run } = this.turn;
    api.cancel(run.name);
    this.#abort.abort();
  }

  async #run() {
    const { run } = this.turn;
    try {
      await this.#attempt();
      run.status = "done";
    } catch (error) {
      run.status = this.#abort.signal.aborted ? "stopped" : "failed";
      if (run.status === "failed") {
        run.error = { code: error.code ?? "page", message: error.message, param: error.param ?? null };
        if (!(error instanceof api.ServiceError)) console.error(error);
      }
    }
    // What had not become a picture never will.
    this.turn.parts = this.turn.parts.filter((part) => (part.type === "text" ? part.text : part.image));
    delete run.queue;
    this.onChange("end");
  }

  async #attempt() {
    const { run } = this.turn;
    for (let attempt = 1; ; attempt += 1) {
      const watch = this.#watchQueue();
      try {
        const began = performance.now();
        const document = { input: this.input, ...run.request };
        for await (const event of api.interleave(document, run.name, this.#abort.signal)) {
          if (event.type !== "interleave.created") watch.stop();
          this.#take(event, performance.now() - began);
        }
        return;
      } catch (error) {
        if (!error.isTemporary || attempt === MOST_ATTEMPTS || run.id) throw error;
        await this.#pause(Math.max(500, error.retryAfter ?? 0));
      } finally {
        watch.stop();
      }
    }
  }

  /** Waits until it is worth while to send the request again. */
  async #pause(milliseconds) {
    const { run } = this.turn;
    const { signal } = this.#abort;
    for (let left = milliseconds; left > 0; left -= 500) {
      run.queue = texts.status.comingBack(Math.ceil(left / 1000));
      this.onChange("progress");
      await new Promise((resolve) => {
        setTimeout(resolve, Math.min(500, left));
        signal.addEventListener("abort", resolve, { once: true });
      });
      signal.throwIfAborted();
    }
    delete run.queue;
  }

  /** Asks for the request's place among those that wait, until it is no longer one. */
  #watchQueue() {
    const { run } = this.turn;
    let timer = null;
    const ask = async () => {
      try {
        const { waiting } = await api.get("v1/engine", this.#abort.signal);
        const position = waiting.findIndex((request) => request.request_id === run.name);
        if (timer === null) return;
        run.queue = position < 0 ? undefined : texts.status.queued(position + 1, waiting.length);
        this.onChange("progress");
      } catch {
        // Not everybody may be allowed to see the queue; one waits all the same.
      }
      if (timer !== null) timer = setTimeout(ask, POLL);
    };
    timer = setTimeout(ask, POLL);
    return {
      stop: () => {
        clearTimeout(timer);
        timer = null;
        delete run.queue;
      },
    };
  }

  #take(event, milliseconds) {
    const { run, parts } = this.turn;
    switch (event.type) {
      case "interleave.created":
        Object.assign(run, { id: event.id, model: event.model, parameters: event.parameters });
        return this.onChange("progress");
      case "segment.started":
        parts[event.index] = event.segment.type === "text" ? { type: "text", text: "" } : { type: "image", image: null };
        run.firstAfter ??= milliseconds;
        return this.onChange("parts");
      case "text.delta":
        parts[event.index].text += event.text;
        return this.onChange("progress");
      case "image.progress":
        Object.assign(parts[event.index], { step: event.step, steps: event.steps });
        return this.onChange("progress");
      case "image.partial":
        parts[event.index].preview = event.image;
        return this.onChange("progress");
      case "segment.done":
        parts[event.index] = finishedPart(parts[event.index], event.segment);
        return this.onChange("parts");
      case "interleave.completed":
        Object.assign(run, { finish: event.finish_reason, usage: event.usage, timings: event.timings });
        return undefined;
      default:
        return undefined;
    }
  }
}

function finishedPart(part, segment) {
  if (segment.type === "text") return { type: "text", text: segment.text ?? part.text, finish: segment.finish_reason };
  const { image, media_type, width, height, sha256, pixels_sha256, seed } = segment;
  return { type: "image", image, mediaType: media_type, width, height, sha256, pixels: pixels_sha256, seed };
}
