/**
 * PVs of one prefix, as TomoScan's server has them: what cannot be written because the IOC is away is lost, and what
 * cannot be read is as it was last read or written.
 */
import type { CaClient } from "../../ca/client/client.ts";
import { AS_TEXT } from "../../ca/client/observe.ts";
import type { RemotePv } from "../../ca/client/remote-pv.ts";
import { fromByteString, toByteString } from "../../epics/byte-string.ts";

/** Seconds that an IOC gets to answer. */
const PATIENCE = { timeoutSeconds: 5 };

export class PvGroup {
  readonly #pvs: ReadonlyMap<string, RemotePv>;
  readonly #texts = new Map<string, string>();

  constructor(client: CaClient, prefix: string, suffixes: readonly string[]) {
    this.#pvs = new Map(suffixes.map((suffix) => [suffix, client.pv(`${prefix}${suffix}`)]));
  }

  /** A PV's text, an enum by its state. */
  async text(suffix: string): Promise<string> {
    try {
      this.#texts.set(suffix, fromByteString((await this.#pv(suffix).get({ ...AS_TEXT, ...PATIENCE })).text));
    } catch {
      // It is as it was
    }
    return this.#texts.get(suffix) ?? "";
  }

  /** A PV's number; 0 where the PV was never read. */
  async number(suffix: string): Promise<number> {
    return Number(await this.text(suffix)) || 0;
  }

  /** Resolves when the PV's record has been processed, or cannot be. */
  async put(suffix: string, value: string | number): Promise<void> {
    this.#texts.set(suffix, String(value));
    await this.#pv(suffix)
      .putCallback(typeof value === "string" ? toByteString(value) : value, PATIENCE)
      .catch(() => undefined);
  }

  /** As `put`, but does not wait: for a record of type busy, which is not processed before it is 0 again. */
  async send(suffix: string, value: number): Promise<void> {
    await this.#pv(suffix)
      .put(value)
      .catch(() => undefined);
  }

  /** Calls `heard` with the text of each event, and with the present text after each connection. */
  monitor(suffix: string, heard: (text: string) => void): void {
    this.#pv(suffix).monitor(AS_TEXT, ({ text }) => heard(fromByteString(text)));
  }

  /** Resolves when all are connected. @throws the signal's reason */
  async connected(signal: AbortSignal): Promise<void> {
    for (const pv of this.#pvs.values()) await pv.connected({ signal });
  }

  /** Calls `connected` whenever the last of all has been connected. */
  onConnection(connected: () => void): void {
    const pvs = [...this.#pvs.values()];
    for (const pv of pvs)
      pv.onConnection((isConnected) => {
        if (isConnected && pvs.every((one) => one.isConnected)) connected();
      });
  }

  close(): void {
    for (const pv of this.#pvs.values()) pv.close();
  }

  #pv(suffix: string): RemotePv {
    const pv = this.#pvs.get(suffix);
    if (pv === undefined) throw new TypeError(`${suffix} is not in the group`);
    return pv;
  }
}
