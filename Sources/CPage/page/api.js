// The daemon's public routes, and its errors as one kind of error.

import { EventReader } from "./events.js";
import { askForKey, authorization } from "./key.js";

/** Where the daemon's paths begin; the page may lie below a path of a proxy's. */
export const root = new URL("..", import.meta.url);

/** Why a request was not answered. `code` is the daemon's, or `unreachable`, `interrupted`. */
export class ServiceError extends Error {
  constructor({ code, message, param = null, status = 0, retryAfter = null }) {
    super(message);
    Object.assign(this, { code, param, status, retryAfter });
  }

  /** Whether the same request may be answered a little later. */
  get isTemporary() {
    return this.status === 429 || (this.status === 503 && this.code !== "cancelled");
  }
}

/** A JSON document of a route. */
export async function get(path, signal) {
  return (await send(path, { signal, headers: { accept: "application/json" } })).json();
}

/** A text of a route. */
export async function getText(path, signal) {
  return (await send(path, { signal })).text();
}

/** Whether the daemon answers, and how: `ready`, `loading`, `draining` or `unreachable`. */
export async function readiness() {
  try {
    const response = await fetch(new URL("readyz", root), { cache: "no-store", signal: AbortSignal.timeout(5000) });
    return await response.json();
  } catch {
    return { status: "unreachable" };
  }
}

/** Continues a sequence; yields the events of the stream, and returns when the answer is complete. */
export async function* interleave(document, name, signal) {
  const response = await send("v1/interleave", {
    method: "POST",
    signal,
    headers: { "content-type": "application/json", accept: "text/event-stream", "x-request-id": name },
    body: JSON.stringify({ ...document, stream: true }),
  });
  const reader = new EventReader();
  const decoder = new TextDecoder();
  for await (const bytes of pieces(response.body, signal)) {
    for (const { data } of reader.push(decoder.decode(bytes, { stream: true }))) {
      if (data === "[DONE]") return;
      const event = JSON.parse(data);
      if (event.type === "error") throw new ServiceError(event.error);
      yield event;
    }
  }
  throw new ServiceError({ code: "interrupted", message: "" });
}

/** Has a request ended, by the name that it was given. Not awaited: the connection's end does the same. */
export function cancel(name) {
  fetch(new URL(`v1/interleave/${encodeURIComponent(name)}`, root), { method: "DELETE", keepalive: true, headers: authorization() }).catch(() => {});
}

async function send(path, options) {
  for (;;) {
    let response;
    try {
      response = await fetch(new URL(path, root), { cache: "no-store", ...options, headers: { ...options.headers, ...authorization() } });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ServiceError({ code: "unreachable", message: "" });
    }
    if (response.ok) return response;
    const error = await failure(response);
    if (response.status !== 401 || !(await askForKey(error.message, options.method === "POST"))) throw error;
  }
}

/** What an answer says went wrong. */
async function failure(response) {
  const milliseconds = Number(response.headers.get("retry-after-ms")) || Number(response.headers.get("retry-after")) * 1000;
  let description = { code: "unknown", message: `${response.status} ${response.statusText}` };
  try {
    description = (await response.json()).error ?? description;
  } catch {
    // An error of a proxy's, in HTML or nothing: its status is all that is known.
  }
  return new ServiceError({ ...description, status: response.status, retryAfter: milliseconds || null });
}

async function* pieces(body, signal) {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ServiceError({ code: "interrupted", message: "" });
  } finally {
    reader.cancel().catch(() => {});
  }
}
