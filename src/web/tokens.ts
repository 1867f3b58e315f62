/**
 * The tokens that let a client write: those of a private file, read again when the file changes, or one of the name
 * `start` that is made at each start. What a token may write is the access rules' matter. No token is ever told.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { ActionError, pieceOf } from "../base/errors.ts";
import { fileState } from "../base/file-state.ts";
import { readPrivateFile } from "../base/private-file.ts";

/** The name of the token that is made at the start. */
export const START_TOKEN = "start";
/** Of random bytes, 32 characters. */
const RANDOM_BYTES = 24;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/;
/** Long enough that nobody guesses it, whatever it is made of. */
const TOKEN = /^[!-~]{16,256}$/;
/** Tokens that one file may have: each is compared with each that is given. */
const MOST_TOKENS = 100;
const FILE = "file of web tokens";

interface KnownToken {
  readonly name: string;
  readonly digest: Buffer;
}

export interface Tokens {
  /** The name of a token; undefined: there is no such token. */
  nameOf(token: string): Promise<string | undefined>;
  /** The names as of now: what was made from a token counts as long as its name is among them. */
  names(): Promise<readonly string[]>;
  /** Why nobody can write, a sentence; or undefined. */
  problem(): Promise<string | undefined>;
}

export const newToken = (): string => randomBytes(RANDOM_BYTES).toString("base64url");

/** One token, of the name `start`. */
export function startTokens(token: string): Tokens {
  const tokens = [{ name: START_TOKEN, digest: digestOf(token) }];
  return {
    nameOf: (given) => Promise.resolve(nameIn(tokens, given)),
    names: () => Promise.resolve([START_TOKEN]),
    problem: () => Promise.resolve(undefined),
  };
}

/** The tokens of a file. @param warn is told, once, of each thing that is wrong with it */
export class FileTokens implements Tokens {
  readonly #path: string;
  readonly #warn: (sentence: string) => void;
  #state: string | undefined;
  #tokens: readonly KnownToken[] = [];
  #problem: string | undefined;
  #lastLook: Promise<void> = Promise.resolve();

  constructor(path: string, warn: (sentence: string) => void) {
    this.#path = path;
    this.#warn = warn;
  }

  async nameOf(token: string): Promise<string | undefined> {
    await this.#look();
    return nameIn(this.#tokens, token);
  }
  async names(): Promise<readonly string[]> {
    await this.#look();
    return this.#tokens.map(({ name }) => name);
  }
  async problem(): Promise<string | undefined> {
    await this.#look();
    return this.#problem;
  }

  /** Looks one after the other: nobody may see the former tokens while the present ones are read. */
  #look(): Promise<void> {
    this.#lastLook = this.#lastLook.then(() => this.#lookNow());
    return this.#lastLook;
  }

  async #lookNow(): Promise<void> {
    const state = await fileState([this.#path]);
    if (state === this.#state) return;
    this.#state = state;
    try {
      this.#tokens = tokensIn(await readPrivateFile(this.#path, FILE, { isOwn: true }), this.#path);
      this.#problem = undefined;
    } catch (thrown) {
      this.#tokens = [];
      const problem = `${pieceOf(thrown)}. Until then nobody can write through the web page.`;
      if (problem !== this.#problem) this.#warn(problem);
      this.#problem = problem;
    }
  }
}

/** @throws ActionError that names the line and what is wrong with it, never a token */
function tokensIn(text: string, path: string): readonly KnownToken[] {
  const tokens: KnownToken[] = [];
  const wrong = (line: number, what: string): ActionError =>
    new ActionError(`The ${FILE} ${path} has ${what} in line ${line}: lines are \`NAME TOKEN\`, one blank between.`);
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [name = "", token = "", ...rest] = line.trim().split(/\s+/);
    if (!NAME.test(name)) throw wrong(index + 1, "a name that is not letters, digits, dots and dashes, at most 32");
    if (name === START_TOKEN) throw wrong(index + 1, `the name ${START_TOKEN}, which no file can give`);
    if (!TOKEN.test(token) || rest.length > 0) throw wrong(index + 1, "no token of 16 to 256 characters");
    const digest = digestOf(token);
    if (tokens.some((other) => other.name === name)) throw wrong(index + 1, `the name ${name} again`);
    if (tokens.some((other) => other.digest.equals(digest))) throw wrong(index + 1, "a token again");
    if (tokens.length === MOST_TOKENS) throw wrong(index + 1, `more than ${MOST_TOKENS} tokens`);
    tokens.push({ name, digest });
  }
  if (tokens.length === 0) throw new ActionError(`The ${FILE} ${path} has no token: add a line \`NAME TOKEN\`.`);
  return tokens;
}

const digestOf = (token: string): Buffer => createHash("sha256").update(token).digest();

/** Takes as long for every token, right or wrong. */
function nameIn(tokens: readonly KnownToken[], token: string): string | undefined {
  const digest = digestOf(token);
  let name: string | undefined;
  for (const one of tokens) if (timingSafeEqual(one.digest, digest)) name = one.name;
  return name;
}
