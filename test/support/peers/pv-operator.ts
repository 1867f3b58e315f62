/**
 * Who works an IOC in a test: writes PVs and waits for their completion, reads them, and waits for what they are to
 * become. By Channel Access, as any client.
 */
import { systemClock } from "../../../src/base/clock.ts";
import type { CaClient } from "../../../src/ca/client/client.ts";
import type { RemotePv } from "../../../src/ca/client/remote-pv.ts";
import { COMMAND_STATES } from "../../../src/controller/pvs/commands.ts";
import { openClient } from "./our-client.ts";

/** Until a PV must answer, or become what is waited for. */
const SECONDS = 20;
/** Until a put-callback must complete: commands take a while. */
const COMMAND_SECONDS = 60;

/** Each method takes a PV by what follows the prefix. Texts are UTF-8. */
export interface PvOperator {
  /** Works with a channel of its own, which is closed behind it. */
  readonly use: <T>(suffix: string, work: (pv: RemotePv) => Promise<T>) => Promise<T>;
  readonly text: (suffix: string) => Promise<string>;
  readonly number: (suffix: string) => Promise<number>;
  /** Resolves with the ECA status of the completion. */
  readonly put: (suffix: string, value: string | number) => Promise<number>;
  /** `Idle`, `Running`, `Done` … */
  readonly state: (command: string) => Promise<string | undefined>;
  /** Resolves with the text that is wanted, now or when the PV's monitor tells it. */
  readonly until: (suffix: string, wanted: (text: string) => boolean) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Works the IOC of a site, which need not run before the first PV is used. */
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
    until: (suffix, wanted) => use(suffix, (pv) => becomes(pv, wanted)),
    close: async () => opened?.close(),
  };
}

/** What a client shows of a text, which goes over the wire as bytes. */
export const utf8 = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");

function becomes(pv: RemotePv, wanted: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let last = "nothing";
    const giveUp = systemClock.after(SECONDS, () => {
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
