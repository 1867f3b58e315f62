/**
 * TomoScan's PVs through a Channel Access client that is made when it is first needed, or where it cannot be made, at
 * the next need.
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

/** Before a client that could not be made is tried again for whoever follows a PV. */
const AGAIN_SECONDS = 30;

export interface LazyBeamline {
  readonly pvs: BeamlinePvs;
  /** Waits for no client that is still being made: it is closed as soon as it is there. */
  readonly close: () => Promise<void>;
}

export function lazyBeamline(
  open: () => Promise<CaClient>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): LazyBeamline {
  let client: CaClient | undefined;
  let opening: Promise<BeamlinePvs> | undefined;
  let isClosed = false;
  let told = "";
  const opened = async (): Promise<BeamlinePvs> => {
    try {
      client = await open();
    } catch (error) {
      opening = undefined;
      const why = messageOf(error);
      if (why !== told)
        log.warn(`TomoScan's PVs cannot be followed: ${why}; this is tried again every ${AGAIN_SECONDS} s.`);
      told = why;
      throw error;
    }
    if (!isClosed) return createCaPvs(client);
    await client.close();
    throw new CancelledError("The connection to TomoScan was closed.");
  };
  const used = ({ signal }: CallOptions = {}): Promise<BeamlinePvs> => {
    opening ??= opened();
    return signal === undefined ? opening : orAbort(opening, signal);
  };
  const later$ = new Observable<void>((subscriber) => clock.after(AGAIN_SECONDS, () => subscriber.next()));
  return {
    pvs: {
      text$: (name) =>
        defer(() => used()).pipe(
          retry({ delay: () => (isClosed ? EMPTY : later$) }),
          switchMap((pvs) => pvs.text$(name)),
          startWith(UNCONNECTED), // while host names are looked up
        ),
      writeText: async (name, text, call) => (await used(call)).writeText(name, text, call),
      readText: async (name, call) => (await used(call)).readText(name, call),
    },
    close: async () => {
      isClosed = true;
      await client?.close();
    },
  };
}

const UNCONNECTED: BeamlineText = { connected: false, text: undefined };

/** Where there is no TomoScan. @param why a sentence */
export const nowhere = (why: string): BeamlinePvs => ({
  text$: () => of(UNCONNECTED),
  writeText: () => Promise.reject(new OffError(why)),
  readText: () => Promise.resolve(undefined),
});
