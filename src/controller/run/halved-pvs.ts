/**
 * Our own PVs, with the halves of every sentence that the program writes: MEDM draws one line of a text and no more.
 * It draws bytes, too: halves and lines, which are for MEDM, are ASCII; the sentence and the whole text keep their
 * letters.
 */
import { asciiText } from "../../base/ascii-text.ts";
import type { PvOutput, Pvs } from "../ports/pvs.ts";
import { type PvSuffix, rowOf } from "../pvs/index.ts";
import { HALF_COLUMNS, halvesOf } from "../pvs/row.ts";

/** What ends a second half that does not hold the rest. */
const MORE = "...";

export function halvedPvs(pvs: Pvs): Pvs {
  const put = (suffix: PvSuffix, value: PvOutput): void => {
    const row = rowOf(suffix);
    if (typeof value === "string" && row?.isSentence === true) putHalves(pvs, suffix, value);
    pvs.put(suffix, typeof value === "string" && row?.isLine === true ? asciiText(value) : value);
  };
  return {
    get: (suffix) => pvs.get(suffix),
    value$: (suffix) => pvs.value$(suffix),
    puts$: (suffix) => pvs.puts$(suffix),
    put,
    nameStates: (suffix, names) => pvs.nameStates(suffix, names),
    finish: (suffix, succeeded) => pvs.finish(suffix, succeeded),
  };
}

/** Before the sentence itself, so that whoever sees the sentence sees its halves. */
function putHalves(pvs: Pvs, suffix: PvSuffix, sentence: string): void {
  const halves = halvesOfText(sentence);
  for (const [index, half] of halvesOf(suffix).entries()) pvs.put(half as PvSuffix, halves[index] ?? "");
}

/**
 * The text, in ASCII, in two lines of at most HALF_COLUMNS characters, broken between words; a word that is longer than
 * a line is broken anywhere. Line ends count as blanks.
 */
function halvesOfText(text: string): readonly [string, string] {
  const [first, rest] = broken(asciiText(text).replace(/\s+/g, " ").trim(), HALF_COLUMNS);
  if (rest.length <= HALF_COLUMNS) return [first, rest];
  const [second] = broken(rest, HALF_COLUMNS - MORE.length);
  return [first, `${second}${MORE}`];
}

/** As many words as fit into a line, and what is left. */
function broken(text: string, columns: number): readonly [string, string] {
  if (text.length <= columns) return [text, ""];
  const blank = text.lastIndexOf(" ", columns);
  const end = blank > 0 ? blank : columns;
  return [text.slice(0, end), text.slice(end).trimStart()];
}
