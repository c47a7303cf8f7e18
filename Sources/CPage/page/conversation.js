// A conversation as a tree of turns. Nothing that was said is ever changed: an edit or another seed is another branch.
//
// A turn is `{id, conversation, parent, by, parts, created}`; `by` is "you" or "model", and a model's turn has a `run` that
// tells how it came about. `parent` is a point: `{turn, count}`, the first `count` parts of a turn and all before it, or null
// for the beginning. A part is `{type: "text", text}` or `{type: "image", image, ...}` with a data URL.

/** A random name. */
export function randomName() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A random seed, of those that are short to write. */
export function randomSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

/** The point after a whole turn. */
export function after(turn) {
  return { turn: turn.id, count: turn.parts.length };
}

/** Whether two points are the same. */
export function isSamePoint(first, second) {
  return first === second || (first && second && first.turn === second.turn && first.count === second.count);
}

/** The turns up to a point, the first one first, each with how many of its parts count. */
export function path(turns, point) {
  const steps = [];
  for (let place = point; place; ) {
    const turn = turns.get(place.turn);
    if (!turn || steps.length > turns.size) break;
    steps.unshift({ turn, count: Math.min(place.count, turn.parts.length) });
    place = turn.parent;
  }
  return steps;
}

/** The parts up to a point: what the model reads. Those that have not come yet are left out. */
export function sequence(turns, point) {
  return path(turns, point)
    .flatMap(({ turn, count }) => turn.parts.slice(0, count))
    .filter((part) => (part.type === "text" ? part.text : part.image))
    .map(({ type, text, image }) => (type === "text" ? { type, text } : { type, image }));
}

/** The turns that follow a turn, or begin the conversation, oldest first. */
function followers(turns, id) {
  return [...turns.values()].filter((turn) => (turn.parent?.turn ?? null) === id).sort((a, b) => a.created - b.created);
}

/** Answers that are shown side by side: those to the same sequence that were asked for to be compared. */
export function comparison(turns, turn) {
  if (turn.by !== "model" || !turn.group) return [turn];
  return followers(turns, turn.parent?.turn ?? null).filter((other) => other.group === turn.group);
}

/** The branches of which a turn is one: a comparison counts as one. */
export function branches(turns, turn) {
  const seen = new Set();
  return followers(turns, turn.parent?.turn ?? null).filter((other) => {
    // An answer of nothing, which was stopped or refused, is no place to go back to.
    if (!other.parts.length && other.run?.status !== "running" && other.id !== turn.id) return false;
    if (!other.group) return true;
    if (other.group === turn.group) return other.id === turn.id;
    if (seen.has(other.group)) return false;
    seen.add(other.group);
    return true;
  });
}

/** The end of the branch that begins with a turn, along what was said last. */
export function end(turns, turn) {
  let last = turn;
  for (;;) {
    const next = followers(turns, last.id).at(-1);
    if (!next) return after(last);
    last = next;
  }
}

/** What a conversation is called: the first words in it. */
export function title(turns) {
  const first = [...turns.values()].sort((a, b) => a.created - b.created);
  const words = first.flatMap((turn) => turn.parts).find((part) => part.type === "text" && part.text.trim());
  return words ? words.text.trim().replace(/\s+/g, " ").slice(0, 80) : "";
}
