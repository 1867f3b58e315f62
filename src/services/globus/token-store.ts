/**
 * The token file of a Globus login: one record per resource server, JSON, mode 0600, replaced as a whole. It is read
 * anew at every look, so a login made by another process counts at once. It asks nobody for tokens. globus.md §3.1.
 */
import { z } from "zod";
import { ActionError, messageOf } from "../../base/errors.ts";
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

export interface TokenStore {
  /** As the sentences name it. */
  readonly path: string;
  /**
   * By resource server; empty when there is no file.
   * @throws ActionError for a file that others can read, or that is none of ours
   */
  read(): Promise<ReadonlyMap<string, TokenRecord>>;
  /** Adds the records or puts them in the place of older records; the file's other records stay. */
  put(records: readonly TokenRecord[]): Promise<void>;
}

const WHAT = "Globus token file";
const VERSION = 1;

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
}

export const createTokenStore = (path: string, options: TokenStoreOptions = {}): TokenStore =>
  new TokenFile(path, options);

/**
 * Records that cannot be written are kept while the program runs, and written with the next look: a refresh token that
 * is lost ends the login.
 */
class TokenFile implements TokenStore {
  readonly path: string;
  readonly #options: TokenStoreOptions;
  readonly #unwritten = new Map<string, TokenRecord>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(path: string, options: TokenStoreOptions) {
    this.path = path;
    this.#options = options;
  }

  read(): Promise<ReadonlyMap<string, TokenRecord>> {
    return this.#inTurn(async () => {
      if (this.#unwritten.size > 0) await this.#write().catch(() => {}); // told when the records were put
      return this.#all();
    });
  }

  put(records: readonly TokenRecord[]): Promise<void> {
    return this.#inTurn(async () => {
      for (const record of records) this.#unwritten.set(record.resourceServer, record);
      await this.#write();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {}); // told to the caller of `work`; the next work begins afresh
    return done;
  }

  /** The file's records, and newer records that could not be written. */
  async #all(): Promise<ReadonlyMap<string, TokenRecord>> {
    const records = new Map(await readFile(this.path));
    for (const [server, record] of this.#unwritten)
      if ((records.get(server)?.obtained ?? 0) > record.obtained) this.#unwritten.delete(server);
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
  try {
    return parseTokens(await readPrivateFile(path, WHAT), path);
  } catch (thrown) {
    if (thrown instanceof MissingFileError) return new Map();
    throw thrown;
  }
}

/** @throws ActionError naming `path` when the text is no token file */
export function parseTokens(text: string, path: string): ReadonlyMap<string, TokenRecord> {
  let tokens: z.infer<typeof fileSchema>["tokens"];
  try {
    ({ tokens } = fileSchema.parse(JSON.parse(text)));
  } catch (thrown) {
    const why = thrown instanceof z.ZodError ? firstProblem(thrown) : messageOf(thrown);
    throw new ActionError(`The ${WHAT} ${path} cannot be used (${why}): log in anew, or restore it.`, {
      cause: thrown,
    });
  }
  return new Map(
    Object.entries(tokens).map(([resourceServer, token]) => {
      const { access_token: accessToken, refresh_token: refreshToken, scope, expires, obtained } = token;
      const optional = refreshToken === undefined ? {} : { refreshToken };
      return [resourceServer, { resourceServer, accessToken, scope, expires, obtained, ...optional }];
    }),
  );
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
