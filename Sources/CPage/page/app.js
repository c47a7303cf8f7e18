// What the page knows and what one can do in it; views look at it and are told when it changes.

import * as api from "./api.js";
import { Answer } from "./answer.js";
import { after, comparison, end, isSamePoint, path, randomName, randomSeed, sequence, title } from "./conversation.js";
import { initialSettings, previewInterval, requestOf } from "./settings.js";
import * as storage from "./storage.js";

const SETTINGS = "interleaved.settings";
/** While words come, what there is of them is kept this often, for a page that is closed in between. */
const SAVE_EVERY = 1000;

export class App extends EventTarget {
  /** The model's description, or null until the daemon told it. */
  model = null;
  /** How the daemon is: as `/readyz` tells, `locked` where it wants a key, or `unreachable`. */
  server = { status: "connecting" };
  conversations = [];
  conversation = null;
  turns = new Map();
  /** Where one is: the point after which what is asked next comes. */
  point = null;
  /** What is being put together. */
  draft = [];
  /** Where one was before an earlier part was taken up again. */
  editing = null;
  settings = initialSettings();
  #answers = new Map();
  #saves = new Map();

  /** Tells views what changed: "server", "conversations", "sequence", "draft", "settings", or a turn. */
  changed(kind, turn = null) {
    this.dispatchEvent(Object.assign(new Event("change"), { kind, turn }));
  }

  // The daemon

  /** Begins: the last conversation, and a look at the daemon now and then. */
  async start() {
    try {
      this.settings = { ...initialSettings(), ...JSON.parse(localStorage.getItem(SETTINGS) ?? "{}") };
    } catch {
      // Settings of somebody else's, or none may be kept.
    }
    this.watchServer();
    try {
      this.conversations = await storage.listConversations();
    } catch (error) {
      this.storageError = error;
    }
    this.changed("conversations");
    const wanted = location.hash.slice(1);
    if (this.conversations.some(({ id }) => id === wanted)) await this.open(wanted);
    // Who was quick has written something already.
    else this.begin(this.draft);
  }

  /** Asks how the daemon is: seldom while all is well, often while it is not. */
  async watchServer() {
    clearTimeout(this.watch);
    const before = this.server.status;
    if (!document.hidden) {
      this.server = await api.readiness();
      if (this.server.status === "ready" && (before !== "ready" || !this.model)) {
        try {
          this.model = (await api.get("v1/models")).data[0];
        } catch (error) {
          this.server = { status: error.status === 401 ? "locked" : "unreachable" };
        }
      }
      if (this.server.status !== before || this.server.status === "loading") this.changed("server");
    }
    this.watch = setTimeout(() => this.watchServer(), ["ready", "locked"].includes(this.server.status) ? 10_000 : 1000);
  }

  // Conversations

  /** Begins an empty conversation; it is kept when something is in it. */
  begin(draft = []) {
    this.conversation = { id: randomName(), title: "", created: Date.now(), updated: Date.now(), point: null };
    this.turns = new Map();
    this.#show(null, draft);
    history.replaceState(null, "", location.pathname);
  }

  async open(id) {
    const found = this.conversations.find((conversation) => conversation.id === id);
    if (!found) return;
    const turns = await storage.loadTurns(id);
    for (const turn of turns.values()) {
      const live = this.#answers.get(turn.id);
      if (live) turns.set(turn.id, live.turn);
      else if (turn.run?.status === "running") {
        // It ended with the page that had asked for it.
        turn.run.status = "interrupted";
        turn.parts = turn.parts.filter((part) => (part.type === "text" ? part.text : part.image));
      }
    }
    this.conversation = found;
    this.turns = turns;
    history.replaceState(null, "", `#${id}`);
    this.#show(found.point);
  }

  async remove(id) {
    for (const answer of this.#answers.values()) if (answer.turn.conversation === id) answer.stop();
    await storage.deleteConversation(id);
    this.conversations = this.conversations.filter((conversation) => conversation.id !== id);
    if (this.conversation.id === id) this.begin();
    this.changed("conversations");
  }

  #show(point, draft = []) {
    this.point = point;
    this.draft = draft;
    this.editing = null;
    this.changed("sequence");
    this.changed("draft");
    this.changed("conversations");
  }

  /** The turns that are shown, each with how many of its parts count. */
  get path() {
    return path(this.turns, this.point);
  }

  // Where one is

  /** Goes on after the first `count` parts of a turn. */
  continueAt(turn, count = turn.parts.length) {
    this.#move(count === 0 ? turn.parent : { turn: turn.id, count });
  }

  /** Shows the branch that begins with a turn. */
  showBranch(turn) {
    this.#move(end(this.turns, turn));
  }

  #move(point) {
    this.editing = null;
    this.point = point;
    this.#saveConversation();
    this.changed("sequence");
    this.changed("draft");
  }

  /** Takes parts of a turn up again: what is sent then is a branch of its own. */
  edit(turn, from = 0) {
    const start = from === 0 ? turn.parent : { turn: turn.id, count: from };
    this.editing = { point: this.editing?.point ?? this.point };
    this.point = start;
    const parts = turn.by === "you" ? turn.parts.slice(from) : turn.parts.slice(from, from + 1);
    this.draft = parts.map((part) => ({ ...part }));
    this.changed("sequence");
    this.changed("draft");
  }

  /** Leaves what was taken up as it was. */
  cancelEdit() {
    this.point = this.editing.point;
    this.editing = null;
    this.draft = [];
    this.changed("sequence");
    this.changed("draft");
  }

  set(settings) {
    this.settings = settings;
    try {
      localStorage.setItem(SETTINGS, JSON.stringify({ ...settings, seed: null }));
    } catch {
      // Without a place to keep them they last as long as the page.
    }
    this.changed("settings");
  }

  // Asking

  /** Whether an answer at the end of what is shown is on its way. */
  get isAnswering() {
    const last = this.path.at(-1)?.turn;
    return Boolean(last && comparison(this.turns, last).some((turn) => this.#answers.has(turn.id)));
  }

  /** Adds the draft to the sequence and asks the model to go on. */
  async run() {
    if (this.isAnswering) return;
    const parts = this.draft.filter((part) => (part.type === "text" ? part.text : part.image));
    // After an answer of nothing one goes on from what led to it.
    while (this.path.length && !this.path.at(-1).turn.parts.length) this.point = this.path.at(-1).turn.parent;
    const context = [...sequence(this.turns, this.point), ...parts];
    if (!context.length) return;
    if (parts.length) {
      const turn = this.#newTurn({ parent: this.point, by: "you", parts });
      this.point = after(turn);
      this.#save(turn);
    }
    this.draft = [];
    this.editing = null;
    this.changed("draft");
    await this.#ask(this.settings.answers, { settings: this.settings });
  }

  /** Answers once more with another seed, beside the answer that there is. */
  async another(turn) {
    if (!turn.group) {
      turn.group = randomName();
      this.#save(turn);
    }
    this.point = turn.parent;
    await this.#ask(1, { request: { ...turn.run.request, seed: randomSeed() }, group: turn.group });
  }

  /** Answers once more with the same seed, in the place of an answer that was not finished. */
  async again(turn) {
    this.point = turn.parent;
    turn.parts = [];
    turn.run = { status: "running", name: `page-${randomName()}`, request: turn.run.request };
    this.#begin(turn);
    this.point = after(turn);
    this.changed("sequence");
  }

  async #ask(count, { settings, request, group = count > 1 ? randomName() : undefined }) {
    const parent = this.point;
    const costs = await this.#costs();
    // One may have gone elsewhere meanwhile.
    if (!isSamePoint(parent, this.point)) return;
    for (let index = 0; index < count; index += 1) {
      const seed = settings && index === 0 && settings.seed !== null ? settings.seed : randomSeed();
      const wanted = request ?? requestOf(settings, seed, this.model ? previewInterval(settings, this.model, costs) : 0);
      const run = { status: "running", name: `page-${randomName()}`, request: wanted };
      const turn = this.#newTurn({ parent, by: "model", parts: [], run, group });
      this.#begin(turn);
      if (index === 0) this.point = after(turn);
    }
    this.#saveConversation();
    this.changed("sequence");
  }

  /** What stages cost, if the daemon tells it soon. */
  async #costs() {
    try {
      return (await api.get("v1/engine", AbortSignal.timeout(300))).costs;
    } catch {
      return null;
    }
  }

  #begin(turn) {
    const isShown = () => this.turns.get(turn.id) === turn;
    const answer = new Answer(turn, sequence(this.turns, turn.parent), (kind) => {
      if (kind === "end") {
        this.#answers.delete(turn.id);
        if (turn.run.error?.code === "unreachable" || turn.run.error?.code === "interrupted") this.watchServer();
      }
      // While it comes, one stays at its end.
      if (isShown() && this.point?.turn === turn.id) this.point = after(turn);
      if (kind === "end") {
        this.#save(turn);
        this.#saveConversation();
      } else this.#saveSoon(turn);
      if (isShown()) this.changed(kind === "end" ? "sequence" : "turn", turn);
    });
    this.#answers.set(turn.id, answer);
    this.#save(turn);
  }

  /** Ends the answers at the end of what is shown. */
  stop() {
    const last = this.path.at(-1)?.turn;
    if (last) for (const turn of comparison(this.turns, last)) this.#answers.get(turn.id)?.stop();
  }

  #newTurn(members) {
    const turn = { id: randomName(), conversation: this.conversation.id, created: Date.now() + this.turns.size / 1e6, ...members };
    this.turns.set(turn.id, turn);
    return turn;
  }

  // Keeping

  async #save(turn) {
    clearTimeout(this.#saves.get(turn.id));
    this.#saves.delete(turn.id);
    try {
      await storage.saveTurn(turn);
    } catch (error) {
      this.storageError = error;
      this.changed("server");
    }
  }

  #saveSoon(turn) {
    if (!this.#saves.has(turn.id)) this.#saves.set(turn.id, setTimeout(() => this.#save(turn), SAVE_EVERY));
  }

  async #saveConversation() {
    const { conversation } = this;
    if (!this.turns.size) return;
    Object.assign(conversation, { point: this.point, updated: Date.now(), title: conversation.title || title(this.turns) });
    this.conversations = [conversation, ...this.conversations.filter(({ id }) => id !== conversation.id)];
    if (location.hash.slice(1) !== conversation.id) history.replaceState(null, "", `#${conversation.id}`);
    this.changed("conversations");
    try {
      await storage.saveConversation(conversation);
    } catch (error) {
      this.storageError = error;
      this.changed("server");
    }
  }
}
