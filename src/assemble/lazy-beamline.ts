/**
 * TomoScan's PVs through a Channel Access client that is made when it is first needed; where that fails, at the next
 * need.
 */
import { defer, EMPTY, Observable, of, retry, startWith, switchMap } from "rxjs";
import type { Clock } from "../base/clock.ts";
import { CancelledError, messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { orAbort } from "../base/or-abort.ts";
import type { CaClient } from "../ca/client/client.ts";
import type { BeamlinePvs, BeamlineText } from "../controller/ports/beamline-pvs.ts";
import { type CallOptions, OffError } from "../controller/ports/call.ts";
import { createCaPvs } from "../services/ca-pvs.ts";

/** Seconds until a follower of a PV asks again for a client that could not be made. */
const AGAIN_SECONDS = 30;

export interface LazyBeamline {
  readonly pvs: BeamlinePvs;
  /** Does not wait for a client that is still being made: such a client is closed as soon as it is there. */
  readonly close: () => Promise<void>;
}

export function lazyBeamline(open: () => Promise<CaClient>, { clock, log }: LazyOptions): LazyBeamline {
  const client = new LazyClient(open, log);
  const later$ = new Observable<void>((subscriber) => clock.after(AGAIN_SECONDS, () => subscriber.next()));
  return {
    pvs: {
      text$: (name, form) =>
        defer(() => client.used()).pipe(
          retry({ delay: () => (client.isClosed ? EMPTY : later$) }),
          switchMap((pvs) => pvs.text$(name, form)),
          startWith(UNCONNECTED), // while host names are looked up
        ),
      writeText: async (name, text, call) => (await client.used(call)).writeText(name, text, call),
      readText: async (name, call) => (await client.used(call)).readText(name, call),
    },
    close: () => client.close(),
  };
}

interface LazyOptions {
  readonly clock: Clock;
  readonly log: Log;
}

/** A client that is made at the first use. Why it cannot be made is told once, until the reason changes. */
class LazyClient {
  readonly #open: () => Promise<CaClient>;
  readonly #log: Log;
  #client: CaClient | undefined;
  #opening: Promise<BeamlinePvs> | undefined;
  #isClosed = false;
  #told = "";

  constructor(open: () => Promise<CaClient>, log: Log) {
    this.#open = open;
    this.#log = log;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The client's PVs, once the client is there. @throws why it cannot be made; the next call tries again */
  used({ signal }: CallOptions = {}): Promise<BeamlinePvs> {
    this.#opening ??= this.#opened();
    return signal === undefined ? this.#opening : orAbort(this.#opening, signal);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#client?.close();
  }

  async #opened(): Promise<BeamlinePvs> {
    try {
      this.#client = await this.#open();
    } catch (error) {
      this.#opening = undefined;
      this.#tell(messageOf(error));
      throw error;
    }
    if (!this.#isClosed) return createCaPvs(this.#client);
    await this.#client.close();
    throw new CancelledError("The connection to TomoScan was closed.");
  }

  #tell(why: string): void {
    if (why === this.#told) return;
    this.#told = why;
    this.#log.warn(`TomoScan's PVs cannot be followed: ${why}; this is tried again every ${AGAIN_SECONDS} s.`);
  }
}

const UNCONNECTED: BeamlineText = { connected: false, text: undefined };

/** Stands in where there is no TomoScan. @param why a sentence */
export const nowhere = (why: string): BeamlinePvs => ({
  text$: () => of(UNCONNECTED),
  writeText: () => Promise.reject(new OffError(why)),
  readText: () => Promise.resolve(undefined),
});
