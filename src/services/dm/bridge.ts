/**
 * The site's own Python `dm` package behind line JSON (dm_bridge.py): a child process that is started when it is first
 * needed and again after it has died, one call at a time. It knows nothing of what the calls mean; over-python.ts does.
 * No login is on its command line: the package finds it by DM_LOGIN_FILE.
 */

import { join } from "node:path";
import * as z from "zod";
import { oneLine } from "../../base/clean-text.ts";
import type { Clock } from "../../base/clock.ts";
import type { Environment } from "../../base/environment.ts";
import { ActionError, messageOf } from "../../base/errors.ts";
import { type Log } from "../../base/log.ts";
import { PACKAGE_FOLDER } from "../../base/package-folder.ts";
import { readRegularFile } from "../../base/regular-file.ts";
import { UnavailableError } from "../../controller/ports/call.ts";
import { ChildAbsent, ChildEnded, ChildSilent, DmChild, type Wait } from "./child.ts";
import { untilAborted } from "./session.ts";

export interface DmBridgeOptions {
  /** The Python that has the package: a program, found as a shell finds it. */
  readonly python: string;
  /** What names it, for sentences: the setting or option. */
  readonly namedBy: string;
  /** What to do when it cannot import the package. */
  readonly remedy: string;
  /** The child's whole environment, DM_* included. */
  readonly environment: Environment;
  readonly clock: Clock;
  readonly log: Log;
  /** For starting it, importing the package included. */
  readonly startSeconds: number;
  /** Ports of 127.0.0.1 that the package may connect to, and no others; absent: no such limit. */
  readonly onlyPorts?: readonly number[] | undefined;
}

export interface BridgeCall extends Wait {
  readonly operation: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** It changes something at DM. */
  readonly changes: boolean;
}

const failureSchema = z.object({ type: z.string(), message: z.string(), code: z.number().nullable() });
const answerSchema = z.object({ id: z.number(), result: z.unknown().optional(), error: failureSchema.optional() });
const greetingSchema = z.object({ ready: z.string().optional(), failed: z.string().optional() });

/** What the package raised: class, text and DM's number where it has one. */
export type BridgeFailure = z.output<typeof failureSchema>;
export type BridgeAnswer = { readonly result: unknown } | { readonly failure: BridgeFailure };

/** Python scripts lie beside this file's source, for the built program too. */
const script = (name: string): string => join(PACKAGE_FOLDER, "src/services/dm", name);
/** Writes no compiled files beside the sources, and lets what it says for people through before it dies. */
const FLAGS = ["-B", "-u"] as const;
/** Waits between deaths in a row: none after the first, then 2, 4, 8 … s. */
const LONGEST_WAIT_SECONDS = 60;
/** A shorter password is no secret, and hiding it would spoil every sentence. */
const SHORTEST_SECRET = 4;

/** That Python cannot import the package. */
class PackageMissing extends ActionError {
  /** In Python's own words. */
  readonly why: string;
  constructor(sentence: string, why: string) {
    super(sentence);
    this.why = why;
  }
}

export class DmBridge {
  readonly #options: DmBridgeOptions;
  #child: DmChild | undefined;
  /** Resolves when nobody is being served any more. */
  #turn: Promise<void> = Promise.resolve();
  #nextId = 1;
  /** Those that its login file has had. */
  readonly #passwords = new Set<string>();
  /** The last thing that it wrote for people, else how it ended. */
  #lastWords = "";
  #deaths = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: DmBridgeOptions) {
    this.#options = options;
  }
  /**
   * Waits for its turn, then for the package's answer, a failure that the package raised included; all in all as long
   * as the call says, starting it aside.
   * @throws UnavailableError when the process died or was silent, ActionError when Python or the package is missing, or
   * the signal's reason
   */
  call(call: BridgeCall): Promise<BridgeAnswer> {
    return this.#inTurn(call.operation, call, (seconds) => this.#serve({ ...call, seconds }));
  }
  /**
   * Starts it where it does not run.
   * @returns why the package is not there, in Python's own words, or undefined when it is
   * @throws as `call` when that stays unknown
   */
  async look(signal: AbortSignal | undefined): Promise<string | undefined> {
    try {
      await this.#inTurn("the look for the package", { seconds: this.#options.startSeconds, signal }, () =>
        this.#running(signal),
      );
      return undefined;
    } catch (thrown) {
      if (thrown instanceof PackageMissing) return thrown.why;
      if (thrown instanceof Error && thrown.cause instanceof ChildAbsent) return thrown.cause.message;
      throw thrown;
    }
  }
  /** Ends the process; a call under way fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#child?.close();
  }
  /** Text on one line, passwords in it replaced: for all text that came from the package. */
  clean(text: string): string {
    let hidden = text;
    for (const password of this.#passwords) hidden = hidden.replaceAll(password, "…");
    return oneLine(hidden);
  }
  /** Runs `work` when nobody else is being served, with the seconds that are left then. */
  async #inTurn<T>(what: string, { seconds, signal }: Wait, work: (left: number) => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const until = clock.monotonic() + seconds;
    const before = this.#turn;
    let done = (): void => {};
    const served = new Promise<void>((resolve) => {
      done = resolve;
    });
    this.#turn = before.then(() => served);
    const over = new AbortController();
    const cancel = clock.after(seconds, () =>
      over.abort(
        new UnavailableError(`${this.#name} was busy with other calls for ${seconds} s, so ${what} was not done`),
      ),
    );
    try {
      await untilAborted(before, AbortSignal.any(signal === undefined ? [over.signal] : [over.signal, signal]));
      cancel();
      return await work(Math.max(1, Math.ceil(until - clock.monotonic())));
    } finally {
      cancel();
      done();
    }
  }
  async #serve({ operation, args, changes, ...wait }: BridgeCall): Promise<BridgeAnswer> {
    const child = await this.#running(wait.signal);
    await this.#notePassword();
    const id = this.#nextId++;
    const line = await this.#exchange(child, JSON.stringify({ id, method: operation, args }), { ...wait, changes });
    const answer = read(answerSchema, line);
    if (answer?.id !== id) {
      child.kill();
      throw new UnavailableError(
        `${this.#name} answered ${this.clean(line.slice(0, 200))}, which is no answer to ${operation}`,
        {
          mayHaveHappened: changes,
        },
      );
    }
    this.#deaths = 0;
    return answer.error === undefined ? { result: answer.result } : { failure: answer.error };
  }
  async #exchange(child: DmChild, request: string, options: Wait & { readonly changes: boolean }): Promise<string> {
    try {
      return await child.exchange(request, options);
    } catch (thrown) {
      if (!(thrown instanceof ChildEnded || thrown instanceof ChildSilent)) throw thrown;
      throw new UnavailableError(this.#sentence(thrown), { cause: thrown, mayHaveHappened: options.changes });
    }
  }
  /** The process, started now if there is none. */
  async #running(signal: AbortSignal | undefined): Promise<DmChild> {
    if (this.#child?.isUsable === true) return this.#child;
    const { clock } = this.#options;
    const seconds = Math.ceil(this.#notBefore - clock.monotonic());
    if (this.#closed) throw new UnavailableError(`${this.#name} is closed`);
    if (seconds > 0) {
      const why = this.#lastWords === "" ? "" : ` (${this.#lastWords})`;
      throw new UnavailableError(
        `${this.#name} ended ${this.#deaths} times in a row${why}; it is started again in ${seconds} s`,
      );
    }
    return this.#start(signal);
  }
  async #start(signal: AbortSignal | undefined): Promise<DmChild> {
    const { python, environment, clock, log, startSeconds, onlyPorts } = this.#options;
    await this.#notePassword();
    this.#lastWords = "";
    const words =
      onlyPorts === undefined ? [script("dm_bridge.py")] : [script("dm_record.py"), ...onlyPorts.map(String)];
    const heard = (line: string): void => {
      if (line.trim() !== "") this.#lastWords = this.clean(line.trim());
      log.debug(`${python}: ${this.clean(line)}`);
    };
    if (this.#closed) throw new UnavailableError(`${this.#name} is closed`);
    const child = new DmChild({ command: [python, ...FLAGS, ...words], environment, clock, heard });
    this.#child = child;
    void child.gone.then(() => this.#ended(child));
    const greeting = read(greetingSchema, await this.#greeting(child, { seconds: startSeconds, signal }));
    if (greeting?.ready !== undefined) return child;
    await child.close();
    const why = this.clean(greeting?.failed ?? "it is not the bridge that answers");
    this.#lastWords = why;
    throw new PackageMissing(`${this.#name} cannot import the dm package: ${why}; ${this.#options.remedy}`, why);
  }
  async #greeting(child: DmChild, wait: Wait): Promise<string> {
    try {
      return await child.exchange(undefined, wait);
    } catch (thrown) {
      if (!(thrown instanceof ChildEnded || thrown instanceof ChildSilent)) throw thrown;
      throw new UnavailableError(this.#sentence(thrown), { cause: thrown });
    }
  }
  /** Called before each call that may log in, for the file may have changed. */
  async #notePassword(): Promise<void> {
    const password = await passwordIn(this.#options.environment["DM_LOGIN_FILE"]);
    if (password.length >= SHORTEST_SECRET) this.#passwords.add(password);
  }
  #ended(child: DmChild): void {
    if (this.#child === child) this.#child = undefined;
    if (child.wasKilled || this.#closed) return;
    this.#deaths++;
    if (this.#deaths < 2) return;
    const wait = Math.min(LONGEST_WAIT_SECONDS, 2 ** (this.#deaths - 1));
    this.#notBefore = this.#options.clock.monotonic() + wait;
  }
  #sentence(thrown: Error): string {
    const how = this.clean(messageOf(thrown));
    const words = this.#lastWords === "" ? "" : ` (its last words: ${this.#lastWords})`;
    this.#lastWords ||= how;
    return `${this.#name} ${how}${words}`;
  }
  get #name(): string {
    return `The Python of ${this.#options.namedBy}, ${this.#options.python},`;
  }
}

function read<S extends z.ZodType>(schema: S, line: string): z.output<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** Only to hide it: the package itself says what is wrong with the file. */
async function passwordIn(file: string | undefined): Promise<string> {
  if (file === undefined || file === "") return "";
  const text = await readRegularFile(file).then(
    (bytes) => bytes.toString("utf8"),
    () => "",
  );
  return (text.split(/\r?\n/, 1)[0] ?? "").replace(/^[^|]*\|/, "").trim();
}
