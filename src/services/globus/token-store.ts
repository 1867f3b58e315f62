/**
 * The token file of a Globus login: one record per resource server, JSON, mode 0600, replaced as a whole. It is read
 * anew at every look, so a login made by another process counts at once; one process at a time changes it, so that no
 * record of another is lost. It asks nobody for tokens. globus.md §3.1.
 */
import { z } from "zod";
import { type Clock, sleep, systemClock } from "../../base/clock.ts";
import { ActionError, messageOf } from "../../base/errors.ts";
import { linkedFile } from "../../base/linked-file.ts";
import { OwnerFile } from "../../base/owner-file.ts";
import { MissingFileError, readPrivateFile, writePrivateFile } from "../../base/private-file.ts";
import type { FileCalls } from "../../base/replace-file.ts";
import type { Trouble } from "../../base/troubles.ts";

/** What one service accepts from us. */
export interface TokenRecord {
  /** As Globus names it, e.g. `transfer.api.globus.org`, or a flow's id. */
  readonly resourceServer: string;
  readonly accessToken: string;
  /** Granted scopes, separated by blanks. */
  readonly scope: string;
  /** When the access token ends, milliseconds since 1970 UTC. */
  readonly expires: number;
  /** When Globus gave this record, milliseconds since 1970 UTC. */
  readonly obtained: number;
  /** Absent where the login does not outlive the access token. */
  readonly refreshToken?: string;
}

/** What is read and changed of the token file. */
export interface TokenChanges {
  /**
   * By resource server; empty when there is no file.
   * @throws ActionError for a file that others can read, or that is none of ours
   */
  read(): Promise<ReadonlyMap<string, TokenRecord>>;
  /** Adds the records or puts them in the place of older records; the file's other records stay. */
  put(records: readonly TokenRecord[]): Promise<void>;
  /** Takes these records away, of those that are there. The file stays, empty where no record is left. */
  remove(resourceServers: readonly string[]): Promise<void>;
}

export interface TokenStore extends TokenChanges {
  /** As the sentences name it. */
  readonly path: string;
  /** Whether there is a file, with records or without. */
  exists(): Promise<boolean>;
  /**
   * Does what reads and changes the records as one: no other process changes them meanwhile, for as long as half a
   * minute. The work may not call the store itself.
   */
  exclusively<T>(work: (changes: TokenChanges) => Promise<T>): Promise<T>;
}

const WHAT = "Globus token file";
const VERSION = 1;
/**
 * How long another process may have the file for itself; then it hangs, or is on a host that is gone, and is not waited
 * for.
 */
const LONGEST_SECONDS = 30;
const AGAIN_SECONDS = 0.1;

const time = z.iso.datetime().transform((text) => Date.parse(text));
const fileSchema = z.object({
  version: z.literal(VERSION),
  tokens: z.record(
    z.string(),
    z.object({
      access_token: z.string().min(1),
      scope: z.string(),
      expires: time,
      obtained: time,
      refresh_token: z.string().min(1).optional(),
    }),
  ),
});

export interface TokenStoreOptions {
  /** Told when the file cannot be written, and when it can be again; without `trouble` it is `put` that fails. */
  readonly trouble?: Trouble | undefined;
  readonly files?: FileCalls;
  /** For waits for another process. */
  readonly clock?: Clock;
}

export const createTokenStore = (path: string, options: TokenStoreOptions = {}): TokenStore =>
  new TokenFile(path, options);

interface Unwritten {
  readonly record: TokenRecord;
  /** The access token in the file when the record was put; null: the file could not be read. */
  readonly over: string | undefined | null;
}

/**
 * Records that cannot be written are kept while the program runs, and written with the next look: a refresh token that
 * is lost ends the login.
 */
class TokenFile implements TokenStore {
  readonly path: string;
  readonly #options: TokenStoreOptions;
  readonly #unwritten = new Map<string, Unwritten>();
  /** Changes, one after the other; what reads and writes within one, and looks, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();
  #steps: Promise<unknown> = Promise.resolve();

  constructor(path: string, options: TokenStoreOptions) {
    this.path = path;
    this.#options = options;
  }

  read(): Promise<ReadonlyMap<string, TokenRecord>> {
    return this.#step(async () => {
      if (this.#unwritten.size > 0) await this.#write().catch(() => {}); // told when the records were put
      return this.#all();
    });
  }

  put(records: readonly TokenRecord[]): Promise<void> {
    return this.exclusively((changes) => changes.put(records));
  }

  remove(resourceServers: readonly string[]): Promise<void> {
    return this.exclusively((changes) => changes.remove(resourceServers));
  }

  async exists(): Promise<boolean> {
    return this.#unwritten.size > 0 || (await textOf(this.path)) !== undefined;
  }

  exclusively<T>(work: (changes: TokenChanges) => Promise<T>): Promise<T> {
    const done = this.#changes.then(async () => {
      const giveBack = await this.#claim();
      try {
        return await work(this.#withoutClaim);
      } finally {
        await giveBack();
      }
    });
    this.#changes = done.catch(() => {}); // told to the caller of `work`
    return done;
  }

  readonly #withoutClaim: TokenChanges = {
    read: () => this.read(),
    put: (records) =>
      this.#step(async () => {
        const there = await readFile(this.path).catch(() => undefined); // the write says why
        for (const record of records) {
          const over = there === undefined ? null : there.get(record.resourceServer)?.accessToken;
          this.#unwritten.set(record.resourceServer, { record, over });
        }
        await this.#write();
      }),
    remove: (resourceServers) =>
      this.#step(async () => {
        const records = new Map(await this.#all());
        const gone = resourceServers.filter((one) => records.delete(one));
        if (gone.length === 0) return;
        await writePrivateFile(this.path, printTokens(records), WHAT, this.#options.files);
        for (const one of gone) this.#unwritten.delete(one);
      }),
  };

  /**
   * Where the file's folder takes no claim the work is done without: whether it can be written, the write says.
   * @returns gives the file back
   */
  async #claim(): Promise<() => Promise<void>> {
    const { files, clock = systemClock } = this.#options;
    // One file has one owner, whatever link leads to it
    const owner = new OwnerFile(`${await linkedFile(this.path)}.owner`, files === undefined ? {} : { files });
    const until = clock.monotonic() + LONGEST_SECONDS;
    try {
      while ((await owner.claim()) !== undefined) {
        if (clock.monotonic() >= until) return () => Promise.resolve();
        await sleep(clock, AGAIN_SECONDS);
      }
    } catch {
      return () => Promise.resolve();
    }
    return () => owner.release().catch(() => {}); // who waits for it goes on after LONGEST_SECONDS
  }

  #step<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#steps.then(work);
    this.#steps = done.catch(() => {}); // told to the caller of `work`; the next step begins afresh
    return done;
  }

  /**
   * The file's records, and newer records that could not be written. What is newer no time says, for clocks are set:
   * another record in the file than when ours was put is another process', and came later.
   */
  async #all(): Promise<ReadonlyMap<string, TokenRecord>> {
    const records = new Map(await readFile(this.path));
    for (const [server, { record, over }] of this.#unwritten)
      if (over !== null && records.get(server)?.accessToken !== over) this.#unwritten.delete(server);
      else records.set(server, record);
    return records;
  }

  async #write(): Promise<void> {
    const { trouble, files } = this.#options;
    const records = await this.#all();
    try {
      if (this.#unwritten.size > 0) await writePrivateFile(this.path, printTokens(records), WHAT, files);
      this.#unwritten.clear();
      trouble?.ends(`The ${WHAT} ${this.path} is written again.`);
    } catch (thrown) {
      if (trouble === undefined) throw thrown;
      trouble.begins(`${messageOf(thrown)} The login is kept in memory until it can be.`);
    }
  }
}

async function readFile(path: string): Promise<ReadonlyMap<string, TokenRecord>> {
  const text = await textOf(path);
  return text === undefined ? new Map() : parseTokens(text, path);
}

/** Undefined where there is no file. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readPrivateFile(path, WHAT);
  } catch (thrown) {
    if (thrown instanceof MissingFileError) return undefined;
    throw thrown;
  }
}

/** @throws ActionError naming `path` when the text is no token file */
export function parseTokens(text: string, path: string): ReadonlyMap<string, TokenRecord> {
  let tokens: z.infer<typeof fileSchema>["tokens"];
  let document: unknown;
  try {
    document = JSON.parse(text);
    ({ tokens } = fileSchema.parse(document));
  } catch (thrown) {
    const advice = "move it away and run `globus-ioc login`, or restore it";
    const version = versionOf(document);
    if (version !== undefined && version !== VERSION)
      throw new ActionError(
        `The ${WHAT} ${path} is of version ${version}, and this program reads version ${VERSION}: ${version > VERSION ? `use the newer globus-ioc that wrote it, or ${advice}` : advice}.`,
      );
    // Without its cause: what a parser says may have a part of the text in it
    const why = thrown instanceof z.ZodError ? firstProblem(thrown) : "no JSON";
    throw new ActionError(`The ${WHAT} ${path} cannot be used (${why}): ${advice}.`);
  }
  return new Map(
    Object.entries(tokens).map(([resourceServer, token]) => {
      const { access_token: accessToken, refresh_token: refreshToken, scope, expires, obtained } = token;
      const optional = refreshToken === undefined ? {} : { refreshToken };
      return [resourceServer, { resourceServer, accessToken, scope, expires, obtained, ...optional }];
    }),
  );
}

function versionOf(document: unknown): number | undefined {
  if (typeof document !== "object" || document === null || !("version" in document)) return undefined;
  return typeof document.version === "number" ? document.version : undefined;
}

export function printTokens(records: ReadonlyMap<string, TokenRecord>): string {
  const tokens = Object.fromEntries(
    [...records].map(([resourceServer, record]) => [
      resourceServer,
      {
        access_token: record.accessToken,
        scope: record.scope,
        expires: new Date(record.expires).toISOString(),
        obtained: new Date(record.obtained).toISOString(),
        ...(record.refreshToken !== undefined && { refresh_token: record.refreshToken }),
      },
    ]),
  );
  return `${JSON.stringify({ version: VERSION, tokens }, undefined, 2)}\n`;
}

/** Where the file is wrong, without a word of what it holds. */
function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join(".") || "the whole"}: ${issue?.code ?? "unknown"}`;
}
