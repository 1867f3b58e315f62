/**
 * The operator of an IOC in a test: writes PVs and waits for the completion, reads PVs, and waits for values. By
 * Channel Access, as any client.
 */
import { systemClock } from "../../../src/base/clock.ts";
import type { CaClient } from "../../../src/ca/client/client.ts";
import type { RemotePv } from "../../../src/ca/client/remote-pv.ts";
import { COMMAND_STATES } from "../../../src/controller/pvs/commands.ts";
import { openClient } from "./our-client.ts";

/** Seconds in which a PV must answer, or get the value that is waited for. */
const SECONDS = 20;
/** Seconds in which a put-callback must complete: commands take a while. */
const COMMAND_SECONDS = 60;

/** Each method takes a PV by what follows the prefix. Texts are UTF-8. */
export interface PvOperator {
  /** Runs `work` with a channel of its own, which is closed afterwards. */
  readonly use: <T>(suffix: string, work: (pv: RemotePv) => Promise<T>) => Promise<T>;
  readonly text: (suffix: string) => Promise<string>;
  readonly number: (suffix: string) => Promise<number>;
  /** Resolves with the ECA status of the completion. */
  readonly put: (suffix: string, value: string | number) => Promise<number>;
  /** `Idle`, `Running`, `Done` … */
  readonly state: (command: string) => Promise<string | undefined>;
  /** Resolves with the first text that is wanted: the PV's present text, or a later update. */
  readonly until: (suffix: string, wanted: (text: string) => boolean, seconds?: number) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** The operator of a site's IOC, which need not run before the first PV is used. */
export function operatorOf(site: () => { readonly iocPort: number; readonly prefix: string }): PvOperator {
  let opened: CaClient | undefined;
  const use: PvOperator["use"] = async (suffix, work) => {
    const { iocPort, prefix } = site();
    opened ??= openClient(iocPort).client;
    const pv = opened.pv(prefix + suffix);
    try {
      await pv.connected({ timeoutSeconds: SECONDS });
      return await work(pv);
    } finally {
      pv.close();
    }
  };
  const number = (suffix: string): Promise<number> => use(suffix, async (pv) => Number((await pv.get()).value));
  return {
    use,
    number,
    text: (suffix) => use(suffix, async (pv) => utf8((await pv.get()).text)),
    put: (suffix, value) => use(suffix, (pv) => pv.putCallback(value, { timeoutSeconds: COMMAND_SECONDS })),
    state: async (command) => COMMAND_STATES[await number(`${command}Status`)],
    until: (suffix, wanted, seconds) => use(suffix, (pv) => becomes(pv, wanted, seconds)),
    close: async () => opened?.close(),
  };
}

/** The text of bytes that have come over the wire. */
export const utf8 = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");

function becomes(pv: RemotePv, wanted: (text: string) => boolean, seconds = SECONDS): Promise<string> {
  return new Promise((resolve, reject) => {
    let last = "nothing";
    const giveUp = systemClock.after(seconds, () => {
      reject(new Error(`${pv.name} never became what was wanted; it was ${last}`));
    });
    const stop = pv.monitor({}, (reading) => {
      last = utf8(reading.text);
      if (!wanted(last)) return;
      giveUp();
      queueMicrotask(() => stop());
      resolve(last);
    });
  });
}
