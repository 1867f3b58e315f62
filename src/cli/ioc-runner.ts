/**
 * Runs PV commands through the PVs of a running IOC: fills inputs, writes 1 with a put-callback, follows Message and
 * the progress, reads how the run ended. What a command does is the IOC's matter. Text is Unicode here and bytes on the
 * wire.
 */

import { cleanJson } from "../base/clean-text.ts";
import type { CaClient } from "../ca/client/client.ts";
import {
  isDone,
  PutRefusedError,
  PvNameError,
  PvNotConnectedError,
  PvTimeoutError,
  ReadRefusedError,
} from "../ca/client/errors.ts";
import type { Reading } from "../ca/client/reading.ts";
import type { PvInfo, RemotePv } from "../ca/client/remote-pv.ts";
import { dbrCodeOf } from "../ca/client/wish-text.ts";
import { UnavailableError } from "../controller/ports/call.ts";
import type { PvOutput } from "../controller/ports/pvs.ts";
import { COMMAND_PARTS, COMMAND_STATES, type CommandName } from "../controller/pvs/commands.ts";
import type { InputName, PvName } from "../controller/pvs/index.ts";
import { type Outcome, RejectedError } from "../controller/run/outcome.ts";
import { fromByteString, toByteString } from "../epics/byte-string.ts";
import { linesOf, numberOf, type Runner, type RunnerOptions, runTold } from "./runner.ts";

/** The wait for a connection, and for an input to be taken. */
const WAIT = { timeoutSeconds: 5 };

/** An abort of `signal` asks the IOC to stop the command. */
export interface IocRunnerOptions extends RunnerOptions {
  readonly client: CaClient;
  /** Of the IOC's PVs, e.g. `2bmb:Globus:`. */
  readonly prefix: string;
  /** PVs whose changes are told while a command runs. */
  readonly watched: readonly PvName[];
}

export class IocRunner implements Runner {
  readonly #options: IocRunnerOptions;
  readonly #pvs = new Map<string, RemotePv>();

  constructor(options: IocRunnerOptions) {
    this.#options = options;
  }

  async set(name: InputName, value: string | number): Promise<void> {
    const pv = await this.connected(name);
    const status = await asked(pv.putCallback(typeof value === "string" ? toByteString(value) : value, WAIT));
    if (isDone(status)) return;
    throw new RejectedError(`${this.#full(name)} did not take ${cleanJson(value)}: ${await this.#text("Message")}`);
  }

  async value(name: PvName): Promise<PvOutput | undefined> {
    const pv = await this.connected(name);
    return valueOf(await asked(pv.get({ type: (native) => dbrCodeOf(native) ?? 0, ...WAIT })), pv.info());
  }

  run(name: CommandName): Promise<Outcome> {
    return runTold(name, this.#options, () => {
      this.#options.signal.throwIfAborted();
      return this.#run(name);
    });
  }

  async experiment(): Promise<{ readonly name: string; readonly details: readonly string[] }> {
    const name = await this.#text("ExperimentName");
    if (name === "") throw new RejectedError(await this.#text("TagMessage"));
    return { name, details: [`data link: ${await this.#text("DataLink")}`] };
  }

  /** Closes every PV. */
  close(): void {
    for (const pv of this.#pvs.values()) pv.close();
  }

  /** The PV of a suffix, once it is connected. @throws UnavailableError that says where the PV was looked for */
  async connected(suffix: string): Promise<RemotePv> {
    const pv = this.#pvs.get(suffix) ?? this.#open(suffix);
    this.#pvs.set(suffix, pv);
    try {
      await pv.connected(WAIT);
      return pv;
    } catch (thrown) {
      if (!(thrown instanceof PvTimeoutError)) throw asActionError(thrown);
      throw new UnavailableError(
        `There is no PV ${this.#full(suffix)}: start the IOC, or name its prefix with --ioc PREFIX; EPICS_CA_ADDR_LIST says where it is looked for.`,
      );
    }
  }

  #open(suffix: string): RemotePv {
    try {
      return this.#options.client.pv(toByteString(this.#full(suffix)));
    } catch (thrown) {
      throw asActionError(thrown);
    }
  }

  async #run(name: CommandName): Promise<Outcome> {
    const { signal, watched } = this.#options;
    const command = await this.connected(name);
    const stops = await Promise.all([this.#followMessage(name), ...watched.map((one) => this.#followValue(one))]);
    // Where the put of 0 fails the connection is gone, and the put-callback says so
    const stop = (): void => void command.put(0).catch(() => undefined);
    signal.addEventListener("abort", stop, { once: true });
    try {
      signal.throwIfAborted(); // an abort while the PVs connected was not heard
      const status = await asked(command.putCallback(1));
      return await this.#outcome(name, isDone(status));
    } finally {
      signal.removeEventListener("abort", stop);
      for (const one of stops) one();
    }
  }

  /**
   * How the run ended. Of a start that was refused because the command runs already the command's own PVs tell nothing.
   */
  async #outcome(name: CommandName, isSuccess: boolean): Promise<Outcome> {
    const state = COMMAND_STATES[numberOf(await this.#part(name, "status"))];
    if (state === undefined || state === "Idle" || state === "Running")
      return { state: "Rejected", message: (await this.#text("LastError")) || (await this.#text("Message")) };
    const message = String((await this.#part(name, "message")) ?? "");
    if (isSuccess || state !== "Done") return { state, message };
    return { state: "Rejected", message: (await this.#text("LastError")) || message };
  }

  #part(name: CommandName, part: keyof typeof COMMAND_PARTS): Promise<PvOutput | undefined> {
    return this.value(`${name}${COMMAND_PARTS[part].suffix}` as PvName);
  }

  /** Tells each event that comes from now on, but not the command's own ending. */
  #followMessage(name: CommandName): Promise<() => void> {
    return this.#follow("Message", (value, isNew) => {
      const sentence = String(value);
      if (isNew && !sentence.startsWith(`${name}: `)) this.#options.say(sentence);
    });
  }

  #followValue(name: PvName): Promise<() => void> {
    return this.#follow(name, (value, isNew) => this.#options.changed(name, value, isNew));
  }

  /** Tells the present value, as not new, and each later value. @returns stops telling */
  async #follow(name: PvName, listener: (value: PvOutput, isNew: boolean) => void): Promise<() => void> {
    const pv = await this.connected(name);
    let isNew = false;
    return pv.monitor({ type: (native) => dbrCodeOf(native) ?? 0 }, (reading) => {
      listener(valueOf(reading, pv.info()), isNew);
      isNew = true;
    });
  }

  async #text(name: PvName): Promise<string> {
    return linesOf(await this.value(name)).join("\n");
  }

  #full(suffix: string): string {
    return this.#options.prefix + suffix;
  }
}

/** The answer to a get or a put. @throws what the client throws as an ActionError; a bug of ours as it is */
async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    throw asActionError(thrown);
  }
}

/** By the error's class: refused before anything was sent, or the put may have been made. */
function asActionError(thrown: unknown): unknown {
  if (thrown instanceof PutRefusedError || thrown instanceof ReadRefusedError || thrown instanceof PvNameError)
    return new RejectedError(thrown.message, { cause: thrown });
  if (thrown instanceof PvTimeoutError || thrown instanceof PvNotConnectedError)
    return new UnavailableError(thrown.message, { cause: thrown, mayHaveHappened: true });
  return thrown;
}

/** Text for CHAR arrays and strings, arrays of strings and numbers as such. */
function valueOf(reading: Reading, info: PvInfo | undefined): PvOutput {
  const { value } = reading;
  if (typeof value === "number")
    return info?.nativeType === "CHAR" && info.elementCount > 1 ? fromByteString(reading.text) : value;
  if (typeof value === "string") return fromByteString(value);
  if (reading.type.native === "CHAR") return fromByteString(reading.text);
  return reading.type.native === "STRING"
    ? (value as readonly string[]).map(fromByteString)
    : [...(value as Iterable<number>)];
}
