/** Labels of runs: our own id first, by which a run is found again, then words for people. Pure. */
import { oneLine } from "../../base/clean-text.ts";

/** Characters that Flows takes. */
const MOST_LABEL = 64;

/** Flows takes a comma for the end of a label that is looked for: there is none. @param words as far as they go */
export function runLabel(id: string, words: string): string {
  let text = `${id} `;
  for (const character of oneLine(words).replaceAll(",", " ").replace(/ +/g, " ").trim()) {
    if (text.length + character.length > MOST_LABEL) break;
    text += character;
  }
  return text.trim();
}
