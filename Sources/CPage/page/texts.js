// Every word that the views say, in one place.

/** Whole numbers with spaces between thousands are read best. */
const whole = (number) => Math.round(number).toLocaleString("en").replaceAll(",", "\u202f");

/** The largest number of 64 bits is none that scripts can write. */
const exact = (number) => (number === 2 ** 64 ? "2^64 - 1" : String(number));

export const texts = {
  name: "Interleaved",
  you: "You",
  model: "Model",
  close: "Close",
  sequence: "Sequence of text and pictures",

  nav: {
    label: "Views",
    compose: "Compose",
    engine: "Engine",
    docs: "API",
    skip: "Skip to the content",
    theme: (theme) => `Colours: ${theme}`,
    themes: { auto: "as the system has them", light: "light", dark: "dark" },
  },

  server: ({ status, progress, running, waiting }, model) =>
    ({
      connecting: "connecting",
      ready: model ? model.id : running || waiting ? "busy" : "ready",
      loading: `loading ${Math.round((progress ?? 0) * 100)} %`,
      draining: "about to stop",
      locked: "asks for a key",
      unreachable: "not reached",
    })[status] ?? status,

  trouble: ({ status }) =>
    ({
      loading: "The model is being loaded. What you write now can be sent in a moment.",
      draining: "The server is about to stop. It answers no new requests; this page goes on when it is back.",
      locked: "This server asks for a key. Reload the page to give one.",
      unreachable: "The server cannot be reached. Is it running? This page looks again every second and goes on when it is back.",
    })[status] ?? "",

  welcome: {
    title: "Words and pictures, in turn",
    about: "Write, add pictures, and let the model go on: with words, with a picture, or with both in turn.",
    sample: "The picture that is asked about: coloured shapes",
  },

  next: { label: "What could come next" },

  composer: {
    title: "What comes next",
    draft: "Your parts, in order",
    words: "Words",
    picture: "Picture",
    pictureNamed: (name) => `Your picture ${name}`,
    pasted: "the pasted file",
    begin: "Write, or drop a picture here",
    goOn: "Add something, or let the model go on",
    more: "Words",
    comesBack: "What comes back",
    modes: { text: "Words", image: "Picture", interleave: "Both" },
    modeHints: {
      text: "The model answers with words", image: "The model draws one picture",
      interleave: "The model answers with words and pictures in turn, as it likes",
    },
    run: "Continue",
    stop: "Stop",
    addPicture: "Add a picture",
    takePhoto: "Take a photograph",
    settings: "Settings",
    settingsChanged: (count) => `Settings, ${count} changed`,
    wording: "Wording",
    up: "Move up",
    down: "Move down",
    remove: "Remove",
    drag: "Drag to another place",
    added: (name) => `Added the picture ${name ?? ""}`,
    moved: (place, count) => `Now part ${place} of ${count}`,
    removed: "Removed",
    shrunk: (from, to) => `made smaller, from ${from} to ${to}`,
    editing: "You are changing an earlier part. What followed it stays, as a branch of its own.",
    cancelEdit: "Leave it as it was",
    nothing: "There is nothing to go on from: write something or add a picture first.",
    notReady: "The server is not ready yet: try again when it is.",
    fine: "Enter sends, Shift+Enter makes a new line. Conversations stay in this browser.",
  },

  settings: {
    title: "Settings",
    about: ({ id, context_length, tokens_per_image, images_per_context }) =>
      `${id} reads up to ${whole(context_length)} positions; a picture takes ${tokens_per_image}, and ${images_per_context} pictures fit. An empty field leaves it to the model.`,
    answer: "Answer",
    text: "Words",
    image: "Pictures",
    random: "random",
    one: "one",
    two: "two, side by side",
    modelDecides: "what the model decides",
    words: "words",
    picture: "a picture",
    byDefault: (value) => `by itself: ${value}`,
    between: (least, most) => `${least} to ${most}.`,
    invalid: (range) => `This must be ${range?.type === "integer" ? "a whole number" : "a number"} from ${range?.minimum} to ${range?.maximum}.`,
    reset: "Leave everything to the model",
    parameters: {
      seed: ["Seed", "The same seed gives the same answer again."],
      answers: ["Answers", "Two seeds can be compared."],
      force: ["Begins with", ""],
      max_segments: ["Most segments", "Words and pictures together."],
      "text.max_tokens": ["Most tokens", "A token is a word or a piece of one."],
      "text.temperature": ["Temperature", "0 always takes the likeliest word; higher is more surprising."],
      "text.top_p": ["Top p", "Share of the likeliest words to choose from."],
      "text.top_k": ["Top k", "Number of the likeliest words to choose from; 0 takes all."],
      "text.min_p": ["Min p", "Leaves out words less likely than this share of the likeliest."],
      "text.repetition_penalty": ["Repetition penalty", "Above 1 it repeats itself less."],
      "image.steps": ["Steps", "More take longer and are finer."],
      "image.guidance_scale": ["Guidance", "How closely the picture keeps to the sequence."],
      "image.scheduler": ["Scheduler", ""],
      "image.format": ["File format", ""],
    },
  },

  status: {
    waiting: "Waiting",
    queued: (place, count) => `Number ${place} of ${count} in the queue`,
    comingBack: (seconds) => `The server is busy. Asking again in ${seconds} s`,
    drawing: "Drawing",
    step: (step, steps) => `Step ${step} of ${steps}`,
  },

  turn: {
    edit: "Edit",
    editPart: "Edit, as a branch of its own",
    continueHere: "Continue from here",
    cut: "It goes on from here. ",
    whole: "Take the whole answer",
    save: "Save this picture",
    fileName: "picture",
    pictureOf: (by, model) => (by === "you" ? "A picture of yours" : `A picture drawn by ${model}`),
    boxed: "The picture with the region that the words name",
    another: "Another seed",
    again: "Ask again",
    againHint: "With the same seed, so that the answer is what it would have been",
    repeat: "Repeat as code",
    choose: "Go on with this one",
    chosen: "Goes on",
    seed: (seed) => `Seed ${seed}`,
    branches: "Branches",
    earlierBranch: "Earlier branch",
    laterBranch: "Later branch",
    stopped: "You stopped this answer.",
    interrupted: "This answer was cut off when the page was closed. The same seed gives the same answer: ask again.",
    empty: "The model ended at once, without a word.",
    tokenLimit: (count) => `Cut off after ${count} tokens, the most that the settings allow. Press Continue to let it go on.`,
    segmentLimit: "As many segments as the settings allow. Press Continue to let it go on.",
    seconds: (milliseconds) => (milliseconds < 995 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`),
  },

  spoken: ({ run, parts }) => {
    if (run.status === "done") return parts.map((part) => (part.type === "text" ? part.text : "A picture.")).join(" ");
    return { stopped: "Stopped.", failed: "There is no answer." }[run.status] ?? "";
  },

  facts: {
    title: "Details",
    seed: "Seed",
    model: "Model",
    tokens: "Positions",
    tokenCounts: (read, cached, written) => `${whole(read)} read${cached ? ` (${whole(cached)} of them known from before)` : ""}, ${whole(written)} written`,
    steps: "Denoising steps",
    file: "SHA-256 of the file",
    pixels: "SHA-256 of the pixels",
    name: "Name of the answer",
    timings: "Where the time went",
    stages: {
      queue: "Waiting", decode: "Reading files", encode: "Seeing pictures", prefill: "Reading the sequence",
      generate: "Writing", denoise: "Drawing", render: "Making pixels",
    },
  },

  milliseconds: (value) => `${value < 10 ? value.toFixed(1) : whole(value)} ms`,

  exports: {
    title: "Repeat this answer",
    about: "These programs ask for the same answer once more: every parameter that had a say is in them, the seed too. Python and JavaScript also check that it is the same, byte for byte.",
    program: "Program",
    copy: "Copy",
    save: "Save as a file",
    copied: "Copied.",
    noClipboard: "The browser lets this page copy nothing: save it as a file instead.",
    comment: (mark, address) => `${mark} Repeats an answer of the Interleaved daemon at ${address} exactly.`,
    same: "the same answer, byte for byte",
    differs: "this is not the same answer",
  },

  sidebar: {
    title: "Conversations",
    open: "Show the conversations",
    begin: "New",
    none: "What you ask is kept here, in this browser alone.",
    kept: "Kept in this browser alone.",
    notKept: "This browser keeps nothing for this page: what you ask is gone when you close it. A private window may be the reason.",
    untitled: "Pictures",
    remove: "Delete",
    removeQuestion: (name) => `Delete "${name}"? It cannot be brought back.`,
    exportTitle: "Save this one as",
    html: "HTML",
    json: "JSON",
  },

  when: (time) => {
    const minutes = (Date.now() - time) / 60_000;
    if (minutes < 1) return "now";
    if (minutes < 60) return `${Math.floor(minutes)} min`;
    if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h`;
    return new Date(time).toLocaleDateString(undefined, { day: "numeric", month: "short" });
  },

  errors: {
    noPicture: (name) => `${name || "This"} is no picture that the browser can read. JPEG, PNG and WebP always work.`,
  },

  /** The dialog that asks for a key. */
  key: {
    title: "This server asks for a key",
    lead: "Whoever runs it hands keys out. Yours is kept in this tab alone, until it is closed.",
    label: "Key",
    use: "Use it",
    decline: "Not now",
  },

  /** What happened, where the daemon could not say it. */
  failure: {
    unreachable: "The server could not be reached.",
    interrupted: "The connection broke before the answer was complete.",
    page: "Something went wrong in this page.",
  },

  /** What one can do about it, by the code of the error. */
  advice: {
    unreachable: "Start it, or wait until it is back: the dot at the top turns green. Then ask again; the same seed gives the same answer.",
    interrupted: "The server may have been restarted. When the dot at the top is green, ask again: the same seed gives the same answer.",
    page: "Ask again, or reload the page: what was said is kept.",
    context_length_exceeded: "The sequence is longer than the model can read. Continue from an earlier point, ask for fewer segments or tokens, or take pictures out.",
    unreadable_image: "Edit the part and replace the picture: JPEG, PNG and WebP can be read.",
    content_too_large: "Take pictures out, or use smaller files.",
    invalid_api_key: "Ask again, and give the key then.",
    insufficient_rights: "Ask whoever runs the server for a key with that right.",
    rate_limit_exceeded: "Ask again in a while.",
    queue_full: "Too many requests wait already. Ask again in a while.",
    deadline_unreachable: "So many wait already that the answer would come too late. Ask again in a while, or for fewer steps.",
    overloaded: "The server has no room at the moment. Ask again in a while.",
    loading: "The model is still being loaded. Ask again when the dot at the top is green.",
    draining: "The server is being stopped. Ask again when it is back.",
    cancelled: "Somebody ended this request. Ask again if that was not meant.",
    deadline_exceeded: "It took too long. Ask for fewer steps, tokens or segments, or when less is going on.",
    invalid_value: "Change it in the settings, or leave it to the model there.",
    unknown_field: "This page and the server are of different versions: reload the page.",
    not_found: "This page and the server are of different versions: reload the page.",
    model_not_found: "Another model is served now: reload the page.",
    internal_error: "The server's log says more under the name of the request.",
    not_finite: "Another seed or other settings may do.",
    other: "Ask again; if it stays, the server's log may say more.",
  },

  engine: {
    title: "Engine",
    lead: "What the engine is doing, as it happens.",
    pause: "Pause",
    resume: "Go on",
    forbidden: (message) => `This server does not tell everybody how it is doing: ${message}.`,
    partly: (message) => `You see your own requests alone, and no latencies: ${message}.`,
    otherKey: "Give a key",
    requests: "Requests",
    none: "Nothing at the moment.",
    busy: "running",
    queue: "waiting",
    connections: "connections",
    workers: "workers",
    workersOf: ({ count, processors }) => `${count} on ${processors} processors`,
    instructions: "instructions",
    history: "The last two minutes",
    historyLabel: (running, waiting) => `Running now: ${running}, waiting: ${waiting}`,
    progress: "Progress",
    end: "End",
    ended: (name) => `Told ${name} to end.`,
    positions: (computed, total) => `${whole(computed)} of ${whole(total)} positions`,
    drawn: (step, steps) => `step ${step} of ${steps}`,
    batches: "The last batches",
    batchesLabel: (count, seconds) => `${count} batches of the last ${seconds} s`,
    batchesHint: "Each bar is a batch: as wide as it took, as tall as it was large for its stage.",
    idle: "No batch was computed yet.",
    stages: { waiting: "waiting", encode: "see pictures", language: "words", denoise: "draw", render: "make pixels" },
    memory: "Memory",
    weights: "Weights",
    pool: "Shared pool",
    used: "in use",
    cached: "kept for later",
    pools: {
      kv_cache: "Keys and values", image_features: "Features of pictures", drawings: "Drawings",
      input_bytes: "Inputs", waiting_requests: "Places in the queue", decoding_pixels: "Pictures being read",
      body: "Bodies on their way in", answers: "Answers on their way out",
    },
    parts: {
      "": "Other", image_decoder: "Image decoder", mm_decoder: "Language model", text_decoder: "Words",
      visual_tokenizer: "Vision",
    },
    process: "Whole process",
    latencies: "Latencies",
    latencyHint: "Since the start, from the buckets of /metrics: a value lies within its bucket.",
    columns: ["Measure", "p50", "p90", "p99", "Mean", "Count"],
    metrics: {
      request_queue_time_seconds: "Time in the queue", time_to_first_token_seconds: "To the first words",
      inter_token_latency_seconds: "From words to words", e2e_request_latency_seconds: "Whole answer",
      stage_duration_seconds: "Batch",
    },
    noneYet: "Nothing was measured yet.",
  },

  docs: {
    title: "API",
    contents: "Contents",
    file: "The document itself",
    operations: "Operations",
    schemas: "Schemas",
    parameters: "Parameters",
    body: "Request body",
    responses: "Answers",
    headers: "Header fields",
    examples: "Examples",
    example: "Example",
    required: "required",
    field: "Field",
    type: "Type",
    meaning: "Meaning",
    default: (value) => `default ${value}`,
    between: (least, most) =>
      most === undefined ? `at least ${least}` : least === undefined ? `at most ${exact(most)}` : `${least} to ${exact(most)}`,
    lengths: (least, most, what) => (most === undefined ? `at least ${least} ${what}` : `${least ? `${least} to` : "at most"} ${most} ${what}`),
    characters: "characters",
    itemsWord: "items",
    arrayOf: "array of ",
    anyOf: " or ",
    alsoNull: "or null",
    copy: "Copy",
    copied: "Copied",
    unreadable: "The API's description could not be loaded. It is at /openapi.yaml.",
  },

  bytes: (count) => {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = 0;
    let value = count;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit += 1;
    }
    return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
  },
  duration: (milliseconds) => {
    if (milliseconds < 1) return `${milliseconds.toFixed(2)} ms`;
    if (milliseconds < 1000) return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
    if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
    return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
  },
  whole,
};
