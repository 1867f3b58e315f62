/** This project's client on the real network, for tests against real servers of 127.0.0.1. */
import { systemClock } from "../../../src/base/clock.ts";
import { createLog } from "../../../src/base/log.ts";
import { type CaClientConfig, isolatedClient } from "../../../src/ca/ca-config.ts";
import { type CaClient, createCaClient } from "../../../src/ca/client/client.ts";
import type { Reading } from "../../../src/ca/client/reading.ts";
import type { MonitorOptions, RemotePv } from "../../../src/ca/client/remote-pv.ts";
import { nodeNetwork } from "../../../src/net/node-network.ts";

/** As whom the client says that it writes. */
export const TESTER = "tester";

export interface OurClient extends AsyncDisposable {
  readonly client: CaClient;
  /** The lines of the client's log. */
  readonly lines: readonly string[];
}

/** A client that asks only the server at this port. */
export function openClient(port: number, config: Partial<CaClientConfig> = {}): OurClient {
  const lines: string[] = [];
  const client = createCaClient({
    network: nodeNetwork,
    clock: systemClock,
    config: { ...isolatedClient(port), ...config },
    user: TESTER,
    host: "testhost",
    log: createLog("ca", (line) => lines.push(line)),
  });
  return { client, lines, [Symbol.asyncDispose]: () => client.close() };
}

export interface Watched {
  readonly readings: readonly Reading[];
  /** Resolves with the first reading, from the `from`th on, that fits. */
  next(fits: (reading: Reading) => boolean, from?: number): Promise<Reading>;
}

/** Subscribes and collects readings. */
export function watch(pv: RemotePv, options: MonitorOptions = {}): Watched {
  const readings: Reading[] = [];
  let look: (() => void)[] = [];
  pv.monitor(options, (reading) => {
    readings.push(reading);
    for (const one of look) one();
  });
  const next = (fits: (reading: Reading) => boolean, from = 0): Promise<Reading> =>
    new Promise((resolve) => {
      const check = (): void => {
        const found = readings.slice(from).find(fits);
        if (found === undefined) return;
        look = look.filter((one) => one !== check);
        resolve(found);
      };
      look.push(check);
      check();
    });
  return { readings, next };
}

/** Resolves when the PV is connected; with `isConnected` false, when it is not. */
export function becomes(pv: RemotePv, isConnected: boolean): Promise<void> {
  return new Promise((resolve) => {
    if (pv.isConnected === isConnected) return resolve();
    const stop = pv.onConnection((now) => {
      if (now !== isConnected) return;
      stop();
      resolve();
    });
  });
}
