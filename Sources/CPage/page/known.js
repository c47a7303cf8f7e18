// What is known of some models: what they are good for, and sentences to begin and to go on with, each of which a test asks.

const COLOURS = ["green", "purple", "yellow", "cyan", "red", "blue"];
const SHAPES = ["circle", "square", "triangle", "diamond", "star", "cross"];

/** Shapes that are there after scenes and changes in words, the first one first. */
function shapesAfter(sentences) {
  let shapes = [];
  for (const sentence of sentences) {
    const named = sentence.match(new RegExp(`\\b(${SHAPES.join("|")})\\b`, "g")) ?? [];
    const change = sentence.match(/\bthe (\w+) (?:becomes|turns into) an? (\w+)/);
    if (change && shapes.includes(change[1])) shapes = shapes.map((shape) => (shape === change[1] ? change[2] : shape));
    else if (!/\b(now|then) the\b/.test(sentence) && named.length) shapes = named;
  }
  return shapes;
}

/** By the model's name. Every sentence here was tried. */
export const known = {
  nano: {
    about:
      "nano is a small model with a small world: one or two coloured shapes on a light or dark ground. It describes them, answers questions about them, draws them from words, changes them, and tells stories of them.",
    limits:
      "Six shapes (circle, square, triangle, diamond, star, cross), six colours (red, green, blue, yellow, purple, cyan), small or large, in nine places. To other words and pictures its answers make no sense.",
    suggestions: [
      { title: "Draw", words: "a small red square at the center on a dark background", parts: ["a small red square at the center on a dark background"], settings: { mode: "image" } },
      { title: "Describe", words: "a photo of", picture: true, parts: ["picture", "a photo of"], settings: { mode: "text" } },
      {
        title: "Ask",
        words: "What color is the star?",
        picture: true,
        parts: ["Based on the image, please answer the question. ", "picture", "What color is the star? Please provide an accurate answer within one word. The answer is:"],
        settings: { mode: "text" },
      },
      { title: "Change", words: "now the star is green", picture: true, parts: ["picture", "now the star is green"], settings: { mode: "image" } },
      {
        title: "Find",
        words: "the star",
        picture: true,
        parts: ["picture", "Provide the bounding box coordinate of the region this sentence describes. the star<box>"],
        settings: { mode: "text" },
      },
      {
        title: "Tell a story",
        words: "a large yellow star at the top left on a light background, and then?",
        parts: ["a large yellow star at the top left on a light background"],
        settings: { mode: "interleave", force: "image", max_segments: 5, text: { max_tokens: 24, temperature: 1, top_p: 0.8 } },
      },
    ],
    /** What could be asked after a picture that these sentences led to. */
    next: (sentences) => {
      const shapes = shapesAfter(sentences);
      if (!shapes.length) return [];
      const [shape] = shapes;
      const said = sentences.join(" ");
      const colour = COLOURS.find((name) => !said.includes(name)) ?? "green";
      const other = SHAPES.find((name) => !shapes.includes(name));
      return [
        { words: `now the ${shape} is ${colour}`, settings: { mode: "image" } },
        { words: `now the ${shape} moves to the bottom right`, settings: { mode: "image" } },
        { words: `now the ${shape} becomes a ${other}`, settings: { mode: "image" } },
        { label: "let nano go on", settings: { mode: "interleave", max_segments: 2, text: { max_tokens: 24, temperature: 1, top_p: 0.8 } } },
      ];
    },
  },
};
