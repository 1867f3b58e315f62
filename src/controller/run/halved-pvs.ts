/**
 * Our own PVs, with the halves of every sentence that the program writes: MEDM draws one line of a text and no more.
 * Characters are counted, not bytes.
 */
import type { PvOutput, Pvs } from "../ports/pvs.ts";
import { type PvSuffix, rowOf } from "../pvs/index.ts";
import { HALF_COLUMNS, halvesOf } from "../pvs/row.ts";

/** What ends a second half that does not hold the rest: MEDM draws bytes, and an ellipsis is three of them. */
const MORE = "...";

export function halvedPvs(pvs: Pvs): Pvs {
  const put = (suffix: PvSuffix, value: PvOutput): void => {
    if (typeof value === "string" && rowOf(suffix)?.isSentence === true) putHalves(pvs, suffix, value);
    pvs.put(suffix, value);
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
 * The text in two lines of at most HALF_COLUMNS characters, broken between words; a word that is longer than a line is
 * broken anywhere. Line ends count as blanks.
 */
function halvesOfText(text: string): readonly [string, string] {
  const [first, rest] = broken(text.replace(/\s+/g, " ").trim(), HALF_COLUMNS);
  if (characters(rest).length <= HALF_COLUMNS) return [first, rest];
  const [second] = broken(rest, HALF_COLUMNS - MORE.length);
  return [first, `${second}${MORE}`];
}

const characters = (text: string): readonly string[] => Array.from(text);

/** As many words as fit into a line, and what is left. */
function broken(text: string, columns: number): readonly [string, string] {
  const all = characters(text);
  if (all.length <= columns) return [text, ""];
  const blank = all.lastIndexOf(" ", columns);
  const end = blank > 0 ? blank : columns;
  return [all.slice(0, end).join(""), all.slice(end).join("").trimStart()];
}
