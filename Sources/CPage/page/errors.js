// What went wrong, and what one can do about it.

import { texts } from "./texts.js";

/** `{message, advice}` for an error of a turn's. */
export function explain({ code, message, param }) {
  const advice = texts.advice[code] ?? texts.advice.other;
  const words = texts.failure[code] ?? message;
  return { message: words, advice, param };
}
