// Server-sent events (WHATWG HTML, section 9.2.6) out of pieces of text, wherever those are cut.

export class EventReader {
  #pieces = [];
  #name = "";
  #data = [];
  #endsWithReturn = false;

  /** Takes more text and returns the events that it completes, as `{event, data}`. */
  push(text) {
    const events = [];
    let start = 0;
    // The second half of a line's end that was cut between two pieces.
    if (this.#endsWithReturn && text.startsWith("\n")) start = 1;
    if (text.length) this.#endsWithReturn = text.endsWith("\r");
    for (let index = start; index < text.length; index += 1) {
      const character = text[index];
      if (character !== "\n" && character !== "\r") continue;
      this.#pieces.push(text.slice(start, index));
      if (character === "\r" && text[index + 1] === "\n") index += 1;
      start = index + 1;
      const event = this.#line(this.#pieces.join(""));
      this.#pieces = [];
      if (event) events.push(event);
    }
    if (start < text.length) this.#pieces.push(text.slice(start));
    return events;
  }

  #line(line) {
    if (line === "") {
      const event = this.#data.length ? { event: this.#name || "message", data: this.#data.join("\n") } : null;
      this.#name = "";
      this.#data = [];
      return event;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#name = value;
    if (field === "data") this.#data.push(value);
    return null;
  }
}
