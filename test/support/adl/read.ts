/**
 * Reads the text of a screen of MEDM into blocks, by the rules of MEDM's own reader (medmCommon.c getToken), and says
 * what that reader would take for something else. Knows no widget: grammar.ts does. Reads no file.
 */

/** What is wrong, at a line of a screen. */
export interface AdlProblem {
  readonly line: number;
  /** A sentence without the file. */
  readonly what: string;
}

export interface AdlEntry {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

export interface AdlBlock {
  readonly name: string;
  readonly line: number;
  readonly entries: readonly AdlEntry[];
  readonly blocks: readonly AdlBlock[];
  /** What stands by itself: the colours of the map. */
  readonly words: readonly string[];
}

interface OpenBlock extends AdlBlock {
  readonly entries: AdlEntry[];
  readonly blocks: OpenBlock[];
  readonly words: string[];
}

interface Token {
  readonly kind: "word" | "=" | "{" | "}";
  readonly text: string;
  readonly line: number;
}

/** MAX_TOKEN_LENGTH of MEDM less the NUL: a longer token runs over the end of its array. */
export const LONGEST_TOKEN = 511;

/** The blocks of a screen, and what its text has wrong. */
export function readAdl(text: string): { readonly blocks: readonly AdlBlock[]; readonly problems: AdlProblem[] } {
  const problems: AdlProblem[] = [];
  text.split("\n").forEach((line, index) => {
    const [odd] = /[^\t\x20-\x7e]/.exec(line) ?? [];
    if (odd !== undefined)
      problems.push({
        line: index + 1,
        what: `has ${JSON.stringify(odd)}, which MEDM's fonts do not have: write ASCII`,
      });
  });
  const tokens = tokensOf(text, problems);
  return { blocks: blocksOf(tokens, problems), problems };
}

function tokensOf(text: string, problems: AdlProblem[]): Token[] {
  const tokens: Token[] = [];
  const PIECE = /"([^"]*)("?)|([={}])|([(),])|[^\s="(),]+/g;
  let line = 1;
  let end = 0;
  for (const piece of text.matchAll(PIECE)) {
    line += text.slice(end, piece.index).split("\n").length - 1;
    end = piece.index;
    const [all, quoted, closing, sign] = piece;
    if (sign !== undefined) tokens.push({ kind: sign as "=", text: sign, line });
    else if (quoted !== undefined) {
      if (closing === "") problems.push({ line, what: "a text has no closing quote" });
      else if (quoted.includes("\n"))
        problems.push({ line, what: "a text goes over the end of its line: close its quote" });
      tokens.push({ kind: "word", text: quoted, line });
    } else {
      if (/[{}]/.test(all))
        problems.push({ line, what: `${all}: MEDM takes the brace for a part of the word, put a blank before it` });
      tokens.push({ kind: "word", text: all, line });
    }
    const { text: last = "" } = tokens.at(-1) ?? {};
    if (last.length > LONGEST_TOKEN)
      problems.push({ line, what: `has a text of ${last.length} characters: MEDM reads at most ${LONGEST_TOKEN}` });
  }
  return tokens;
}

function blocksOf(tokens: readonly Token[], problems: AdlProblem[]): readonly AdlBlock[] {
  const file: OpenBlock = { name: "", line: 1, entries: [], blocks: [], words: [] };
  const open: OpenBlock[] = [file];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] as Token;
    const inner = open.at(-1) as OpenBlock;
    if (token.kind === "}") {
      if (inner === file) problems.push({ line: token.line, what: "closes a block that nothing opens" });
      else open.pop();
    } else if (token.kind !== "word") {
      problems.push({ line: token.line, what: `a ${token.kind} stands where a name belongs` });
    } else if (tokens[at + 1]?.kind === "{") {
      const block: OpenBlock = { name: token.text, line: token.line, entries: [], blocks: [], words: [] };
      inner.blocks.push(block);
      open.push(block);
      at += 1;
    } else if (tokens[at + 1]?.kind === "=") {
      const value = tokens[at + 2];
      if (value?.kind !== "word") problems.push({ line: token.line, what: `${token.text} has no value after its =` });
      else inner.entries.push({ key: token.text, value: value.text, line: token.line });
      at += value?.kind === "word" ? 2 : 1;
    } else if (token.text !== ",") inner.words.push(token.text);
  }
  for (const { name, line } of open.slice(1)) problems.push({ line, what: `the block ${name} is not closed` });
  return file.blocks;
}
