/**
 * How an operation of DM is asked, and what comes of its answer, whichever way it goes: over HTTP or through the site's
 * Python package. What the operations are for is the ports' matter (port.ts, processing.ts).
 */
import * as z from "zod";
import { oneLine } from "../../base/clean-text.ts";
import { type Log } from "../../base/log.ts";
import { type CallOptions, UnavailableError } from "../../controller/ports/call.ts";
import type { Listed } from "./members.ts";
import { DM_ROUTES, type DmArguments, type DmOperation } from "./routes.ts";

/** A way to DM: over HTTP, through the site's Python package, or none. */
export interface DmWay {
  /** Does one operation. */
  ask(operation: DmOperation, args: DmArguments, options: CallOptions): Promise<DmAnswer>;
  checkLogin(options: CallOptions): Promise<void>;
}
export interface DmAnswer {
  /** As it came, unchecked. */
  readonly json: unknown;
  /** Who gave it, at the beginning of a sentence. */
  readonly by: string;
}

/** Of what is wrong with an entry. */
const MOST_CHARACTERS = 300;

export class DmQuestions {
  readonly #way: DmWay;
  readonly #log: Log;
  /** What was said last of each list. */
  readonly #told = new Map<DmOperation, string>();

  constructor(way: DmWay, log: Log) {
    this.#way = way;
    this.#log = log;
  }

  async ask<S extends z.ZodType>(
    operation: DmOperation,
    args: DmArguments,
    schema: S,
    call: CallOptions,
  ): Promise<z.output<S>> {
    const { json, by } = await this.#way.ask(operation, args, call);
    const checked = schema.safeParse(json);
    if (checked.success) return checked.data;
    const problem = z.prettifyError(checked.error).replaceAll("\n", " ");
    throw new UnavailableError(`${by}: the answer is not what ${operation} gives (${problem})`, {
      mayHaveHappened: DM_ROUTES[operation].method !== "GET",
    });
  }

  /** An operation that is done or not. */
  async run(operation: DmOperation, args: DmArguments, call: CallOptions): Promise<void> {
    await this.ask(operation, args, z.unknown(), call);
  }

  /**
   * What can be read of a list. What cannot is left out and said, once until it changes, since lists are asked for
   * again and again.
   */
  async list<T>(
    operation: DmOperation,
    args: DmArguments,
    schema: z.ZodType<Listed<T>>,
    call: CallOptions,
  ): Promise<readonly T[]> {
    const { list, unread } = await this.ask(operation, args, schema, call);
    const problem = oneLine(unread[0] ?? "").slice(0, MOST_CHARACTERS);
    const sentence = `DM's answer to ${operation}: entries that cannot be read are left out, ${unread.length} in all; the first: ${problem}`;
    if (unread.length > 0 && sentence !== this.#told.get(operation)) this.#log.warn(sentence);
    this.#told.set(operation, sentence);
    return list;
  }
}
